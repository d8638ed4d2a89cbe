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

    def update(self, rows: npt.ArrayLike, weights: Floats | None = None) -> None:
        """Take in ``rows`` of shape [n, size], each as often as ``weights`` [n] says, or once."""
        table = np.asarray(rows, np.float64)
        count = float(len(table)) if weights is None else float(weights.sum())
        if not count:
            return
        if weights is None:
            mean, variance = table.mean(0), table.var(0)
        else:
            mean = weights @ table / count
            variance = weights @ (table - mean) ** 2 / count
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


class TypedMoments:
    """Moments that depend on the type: kept at the nodes of a grid over its features, and linear in between.

    Types of agents differ in what they see and earn by orders of magnitude; in one scale for all, the small ones'
    differences would drown. Features are taken to lie in [-1, 1]. A node that no row has come near answers with the
    moments of all rows.

    Args:
        size: numbers in a row.
        features: which columns of an observation hold the type's features.
        nodes: of the grid along each feature, at least 2.
        memory: see `Moments`.
    """

    def __init__(self, size: int, features: slice, nodes: int, memory: float = float("inf")) -> None:
        self.features, self.nodes = features, nodes
        self.overall = Moments(size, memory)
        count = nodes ** (features.stop - features.start)
        self.parts = [Moments(size, memory) for _ in range(count)]

    @property
    def count(self) -> float:
        """Rows seen so far, at most the memory."""
        return self.overall.count

    def update(self, rows: npt.ArrayLike, observations: npt.NDArray[Any]) -> None:
        """Take in ``rows`` [n, size] of agents who observed ``observations`` [n, d]."""
        self.overall.update(rows)
        for part, weights in zip(self.parts, self._weights(observations), strict=True):
            part.update(rows, weights)

    def at(self, observations: npt.NDArray[Any]) -> tuple[Floats, Floats]:
        """Return mean and standard deviation, [n, size] each, for agents who observe ``observations`` [n, d].

        A row's answer does not depend on the rows beside it, to the last bit.
        """
        mean = np.zeros((len(observations), len(self.overall.mean)))
        deviation = np.zeros_like(mean)
        for part, weights in zip(self.parts, self._weights(observations), strict=True):
            known = part if part.count else self.overall
            mean += weights[:, None] * known.mean
            deviation += weights[:, None] * known.deviation
        return mean, deviation

    def state_dict(self) -> dict[str, Any]:
        """Return all moments."""
        return {"overall": self.overall.state_dict(), "parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.overall.load_state_dict(state["overall"])
        for part, stored in zip(self.parts, state["parts"], strict=True):
            part.load_state_dict(stored)

    def _weights(self, observations: npt.NDArray[Any]) -> list[Floats]:
        """Return for each node how near each row is to it, [n]: the products of hats, which sum to 1."""
        places = (np.clip(observations[:, self.features].astype(np.float64), -1, 1) + 1) / 2 * (self.nodes - 1)
        found = [np.ones(len(observations))]
        for place in places.T:
            hats = [np.maximum(0.0, 1.0 - np.abs(place - node)) for node in range(self.nodes)]
            found = [weight * hat for weight in found for hat in hats]
        return found
