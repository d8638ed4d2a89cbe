"""Running mean and variance, by which observations and returns are brought to a common scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Moments:
    """Mean and variance of rows seen so far (Chan, Golub & LeVeque, 1983), in float64.

    Args:
        size: numbers in a row.
        memory: weight of the past, in rows, at most; older rows fade once more than this have been seen.
    """

    def __init__(self, size: int, memory: float = float("inf")) -> None:
        self.memory = memory
        self.count = 0.0
        self.mean: Floats = np.zeros(size)
        self.variance: Floats = np.ones(size)

    @property
    def deviation(self) -> Floats:
        """Standard deviation, never 0."""
        return np.sqrt(self.variance + 1e-8)

    def update(self, rows: npt.ArrayLike) -> None:
        """Take in ``rows`` of shape [n, size]."""
        table = np.asarray(rows, np.float64)
        count = len(table)
        if not count:
            return
        mean, variance = table.mean(0), table.var(0)
        past = min(self.count, self.memory)
        total = past + count
        gap = mean - self.mean
        self.variance = (past * self.variance + count * variance + gap**2 * (past * count / total)) / total
        self.mean = self.mean + gap * (count / total)
        self.count = total

    def state_dict(self) -> dict[str, Any]:
        """Return count, mean and variance."""
        return {"count": self.count, "mean": self.mean.copy(), "variance": self.variance.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.count = float(state["count"])
        self.mean = np.array(state["mean"], np.float64)
        self.variance = np.array(state["variance"], np.float64)
