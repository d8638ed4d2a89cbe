"""What the model-based calibrator takes from its map."""

import numpy as np
import pytest

from catallaxy.calibrate import Quadratic, Target, Targets
from catallaxy.calibrate.surrogate import AS_GOOD
from catallaxy.engine import stream

TARGETS = Targets((Target("y", 0.0),), np.ones(1))


def mapped(constant: float, linear: tuple[float, float], squares: tuple[float, float]) -> tuple[Quadratic, np.ndarray]:
    """The map y = constant + linear (x - 1/2) + squares (x - 1/2)^2, known exactly."""
    coefficients = np.array([[constant], [linear[0]], [linear[1]], [squares[0]], [0.0], [squares[1]]])
    exact = Quadratic(np.full(2, 0.5), coefficients, np.zeros((6, 6)), np.zeros(1), np.zeros(1))
    return exact, coefficients[None]


def test_along_a_flat_direction_the_middle_is_chosen():
    model, maps = mapped(0.0, (1.0, 0.0), (0.0, 0.0))
    points = np.column_stack([np.full(200, 0.5), stream(0, 0, "points").random(200)])
    points[0] = 0.5, 1.0
    np.testing.assert_allclose(model.central(points, maps, TARGETS), points.mean(axis=0))


def test_where_the_middle_is_no_good_it_is_approached():
    """What is as good as the best lies on a circle."""
    model, maps = mapped(-0.16, (0.0, 0.0), (1.0, 1.0))
    turn = 2.0 * np.pi * stream(0, 0, "points").random(200)
    points = 0.5 + 0.4 * np.column_stack([np.cos(turn), np.sin(turn)])
    found = model.central(points, maps, TARGETS)
    assert TARGETS.loss(model(found[None]))[0] <= AS_GOOD + 1e-9
    assert np.linalg.norm(found - 0.5) == pytest.approx(0.26, abs=0.04), "at 0.245 the loss is AS_GOOD"
