"""How long a message takes over a link."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf
from typing import Any

import attrs

from .clock import check_delay
from .errors import DelayError
from .streams import Stream


class Latency:
    """A model of a link's latency. Subclass it and give ``draw``; units are those of simulated time."""

    def draw(self, rng: Stream) -> float:
        """The latency of one message."""
        raise NotImplementedError


def _not_negative(instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    if not 0 <= value < inf:
        name = f"{type(instance).__name__}.{attribute.name}"
        raise DelayError(f"{name} must be a finite number and not negative, got {value!r}")


_time = attrs.field(validator=_not_negative)


@attrs.frozen
class ConstantLatency(Latency):
    """Always ``value``."""

    value: float = _time

    def draw(self, rng: Stream) -> float:
        return self.value


@attrs.frozen
class UniformLatency(Latency):
    """Uniform between ``low`` and ``high``."""

    low: float = _time
    high: float = _time

    def __attrs_post_init__(self) -> None:
        if self.low > self.high:
            raise DelayError(f"UniformLatency.low must not exceed high, got low={self.low!r} and high={self.high!r}")

    def draw(self, rng: Stream) -> float:
        place: float = rng.random()
        return self.low + (self.high - self.low) * place


@attrs.frozen
class ExponentialLatency(Latency):
    """``minimum`` plus an exponential time of the given ``mean``."""

    mean: float = _time
    minimum: float = attrs.field(default=0.0, validator=_not_negative)

    def draw(self, rng: Stream) -> float:
        wait: float = rng.standard_exponential()
        return self.minimum + self.mean * wait


@attrs.frozen
class LogNormalLatency(Latency):
    """Log-normal with the given ``median``; ``sigma`` is the standard deviation of the logarithm."""

    median: float = _time
    sigma: float = _time

    def draw(self, rng: Stream) -> float:
        return self.median * exp(self.sigma * rng.standard_normal())


LatencySpec = float | Latency | Callable[[str, str], "float | Latency"]
"""A constant, a model, or a function of (sender's name, receiver's name) that returns either."""


def resolve(spec: LatencySpec, sender: str, receiver: str) -> Latency:
    """The latency model of the link from ``sender`` to ``receiver``.

    Raises:
        DelayError: the specification is, or returned, something that is no latency.
    """
    is_function = callable(spec) and not isinstance(spec, Latency | type)
    given: Any = spec(sender, receiver) if is_function else spec  # type: ignore[operator]
    if isinstance(given, Latency):
        return given
    try:
        return ConstantLatency(check_delay(given, f"latency from {sender!r} to {receiver!r}"))
    except TypeError:
        raise DelayError(
            f"the latency from {sender!r} to {receiver!r} must be a number or a Latency, got {given!r}"
        ) from None
