"""What is calibrated: named parameters with bounds, and the unit cube in which calibrators work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from .errors import CalibrationError

Floats = npt.NDArray[np.float64]


@attrs.frozen
class Parameter:
    """One number of a composition.

    Attributes:
        name: what it is called, as the path of a scenario's field.
        low, high: its bounds.
        transform: on which scale it lies evenly between them: "linear", "log" (positive bounds) or "logit" (bounds
            within (0, 1)).
        integer: whether it is rounded to a whole number.

    Raises:
        CalibrationError: bounds that contradict each other or the transform.
    """

    name: str
    low: float
    high: float
    transform: Literal["linear", "log", "logit"] = "linear"
    integer: bool = False

    def __attrs_post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise CalibrationError(f"{self.name}: low must be less than high, got low={self.low!r}, high={self.high!r}")
        if self.transform == "log" and self.low <= 0.0:
            raise CalibrationError(f"{self.name}: a log scale needs positive bounds, got low={self.low!r}")
        if self.transform == "logit" and not 0.0 < self.low < self.high < 1.0:
            raise CalibrationError(
                f"{self.name}: a logit scale needs bounds within (0, 1), got {self.low!r}, {self.high!r}"
            )

    def value(self, unit: Floats) -> Floats:
        """Its value at places of the unit interval, of any shape."""
        low, high = self._scaled(np.array([self.low, self.high]))
        scaled = low + np.clip(unit, 0.0, 1.0) * (high - low)
        match self.transform:
            case "log":
                value = np.exp(scaled)
            case "logit":
                value = 1.0 / (1.0 + np.exp(-scaled))
            case _:
                value = scaled
        value = np.clip(value, self.low, self.high)
        return np.asarray(np.round(value) if self.integer else value, np.float64)

    def unit(self, value: Any) -> Floats:
        """The place of values in the unit interval."""
        low, high = self._scaled(np.array([self.low, self.high]))
        place: Floats = (self._scaled(np.clip(np.asarray(value, np.float64), self.low, self.high)) - low) / (high - low)
        return place

    def _scaled(self, value: Floats) -> Floats:
        match self.transform:
            case "log":
                scaled = np.log(value)
            case "logit":
                scaled = np.log(value / (1.0 - value))
            case _:
                scaled = value
        return np.asarray(scaled, np.float64)


def _tuple(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    return tuple(parameters)


@attrs.frozen
class Space:
    """The compositions among which a calibrator chooses: the unit cube, one axis for each parameter."""

    parameters: tuple[Parameter, ...] = attrs.field(converter=_tuple)

    def __attrs_post_init__(self) -> None:
        names = [parameter.name for parameter in self.parameters]
        if not names:
            raise CalibrationError("there is nothing to calibrate: name at least one parameter")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise CalibrationError(f"{twice[0]} is given twice")

    @property
    def size(self) -> int:
        """d, the number of parameters."""
        return len(self.parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return tuple(parameter.name for parameter in self.parameters)

    def values(self, point: Floats) -> dict[str, float]:
        """A point of the cube, shape (d,), as values by name."""
        return {p.name: float(p.value(np.asarray(u))) for p, u in zip(self.parameters, point, strict=True)}

    def point(self, values: Mapping[str, float]) -> Floats:
        """Values by name as a point of the cube, shape (d,).

        Raises:
            CalibrationError: a parameter has no value.
        """
        if missing := [name for name in self.names if name not in values]:
            raise CalibrationError(f"{missing[0]} has no value")
        return np.array([float(parameter.unit(values[parameter.name])) for parameter in self.parameters])
