"""The ensemble of networks that the amortised calibrator inverts."""

import numpy as np
import pytest

from catallaxy.calibrate import Target, Targets
from catallaxy.calibrate.network import MEMBERS, Ensemble

TARGETS = Targets((Target("x", 0.0), Target("y", 0.0)), np.array([1.0, 10.0]))


def shows(points):
    return np.stack([points[:, 0] * points[:, 1], 20.0 * points[:, 1]], axis=1)


@pytest.fixture(scope="module")
def ensemble():
    """Fitted to agents whose second measure still rose while they learned, as far as 3 at most."""
    rng = np.random.default_rng(3)
    spent = np.repeat(np.arange(1.0, 101.0), 10)
    points = rng.random((1000, 2))
    measures = shows(points) + 0.05 * TARGETS.scale * rng.standard_normal((1000, 2))
    measures[:, 1] -= 3.0 * np.exp(-spent / 40.0)
    return Ensemble.fit(points, measures, np.ones(1000), spent, TARGETS, rng)


def test_it_learns_the_map_as_it_is_now(ensemble):
    points = np.random.default_rng(4).uniform(0.1, 0.9, (200, 2))
    shown, _ = ensemble.mean(points)
    assert np.sqrt(np.mean(((shown - shows(points)) / TARGETS.scale) ** 2, axis=0)) == pytest.approx([0, 0], abs=0.05)
    assert ensemble.drift(np.array([0.5, 0.5]))[1] < -0.2


def test_its_slopes_are_those_of_its_values(ensemble):
    points = np.random.default_rng(5).random((MEMBERS, 3, 2))
    _, slope = ensemble(points)
    for place in range(2):
        step = 1e-5 * np.eye(2)[place]
        change = (ensemble(points + step)[0] - ensemble(points - step)[0]) / 2e-5
        assert slope[..., place] == pytest.approx(change, abs=1e-6)
