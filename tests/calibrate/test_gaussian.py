"""Gaussian processes: what is drawn agrees with what is expected, and both with what was seen."""

import numpy as np
import pytest

from catallaxy.calibrate.gaussian import GaussianProcess, fit, least
from catallaxy.engine import stream


def seen(count, *, noise=0.1, seed=0):
    """Two values of two components, of which the second value sees one alone."""
    rng = np.random.default_rng(seed)
    points = rng.random((count, 2))
    values = np.stack([np.sin(5.0 * points[:, 0]) + points[:, 1], points[:, 1] ** 2], axis=1)
    return points, values + noise * rng.standard_normal(values.shape), np.ones(count)


@pytest.fixture(scope="module")
def process():
    pairs = seen(40)
    return GaussianProcess.given(*pairs, fit(*pairs, 3.0), 3.0)


def test_what_fits_is_found():
    logs = fit(*seen(80), 3.0)
    lengths, noise = np.exp(logs[:, :2]), np.exp(logs[:, -1])
    assert noise == pytest.approx([0.1, 0.1], rel=0.3)
    assert lengths[0, 0] < lengths[0, 1], "the first value bends along the first component"


def test_the_truth_lies_where_it_is_expected(process):
    points, truth, _ = seen(200, noise=0.0, seed=1)
    off = (process(points) - truth) / process.deviation(points)
    assert np.mean(np.abs(off) < 2.0) > 0.9
    assert np.abs(process(points) - truth).mean() < 0.05


def test_drawn_functions_have_the_expected_mean_and_deviation(process):
    points = np.random.default_rng(2).random((1, 6, 2))
    drawn = process.draw(3000, stream(0, 0, "draw"))(points)
    assert drawn.shape == (3000, 6, 2)
    assert drawn.mean(axis=0) == pytest.approx(process(points)[0], abs=0.01)
    assert drawn.std(axis=0) == pytest.approx(process.deviation(points)[0], rel=0.06)


def test_a_function_is_the_same_wherever_it_is_asked(process):
    drawn = process.draw(3, stream(0, 0, "draw"))
    points = np.random.default_rng(3).random((1, 5, 2))
    assert drawn(np.repeat(points, 3, axis=0)) == pytest.approx(drawn(points))


def test_pairs_of_little_weight_say_little():
    points, values, weights = seen(40)
    late = np.arange(40) >= 20
    shifted = np.where(late[:, None], values, values + 1.0)
    logs = fit(points, values, weights, 3.0)
    trusted = GaussianProcess.given(points, shifted, np.where(late, 1.0, 1e-3), logs, 3.0)
    equal = GaussianProcess.given(points, shifted, weights, logs, 3.0)
    off = [np.abs(process(points) - values).mean() for process in (trusted, equal)]
    assert off[0] < 0.3 * off[1]


def test_each_function_is_searched_for_its_own_least_point():
    wanted = np.random.default_rng(4).random((3, 6))

    def score(points):
        return ((points - wanted[:, None]) ** 2).sum(axis=2)

    off = [
        np.abs(least(score, np.full((1, 6), 0.5), stream(0, 0, "least"), rounds=rounds) - wanted).mean()
        for rounds in (0, 5, 9)
    ]
    assert off[0] > off[1] >= off[2]
    assert off[1] < 0.05
