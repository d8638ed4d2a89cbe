"""Array types and attrs converters that the references share."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def floats(values: npt.ArrayLike) -> tuple[float, ...]:
    """A tuple of floats from one number or several."""
    return tuple(float(v) for v in np.atleast_1d(np.asarray(values, dtype=np.float64)))


def interval(values: Iterable[float]) -> tuple[float, float]:
    """A pair of floats, lowest first by convention; ValueError unless there are two."""
    low, high = floats(tuple(values))
    return low, high


def whole(value: float) -> int:
    """An int from a number without a fraction; ValueError otherwise."""
    if value != int(value):
        raise ValueError(f"{value}: inventories and sizes are whole numbers of MEUR")
    return int(value)


def whole_numbers(values: Iterable[float]) -> tuple[int, ...]:
    """A tuple of ints from numbers without a fraction; ValueError otherwise."""
    return tuple(whole(v) for v in values)
