"""A Monte-Carlo mean with its standard error."""

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


def estimate(samples: Array) -> Estimate:
    """From one sample per independent path, shape (paths,)."""
    return Estimate(float(samples.mean()), float(samples.std(ddof=1)) / math.sqrt(len(samples)))
