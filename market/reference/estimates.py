"""Monte-Carlo means with their standard errors."""

from __future__ import annotations

import math

import attrs

from .fields import Array


@attrs.frozen
class Estimate:
    """A mean over independent paths and its standard error."""

    mean: float
    error: float

    def deviation(self, exact: float) -> float:
        """How many standard errors the mean lies above an exact value."""
        return (self.mean - exact) / self.error

    def square_root(self) -> Estimate:
        """The estimate of the root of what this estimates (delta method)."""
        root = math.sqrt(self.mean)
        return Estimate(root, self.error / (2.0 * root))


def spread(first: Array, second: Array) -> Estimate:
    """The standard deviation over time, from each path's time averages of x and of x^2, each of shape (paths,)."""
    centre = float(first.mean())
    return estimate(second - 2.0 * centre * first + centre**2).square_root()


def estimate(samples: Array) -> Estimate:
    """From one sample per independent path, shape (paths,)."""
    return Estimate(float(samples.mean()), float(samples.std(ddof=1)) / math.sqrt(len(samples)))
