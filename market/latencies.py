"""Latencies that scenarios give as distributions."""

from catallaxy.agents import Constant, Distribution, Uniform
from catallaxy.engine import ConstantLatency, Latency, Stream, UniformLatency


class DrawnLatency(Latency):
    """A latency from any distribution."""

    def __init__(self, distribution: Distribution) -> None:
        self._distribution = distribution

    def draw(self, rng: Stream) -> float:
        return self._distribution.draw(rng)


def as_latency(distribution: Distribution) -> Latency:
    """A distribution as the engine's latency."""
    match distribution:
        case Constant(value):
            return ConstantLatency(value)
        case Uniform(low, high):
            return UniformLatency(low, high)
        case _:
            return DrawnLatency(distribution)
