"""Distributions of the numbers that make up a type."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, isfinite, log

import attrs

from catallaxy.engine import CatallaxyError, Stream


class DistributionError(CatallaxyError, ValueError):
    """A distribution with impossible parameters."""


class Distribution:
    """A distribution of one number. Subclass it and give ``draw``, ``mean`` and ``support``."""

    def draw(self, rng: Stream) -> float:
        """One number."""
        raise NotImplementedError

    def mean(self) -> float:
        """Its expectation."""
        raise NotImplementedError

    def support(self) -> tuple[float, float]:
        """The smallest and the largest number that it can give."""
        raise NotImplementedError


def _finite(instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not isfinite(value):
        raise DistributionError(f"{type(instance).__name__}.{attribute.name} must be a finite number, got {value!r}")


_number = attrs.field(converter=float, validator=_finite)


def _check_order(distribution: Uniform | LogUniform) -> None:
    if distribution.low > distribution.high:
        raise DistributionError(
            f"{type(distribution).__name__}: low must not exceed high, "
            f"got low={distribution.low!r} and high={distribution.high!r}"
        )


@attrs.frozen
class Constant(Distribution):
    """Always ``value``."""

    value: float = _number

    def draw(self, rng: Stream) -> float:
        return self.value

    def mean(self) -> float:
        return self.value

    def support(self) -> tuple[float, float]:
        return self.value, self.value


@attrs.frozen
class Uniform(Distribution):
    """Uniform between ``low`` and ``high``."""

    low: float = _number
    high: float = _number

    def __attrs_post_init__(self) -> None:
        _check_order(self)

    def draw(self, rng: Stream) -> float:
        place: float = rng.random()
        return self.low + (self.high - self.low) * place

    def mean(self) -> float:
        return (self.low + self.high) / 2

    def support(self) -> tuple[float, float]:
        return self.low, self.high


@attrs.frozen
class LogUniform(Distribution):
    """Positive, its logarithm uniform: every factor of the range is equally likely."""

    low: float = _number
    high: float = _number

    def __attrs_post_init__(self) -> None:
        _check_order(self)
        if self.low <= 0:
            raise DistributionError(f"LogUniform.low must be positive, got {self.low!r}")

    def draw(self, rng: Stream) -> float:
        # Rounding must not lead out of the range.
        value = self.low * exp(rng.random() * log(self.high / self.low))
        return min(max(value, self.low), self.high)

    def mean(self) -> float:
        return self.low if self.low == self.high else (self.high - self.low) / log(self.high / self.low)

    def support(self) -> tuple[float, float]:
        return self.low, self.high


@attrs.frozen
class Normal(Distribution):
    """Normal with ``mean`` and standard deviation ``sd``, clipped to [``low``, ``high``]."""

    centre: float = attrs.field(converter=float, validator=_finite, alias="mean")
    sd: float = _number
    low: float = attrs.field(default=-inf, converter=float)
    high: float = attrs.field(default=inf, converter=float)

    def __attrs_post_init__(self) -> None:
        if self.sd < 0:
            raise DistributionError(f"Normal.sd must not be negative, got {self.sd!r}")
        if not self.low <= self.high:
            raise DistributionError(f"Normal: low must not exceed high, got low={self.low!r} and high={self.high!r}")

    def draw(self, rng: Stream) -> float:
        value: float = self.centre + self.sd * rng.standard_normal()
        return min(max(value, self.low), self.high)

    def mean(self) -> float:
        """The mean before clipping."""
        return self.centre

    def support(self) -> tuple[float, float]:
        return self.low, self.high


def _as_floats(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


@attrs.frozen
class Choice(Distribution):
    """One of ``values``, with the given ``weights`` (equal ones by default)."""

    values: tuple[float, ...] = attrs.field(converter=_as_floats)
    weights: tuple[float, ...] = attrs.field(default=(), converter=_as_floats)

    def __attrs_post_init__(self) -> None:
        if not self.values or not all(map(isfinite, self.values)):
            raise DistributionError(f"Choice.values must be finite numbers, at least one, got {self.values!r}")
        if self.weights and (
            len(self.weights) != len(self.values) or min(self.weights) < 0 or not 0 < sum(self.weights) < inf
        ):
            raise DistributionError(
                f"Choice.weights must be {len(self.values)} numbers, none negative, not all zero, got {self.weights!r}"
            )

    def draw(self, rng: Stream) -> float:
        weights = self.weights or (1.0,) * len(self.values)
        remaining = rng.random() * sum(weights)
        for value, weight in zip(self.values, weights, strict=True):
            remaining -= weight
            if remaining < 0:
                return value
        return self.values[-1]

    def mean(self) -> float:
        weights = self.weights or (1.0,) * len(self.values)
        return sum(value * weight for value, weight in zip(self.values, weights, strict=True)) / sum(weights)

    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)
