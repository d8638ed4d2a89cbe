"""Compositions that are played for several iterations: one episode alone says little of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Memory, Setting

Floats = npt.NDArray[np.float64]


class Held:
    """Keeps compositions in play until enough episodes of each have been seen.

    Args:
        setting: how many places there are.
        propose: takes a count and a stream to compositions in the unit cube, shape (count, d); called when the last
            ones have been played.
        hold: iterations for which they are played.
        skip: of these, how many at the beginning are not kept: agents are still adapting.
        batch: compositions at a time, each on an equal share of the places: the largest divisor of their number that
            is not above it. All places play different ones if None.

    Attributes:
        batch: compositions at a time.
        points: what is being played, shape (places, d); empty before the first.
    """

    def __init__(
        self,
        setting: Setting,
        propose: Callable[[int, Stream], Floats],
        *,
        hold: int,
        skip: int = 0,
        batch: int | None = None,
    ) -> None:
        wanted = min(batch or setting.places, setting.places)
        self.batch = max(count for count in range(1, wanted + 1) if setting.places % count == 0)
        self._propose, self._hold, self._skip = propose, hold, skip
        self.points: Floats = np.empty((0, setting.size))
        self._seen: Floats = np.empty((0, setting.places, len(setting.targets.targets)))
        self._over = True

    def ask(self, rng: Stream) -> Floats:
        """What to play, shape (places, d): the same as before until it has been played often enough."""
        if self._over:
            batch = self._propose(self.batch, rng)
            self.points = np.repeat(batch, self._seen.shape[1] // self.batch, axis=0)
            self._seen, self._over = self._seen[:0], False
        return self.points

    def plays(self, points: Floats) -> bool:
        """Whether these are the compositions in play, and not the burn-in's."""
        return not self._over and np.array_equal(points, self.points)

    def tell(self, points: Floats, measures: Floats) -> tuple[Floats, Floats] | None:
        """Gather what was shown.

        Returns:
            Once they have been played often enough: the compositions, shape (batch, d), and all episodes kept of each,
            shape (batch, e, m). None before, and for compositions that are not in play.
        """
        if not self.plays(points):
            return None
        self._seen = np.concatenate([self._seen, measures[None]])
        if len(self._seen) < self._hold:
            return None
        self._over = True
        kept = self._seen[self._skip :]  # (hold - skip, places, m)
        episodes = kept.reshape(len(kept), self.batch, -1, kept.shape[2]).swapaxes(0, 1)
        return self.points[:: len(self.points) // self.batch], episodes.reshape(self.batch, -1, kept.shape[2])

    def state_dict(self) -> dict[str, Any]:
        """As arrays and a flag."""
        return {"points": self.points, "seen": self._seen, "over": self._over}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.points, self._seen, self._over = state["points"], state["seen"], bool(state["over"])


def means(episodes: Floats) -> Floats:
    """Mean measures, shape (n, m), of episodes, shape (n, e, m), in which they are defined; NaN if there is none."""
    defined = np.isfinite(episodes)
    count = defined.sum(axis=1)
    total = np.where(defined, episodes, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


class HeldDraws:
    """What calibrators have in common that play draws from the prior for some iterations each.

    Args:
        setting: what is to be calibrated.
        hold: iterations for which the same draws are played: one episode alone says little.

    Attributes:
        memory: compositions and their mean measures; the burn-in's, a single episode each, are left out.
    """

    def __init__(self, setting: Setting, hold: int) -> None:
        self.setting = setting
        self.memory = Memory(setting.size, len(setting.targets.targets))
        self._held = Held(setting, lambda count, rng: np.asarray(rng.random((count, setting.size))), hold=hold)

    def ask(self, rng: Stream) -> Floats:
        """The same draws as before, until they have been played often enough."""
        return self._held.ask(rng)

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Gather what compositions show."""
        if (told := self._held.tell(points, measures)) is not None:
            self.memory.add(told[0], means(told[1]), spent)

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {"memory": self.memory.state_dict(), "held": self._held.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self.memory.load_state_dict(state["memory"])
        self._held.load_state_dict(state["held"])
