"""Calibrators: what proposes compositions, is told what they showed, and says which one it would choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from .targets import Targets

Floats = npt.NDArray[np.float64]


@attrs.frozen(eq=False)
class Recommendation:
    """Which composition, and how sure the calibrator is.

    Attributes:
        point: in the unit cube, shape (d,).
        draws: plausible compositions around it, shape (n, d): intervals are their quantiles. Empty if the calibrator
            has no notion of uncertainty.
    """

    point: Floats
    draws: Floats

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats] | None:
        """Lower and upper ends for each parameter in the unit interval, shape (d,) each; None without draws."""
        if len(self.draws) < 2:
            return None
        tail = (1.0 - level) / 2.0
        low, high = np.quantile(self.draws, [tail, 1.0 - tail], axis=0)
        return np.minimum(low, self.point), np.maximum(high, self.point)


@attrs.frozen(eq=False)
class Setting:
    """What a calibrator is told before it begins.

    Attributes:
        size: d, the number of parameters.
        targets: what is to be met, scaled.
        places: compositions asked for at a time.
        budget: decisions that may be spent in all.
    """

    size: int
    targets: Targets
    places: int
    budget: int


class Calibrator(Protocol):
    """The three methods that the calibration loop calls, and the two by which a calibration is resumed."""

    def ask(self, rng: Stream) -> Floats:
        """Compositions to play next, shape (places, d), in the unit cube."""
        ...

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """What they showed, shape (places, m), and decisions spent so far; also of the burn-in's draws from the prior.

        The agents have learned since the last call: later measurements are nearer to equilibrium.
        """
        ...

    def recommend(self, rng: Stream) -> Recommendation:
        """The composition to choose, by a rule fixed beforehand; never the one that happened to look best."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All that is needed to go on: arrays, numbers, strings and nests of these."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        ...


class Memory:
    """All pairs of composition and measures so far, in order; with when they were made.

    Attributes:
        points: shape (n, d).
        measures: shape (n, m).
        spent: decisions spent when each was made, shape (n,).
    """

    def __init__(self, size: int, measures: int) -> None:
        self._points: list[Floats] = [np.empty((0, size))]
        self._measures: list[Floats] = [np.empty((0, measures))]
        self._spent: list[Floats] = [np.empty(0)]

    def add(self, points: Floats, measures: Floats, spent: int) -> None:
        """Append pairs; those with a measure that is not finite are left out."""
        kept = np.isfinite(measures).all(axis=1)
        self._points.append(points[kept].copy())
        self._measures.append(measures[kept].copy())
        self._spent.append(np.full(int(kept.sum()), float(spent)))

    def __len__(self) -> int:
        return sum(map(len, self._points))

    @property
    def points(self) -> Floats:
        """Compositions, shape (n, d)."""
        return self._joined(self._points)

    @property
    def measures(self) -> Floats:
        """What they showed, shape (n, m)."""
        return self._joined(self._measures)

    @property
    def spent(self) -> Floats:
        """Decisions spent by then, shape (n,)."""
        return self._joined(self._spent)

    def state_dict(self) -> dict[str, Any]:
        """As arrays."""
        return {"points": self.points, "measures": self.measures, "spent": self.spent}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self._points, self._measures, self._spent = ([state[key]] for key in ("points", "measures", "spent"))

    @staticmethod
    def _joined(parts: list[Floats]) -> Floats:
        if len(parts) > 1:
            parts[:] = [np.concatenate(parts)]
        return parts[0]


def called(method: str, agents: str) -> str:
    """What a method is called in comparisons: how agents follow is told if they aren't told the composition."""
    return method if agents == "conditioned" else f"{method}, {agents}"
