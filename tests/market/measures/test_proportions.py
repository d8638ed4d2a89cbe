"""Probabilities from counts and logistic fits, against scipy and against what was planted."""

import numpy as np
import pytest
from scipy import optimize, stats

from catallaxy.market.measures import curve, fit_logistic, wilson


def test_wilsons_interval_is_scipys() -> None:
    for yes, trials in ((0, 10), (3, 10), (10, 10), (480, 1000)):
        exact = stats.binomtest(yes, trials).proportion_ci(method="wilson")
        assert tuple(map(float, wilson(yes, trials))) == pytest.approx((exact.low, exact.high), abs=1e-12)
    low, high = wilson([0, 5], [0, 10])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert low[1] < 0.5 < high[1]


def test_the_fit_is_the_maximum_of_the_likelihood() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0.3, 0.2, 500)
    yes = rng.random(500) < 1.0 / (1.0 + np.exp(-1.9 + 15.0 * x))
    fit = fit_logistic(x, yes)

    def loss(theta):
        logit = theta[0] + theta[1] * x
        return np.logaddexp(0.0, np.where(yes, logit, -logit)).sum()

    best = optimize.minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-9})
    assert (fit.alpha, fit.beta) == pytest.approx(tuple(best.x), rel=1e-5)
    assert fit.log_likelihood == pytest.approx(-best.fun)


def test_intervals_cover_what_was_planted_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        x = rng.uniform(-0.1, 0.8, 600)
        fit = fit_logistic(x, rng.random(600) < 1.0 / (1.0 + np.exp(-0.3 + 5.0 * x)))
        hits += fit.interval("alpha")[0] <= -0.3 <= fit.interval("alpha")[1]
        hits += fit.interval("beta")[0] <= 5.0 <= fit.interval("beta")[1]
    assert hits / 800 == pytest.approx(0.95, abs=0.025)


def test_what_has_no_maximum_is_refused() -> None:
    with pytest.raises(ValueError, match="3 answers that are all alike"):
        fit_logistic([0.0, 1.0, 2.0], [True, True, True])
    with pytest.raises(ValueError, match="some x separates"):
        fit_logistic([0.0, 1.0, 2.0, 3.0], [True, True, False, False])


def test_a_curve_counts_every_observation_once_and_parts_no_equals() -> None:
    rng = np.random.default_rng(3)
    x = np.append(rng.random(500), np.full(300, 0.25))
    yes = rng.random(800) < 0.4
    found = curve(x, yes, 10).to_pydict()
    assert sum(found["trials"]) == 800
    assert sum(found["yes"]) == yes.sum()
    assert found["x"] == sorted(found["x"])
    assert all(low <= p <= high for low, p, high in zip(found["low"], found["probability"], found["high"], strict=True))
    assert curve([], []).num_rows == 0
    assert curve([1.0, 1.0], [True, False], 5)["trials"].to_pylist() == [2]
