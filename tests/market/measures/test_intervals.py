"""Confidence intervals."""

import numpy as np
import pytest
from scipy import stats

from catallaxy.market.measures import interval, student_quantile


def test_intervals_are_students() -> None:
    for degrees in (1, 2, 4, 5, 9, 30, 200):
        assert student_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=2e-3)
    samples = np.array([1.0, 2.0, 4.0, float("nan")])
    found = interval(samples)
    low, high = stats.t.interval(0.95, 2, loc=7 / 3, scale=stats.sem(samples[:3]))
    assert (found.mean, found.low, found.high) == pytest.approx((7 / 3, low, high), rel=1e-4)
    with pytest.raises(ValueError, match="at least 2 samples, got 1"):
        interval([1.0])
