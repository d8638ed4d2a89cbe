"""Linear systems of Markov chains, solved at a speed that does not depend on what else the machine does."""

from __future__ import annotations

import itertools

import numpy as np

from .fields import Array

# From 100 x 100 on OpenBLAS shares a system among threads, and on a busy machine they wait for each other a thousand
# times longer than they work. Systems somewhat larger are halved until they are too small for that.
_DIRECT = 96
_HALVED = 400


def solve_in_blocks(system: Array, right: Array) -> Array:
    """The x of system @ x = right, by block elimination without pivoting across blocks.

    Args:
        system: shape (..., n, n); its leading blocks must be regular, as those of I - P are for a transient set.
        right: shape (..., n, m).

    Returns:
        Shape (..., n, m).
    """
    n = system.shape[-1]
    if n <= _DIRECT or n > _HALVED:
        return np.asarray(np.linalg.solve(system, right), dtype=np.float64)
    half = n // 2
    first = np.concatenate([system[..., :half, half:], right[..., :half, :]], axis=-1)
    cross = solve_in_blocks(system[..., :half, :half], first)
    below = system[..., half:, :half]
    rest = np.concatenate([system[..., half:, half:], right[..., half:, :]], axis=-1) - below @ cross
    last = solve_in_blocks(rest[..., : n - half], rest[..., n - half :])
    return np.concatenate([cross[..., n - half :] - cross[..., : n - half] @ last, last], axis=-2)


class BlockTridiagonal:
    """A banded matrix, factorised block by block without pivoting: for the generators of chains with bounded jumps.

    Args:
        matrix: shape (n, n), zero further than `width` from the diagonal.
        width: of the band, at least 1.
    """

    def __init__(self, matrix: Array, width: int) -> None:
        edges = [*range(0, len(matrix), width), len(matrix)]
        self._cuts = [slice(a, b) for a, b in itertools.pairwise(edges)]
        self._matrix = matrix
        self._inverses: list[Array] = []
        for i, own in enumerate(self._cuts):
            block = matrix[own, own]
            if i:
                before = self._cuts[i - 1]
                block = block - matrix[own, before] @ self._inverses[-1] @ matrix[before, own]
            self._inverses.append(solve_in_blocks(block, np.eye(len(block))))

    def solve(self, right: Array) -> Array:
        """The x of matrix @ x = right, both of shape (n, m)."""
        x = right.copy()
        for i, own in enumerate(self._cuts[1:], start=1):
            before = self._cuts[i - 1]
            x[own] -= self._matrix[own, before] @ (self._inverses[i - 1] @ x[before])
        for i in reversed(range(len(self._cuts))):
            own = self._cuts[i]
            if i + 1 < len(self._cuts):
                after = self._cuts[i + 1]
                x[own] -= self._matrix[own, after] @ x[after]
            x[own] = self._inverses[i] @ x[own]
        return x
