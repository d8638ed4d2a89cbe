"""Simulated reference prices, exact at the grid's times whatever the step."""

from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from .path import BP, PricePath, grid


@attrs.frozen
class BrownianPrice:
    """Geometric Brownian motion without drift in the price: a martingale.

    Attributes:
        start: price at time 0.
        volatility: bp per square root of a minute; 50 bp per square root of a day is 1.318.
    """

    start: float = attrs.field(default=1.1, validator=validators.gt(0.0))
    volatility: float = attrs.field(default=50.0 / 1440.0**0.5, validator=validators.ge(0.0))
    kind: Literal["brownian"] = "brownian"

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a path; log-increments are exact Gaussians."""
        times = grid(horizon, step)
        sigma = self.volatility * BP
        increments = sigma * np.sqrt(step) * rng.standard_normal(len(times) - 1) - 0.5 * sigma**2 * step
        return PricePath(times, self.start * np.exp(np.concatenate(([0.0], np.cumsum(increments)))))


@attrs.frozen
class MeanRevertingPrice:
    """Ornstein-Uhlenbeck process in the logarithm of the price: dx = rate (log mean - x) dt + volatility dW.

    Attributes:
        start: price at time 0.
        mean: level to which the price returns.
        rate: speed of the return, per minute; a deviation halves in log(2) / rate minutes.
        volatility: bp per square root of a minute.
    """

    start: float = attrs.field(default=1.1, validator=validators.gt(0.0))
    mean: float = attrs.field(default=1.1, validator=validators.gt(0.0))
    rate: float = attrs.field(default=0.02, validator=validators.gt(0.0))
    volatility: float = attrs.field(default=50.0 / 1440.0**0.5, validator=validators.ge(0.0))
    kind: Literal["mean-reverting"] = "mean-reverting"

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a path from the exact transition over a step h.

        x' - m = e^(-rate h) (x - m) + Gaussian noise of variance volatility^2 (1 - e^(-2 rate h)) / (2 rate).
        """
        times = grid(horizon, step)
        deviation = self.volatility * BP * np.sqrt(-np.expm1(-2.0 * self.rate * step) / (2.0 * self.rate))
        shocks = np.concatenate(([np.log(self.start / self.mean)], deviation * rng.standard_normal(len(times) - 1)))
        return PricePath(times, self.mean * np.exp(_discounted_sum(shocks, np.exp(-self.rate * step))))


def _discounted_sum(values: npt.NDArray[np.float64], factor: float) -> npt.NDArray[np.float64]:
    """y[k] = values[k] + factor y[k-1], by doubling: log2(n) vectorised passes instead of n steps of Python."""
    total = values.copy()
    shift = 1
    while shift < len(total) and factor > 0.0:
        total[shift:] += factor * total[:-shift].copy()
        factor, shift = factor * factor, 2 * shift
    return total
