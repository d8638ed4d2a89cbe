"""What a calibration needs of a market: agents to whom compositions can be given, who learn and are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from catallaxy.learners import Learner

from .space import Space
from .targets import Target

Floats = npt.NDArray[np.float64]


class Population(Protocol):
    """Agents who live in given compositions, several side by side, and keep learning while these are changed.

    `WorldPopulation` is that of Catallaxy's own worlds; any simulator can be calibrated that offers these methods.

    Attributes:
        learning: whether agents learn from what they live through.
        learners: what they have learned, by family.
    """

    learning: bool
    learners: dict[str, Learner]

    @property
    def decisions(self) -> int:
        """Simulated agents' decisions so far: the cost of all that has been played."""
        ...

    @property
    def iterations(self) -> int:
        """Calls of `explore` so far."""
        ...

    def explore(self, points: Floats) -> Floats:
        """Play an episode of each composition; the agents learn from all of them, if `learning`.

        Args:
            points: compositions in the unit cube, shape (places, d).

        Returns:
            What each episode showed, shape (places, m). One episode is a noisy measurement.
        """
        ...

    def evaluate(self, point: Floats, episodes: int, seed: int) -> Floats:
        """What episodes of one composition, shape (d,), show together, shape (m,): nobody learns from them."""
        ...

    def forget(self, turn: int) -> None:
        """Agents with fresh weights, for the `turn`-th time."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on, but for the learners."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        ...


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

    def populate(self, *, places: int, seed: int, conditioned: bool) -> Population:
        """Agents who have learned nothing yet.

        Args:
            places: how many compositions they live in side by side.
            seed: root seed of all that they do.
            conditioned: whether they are told the composition that they live in.
        """
        ...
