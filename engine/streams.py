"""Random streams: one for each agent and purpose, all from one root seed.

A stream depends on (seed, episode, names) alone: never on how many agents there are, on the order in which they
draw, or on the process that runs them.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import WorldError

_BLOCK = 64


class Stream(np.random.Generator):
    """A NumPy Generator whose scalar draws come from pre-drawn blocks (four times faster one by one).

    ``random``, ``uniform``, ``normal``, ``standard_normal``, ``exponential`` and ``standard_exponential`` called for
    a single number use a block each; everything else is NumPy's.
    """

    def __init__(self, bit_generator: np.random.BitGenerator) -> None:
        super().__init__(bit_generator)
        self._uniforms: list[float] = []
        self._normals: list[float] = []
        self._exponentials: list[float] = []

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """As NumPy's; from a block if called without arguments."""
        if size is not None or dtype is not np.float64 or out is not None:
            return super().random(size, dtype, out)
        if not self._uniforms:
            self._uniforms = super().random(_BLOCK).tolist()
        return self._uniforms.pop()

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        """As NumPy's; from a block for one number."""
        if size is not None or not isinstance(low, float | int) or not isinstance(high, float | int):
            return super().uniform(low, high, size)
        return low + (high - low) * self.random()

    def standard_normal(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        """As NumPy's; from a block if called without arguments."""
        if size is not None or dtype is not np.float64 or out is not None:
            return super().standard_normal(size, dtype, out)
        if not self._normals:
            self._normals = super().standard_normal(_BLOCK).tolist()
        return self._normals.pop()

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        """As NumPy's; from a block for one number."""
        if size is not None or not isinstance(loc, float | int) or not isinstance(scale, float | int) or scale < 0:
            return super().normal(loc, scale, size)
        return loc + scale * self.standard_normal()

    def standard_exponential(self, size: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As NumPy's; from a block if called without arguments."""
        if size is not None or args or kwargs:
            return super().standard_exponential(size, *args, **kwargs)
        if not self._exponentials:
            self._exponentials = super().standard_exponential(_BLOCK).tolist()
        return self._exponentials.pop()

    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        """As NumPy's; from a block for one number."""
        if size is not None or not isinstance(scale, float | int) or scale < 0:
            return super().exponential(scale, size)
        return scale * self.standard_exponential()


def check_seed(seed: object, what: str = "seed") -> int:
    """``seed`` itself, if it can be one.

    Raises:
        WorldError: it is no non-negative integer. (0 is a seed; ``None`` is not: there is no hidden randomness.)
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise WorldError(f"{what} must be an integer of at least 0, got {seed!r}")
    return int(seed)


def stream(seed: int, episode: int, *names: str) -> Stream:
    """The stream named ``names`` (agent, purpose, ...) of an episode: Philox seeded by a NumPy SeedSequence."""
    digest = blake2b("\x1f".join(names).encode(), digest_size=16).digest()
    words = tuple(int(word) for word in np.frombuffer(digest, dtype="<u4"))
    return Stream(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(episode, *words))))


def keys(seed: int, episode: int, purpose: str, names: list[str]) -> npt.NDArray[np.uint64]:
    """One 64-bit key a name, shape (len(names),), for draws that belong to pairs (see :func:`pair_uniform`)."""
    prefix = blake2b(f"{seed}\x1f{episode}\x1f{purpose}\x1f".encode(), digest_size=8)
    digests = bytearray()
    for name in names:
        hasher = prefix.copy()
        hasher.update(name.encode())
        digests += hasher.digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)


def pair_uniform(left: npt.NDArray[np.uint64], right: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
    """Uniform numbers in [0, 1) that belong to pairs of keys, broadcast; symmetric in the pair.

    A pair's number does not depend on which other pairs are asked for: adding an agent redraws nobody's links.
    The sum of both keys goes through the finaliser of SplitMix64 (Steele, Lea & Flood 2014).
    """
    with np.errstate(over="ignore"):
        z = left + right
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
