"""The simplest calibrators, by which all others are judged: the middle of the prior, and random search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Recommendation, Setting
from .held import HeldDraws

Floats = npt.NDArray[np.float64]

HOLD = 8
"""Iterations for which random search plays the same compositions: one episode alone says little."""
BEST = 0.05
"""Part of the compositions whose mean random search recommends."""


class Prior:
    """Learns nothing: recommends the middle of the prior."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def ask(self, rng: Stream) -> Floats:
        """Draws from the prior."""
        return np.asarray(rng.random((self.setting.places, self.setting.size)))

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Nothing to remember."""

    def recommend(self, rng: Stream) -> Recommendation:
        """The middle; draws are the prior's."""
        size = self.setting.size
        return Recommendation(np.full(size, 0.5), np.asarray(rng.random((256, size))))

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""


class RandomSearch(HeldDraws):
    """Plays draws from the prior for some iterations each, and recommends the mean of those with the least loss.

    The loss is that of a composition's mean measures, so that the luck of one episode does not decide.
    """

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting, HOLD)

    def recommend(self, rng: Stream) -> Recommendation:
        """The mean of the best few."""
        if not len(self.memory):
            return Recommendation(np.full(self.setting.size, 0.5), np.empty((0, self.setting.size)))
        loss = self.setting.targets.loss(self.memory.measures)
        best = self.memory.points[np.argsort(loss)[: max(1, round(BEST * len(loss)))]]
        return Recommendation(best.mean(axis=0), best)
