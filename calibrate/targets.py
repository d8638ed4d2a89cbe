"""Targets: what a market is to show, and how far a composition is from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from .errors import CalibrationError

Floats = npt.NDArray[np.float64]

KINK = 0.02
"""Distance from a target, in units of its measure's spread, within which absolute and quantile losses are rounded."""


@attrs.frozen
class Target:
    """One number that a market is to show.

    Attributes:
        measure: the measure's name.
        value: what it should be.
        weight: how much it counts.
        uncertainty: standard deviation of `value` itself; 0 if it is known exactly.
        loss: "squared": ((y - t) / scale)^2, the scale being the measure's spread over the prior; "relative":
            ((y - t) / t)^2; "absolute": |y - t| / scale, which over the quantiles of one distribution sums up to the
            Wasserstein distance; "quantile": the pinball loss of level `level`, for a target that y should exceed with
            that probability.
        level: of the quantile loss.

    Raises:
        CalibrationError: a value, weight or uncertainty that is impossible.
    """

    measure: str
    value: float
    weight: float = 1.0
    uncertainty: float = 0.0
    loss: Literal["squared", "relative", "absolute", "quantile"] = "squared"
    level: float = 0.5

    def __attrs_post_init__(self) -> None:
        if isnan(self.value) or not isfinite(self.value):
            raise CalibrationError(f"target {self.measure}: its value must be a number, got {self.value!r}")
        if not (isfinite(self.weight) and self.weight > 0.0):
            raise CalibrationError(
                f"target {self.measure}: its weight must be positive, got {self.weight!r}; or leave it out"
            )
        if not (isfinite(self.uncertainty) and self.uncertainty >= 0.0):
            raise CalibrationError(f"target {self.measure}: its uncertainty can't be {self.uncertainty!r}")
        if self.loss == "relative" and self.value == 0.0:
            raise CalibrationError(f"target {self.measure}: a relative loss needs a value other than 0")
        if not 0.0 < self.level < 1.0:
            raise CalibrationError(f"target {self.measure}: the level of a quantile lies in (0, 1), got {self.level!r}")


def _tuple(targets: Iterable[Target]) -> tuple[Target, ...]:
    return tuple(targets)


@attrs.frozen(eq=False)
class Targets:
    """All targets of a calibration.

    Attributes:
        targets: m of them.
        scale: what counts as one unit of each measure, shape (m,): its standard deviation over the prior, unless the
            target's own uncertainty is larger.
    """

    targets: tuple[Target, ...] = attrs.field(converter=_tuple)
    scale: Floats

    @classmethod
    def scaled(cls, targets: Sequence[Target], measures: Floats) -> Targets:
        """Targets whose scale is the spread of measures seen over the prior, shape (n, m)."""
        if not targets:
            raise CalibrationError("there is nothing to calibrate to: name at least one target")
        spread = measures.std(axis=0)
        floor = np.array([1e-9 + 1e-6 * abs(target.value) for target in targets])
        own = np.array([target.uncertainty for target in targets])
        return cls(tuple(targets), np.maximum(np.maximum(spread, own), floor))

    @property
    def names(self) -> tuple[str, ...]:
        """The measures' names."""
        return tuple(target.measure for target in self.targets)

    @property
    def values(self) -> Floats:
        """Their values, shape (m,)."""
        return np.array([target.value for target in self.targets])

    @property
    def weights(self) -> Floats:
        """Their weights, summing to 1, shape (m,)."""
        weights = np.array([target.weight for target in self.targets])
        return np.asarray(weights / weights.sum(), np.float64)

    def errors(self, measures: Floats) -> Floats:
        """(y - t) / scale, shape (..., m)."""
        return np.asarray((measures - self.values) / self.scale, np.float64)

    def losses(self, measures: Floats) -> Floats:
        """What each target says of measures, shape (..., m), before weighting."""
        error = self.errors(measures)
        parts = []
        for place, target in enumerate(self.targets):
            e = error[..., place]
            match target.loss:
                case "squared":
                    parts.append(e**2)
                case "relative":
                    parts.append((e * self.scale[place] / target.value) ** 2)
                case "absolute":
                    parts.append(np.abs(e))
                case _:
                    parts.append(np.where(e >= 0.0, (1.0 - target.level) * e, -target.level * e))
        return np.stack(parts, axis=-1)

    def loss(self, measures: Floats) -> Floats:
        """The weighted loss, shape (...)."""
        return np.asarray(self.losses(measures) @ self.weights, np.float64)

    def roots(self, errors: Floats) -> tuple[Floats, Floats]:
        """Numbers whose squares add up to the loss, and their derivatives: what least squares needs of any loss.

        Args:
            errors: (y - t) / scale, shape (..., m).

        Returns:
            r and dr/derror, shape (..., m) each. Where a loss has a kink it is rounded, within `KINK` of the target.
        """
        pairs = zip(self.targets, self.scale.tolist(), strict=True)
        unit = [abs(scale / each.value) if each.loss == "relative" else 1.0 for each, scale in pairs]
        root: Floats = np.broadcast_to(np.sqrt(self.weights) * unit, errors.shape).copy()
        found = errors * root
        for place, target in enumerate(self.targets):
            if target.loss not in ("absolute", "quantile"):
                continue
            e = errors[..., place]
            over, under = (1.0, 1.0) if target.loss == "absolute" else (1.0 - target.level, target.level)
            tilt = np.where(e >= 0.0, over, under) * self.weights[place]
            round_off = np.sqrt(e**2 + KINK**2)
            # sqrt(e^2 + k^2) - k without the cancellation that would leave nothing of a small e
            found[..., place] = e * np.sqrt(tilt / (round_off + KINK))
            root[..., place] = np.sqrt(tilt * (round_off + KINK)) / (2.0 * round_off)
        return np.asarray(found, np.float64), root
