"""Measures of step functions, against chains whose numbers are known."""

import numpy as np
import pytest

from catallaxy.market.measures import correlation_time, herfindahl, time_average


def test_the_time_average_weighs_by_how_long_a_value_lasted() -> None:
    times, values = np.array([0.0, 1.0, 4.0]), np.array([2.0, 0.0, 8.0])
    assert time_average(times, values, 5.0) == pytest.approx((2.0 + 0.0 + 8.0) / 5.0)
    assert time_average(times, values, 4.0) == pytest.approx(0.5)


def test_a_telegraph_process_remembers_itself_for_half_the_mean_time_between_switches() -> None:
    """Switching at rate r its autocorrelation is exp(-2 r t), whose integral is 1 / (2 r)."""
    rng, found = np.random.default_rng(4), []
    for _ in range(200):
        times = np.append(0.0, np.cumsum(rng.exponential(2.0, 500)))
        times = times[times < 600.0]
        found.append(correlation_time(times, (-1.0) ** np.arange(len(times)), 600.0))
    # From one path of 600 with a memory of 1 the estimate is biased downwards by some per cent.
    assert np.mean(found) == pytest.approx(1.0, rel=0.08)


def test_what_never_changes_has_no_memory() -> None:
    assert np.isnan(correlation_time(np.zeros(1), np.ones(1), 10.0))


def test_herfindahls_index_of_equals_is_one_over_their_number() -> None:
    assert herfindahl([3.0, 3.0, 3.0, 3.0]) == pytest.approx(0.25)
    assert herfindahl([0.0, 7.0]) == 1.0
    assert np.isnan(herfindahl([0.0, 0.0]))
