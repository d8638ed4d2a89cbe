"""What a calibration needs of a market: worlds of a composition, and what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from catallaxy.engine import World
from catallaxy.learners import Learner

from .space import Space
from .targets import Target

Floats = npt.NDArray[np.float64]


class Problem(Protocol):
    """A market whose composition is to be found."""

    @property
    def space(self) -> Space:
        """What is calibrated."""
        ...

    @property
    def targets(self) -> Sequence[Target]:
        """What is to be met."""
        ...

    @property
    def horizon(self) -> float:
        """Simulated time at which an episode ends."""
        ...

    def build(self, values: Mapping[str, float], seed: int, episode: int) -> World:
        """The world of one episode of a composition, given by its parameters' values."""
        ...

    def measure(self, worlds: Sequence[World]) -> Floats:
        """What worlds that have been run to their end show together: the targets' measures, shape (m,)."""
        ...

    def learners(self, world: World, seed: int) -> Mapping[str, Learner]:
        """Fresh learners for the families of a world's learning agents."""
        ...
