"""Parameters, targets and losses."""

import numpy as np
import pytest

from catallaxy.calibrate import CalibrationError, Parameter, Space, Target, Targets


@pytest.mark.parametrize("transform", ["linear", "log", "logit"])
def test_a_parameter_goes_to_the_unit_interval_and_back(transform):
    parameter = Parameter("x", 0.01, 0.9, transform)
    places = np.linspace(0.0, 1.0, 7)
    values = parameter.value(places)
    assert values[0] == pytest.approx(0.01)
    assert values[-1] == pytest.approx(0.9)
    assert np.all(np.diff(values) > 0.0)
    assert parameter.unit(values) == pytest.approx(places)


def test_whole_numbers_stay_whole():
    parameter = Parameter("count", 1, 8, integer=True)
    assert {float(value) for value in parameter.value(np.linspace(0, 1, 100))} == set(map(float, range(1, 9)))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("x", 2.0, 1.0), "x: low must be less than high, got low=2.0, high=1.0"),
        (("x", 0.0, float("nan")), "x: low must be less than high"),
        (("x", 0.0, 1.0, "log"), "x: a log scale needs positive bounds, got low=0.0"),
        (("x", 0.5, 1.0, "logit"), "x: a logit scale needs bounds within"),
    ],
)
def test_contradictory_bounds_are_refused(arguments, told):
    with pytest.raises(CalibrationError, match=told.replace("(", r"\(")):
        Parameter(*arguments)


def test_a_space_names_its_values():
    space = Space((Parameter("a", 0.0, 10.0), Parameter("b", 1.0, 100.0, "log")))
    assert space.values(np.array([0.5, 0.5])) == pytest.approx({"a": 5.0, "b": 10.0})
    assert space.point({"a": 5.0, "b": 10.0}) == pytest.approx([0.5, 0.5])
    with pytest.raises(CalibrationError, match="b has no value"):
        space.point({"a": 1.0})
    with pytest.raises(CalibrationError, match="a is given twice"):
        Space((Parameter("a", 0, 1), Parameter("a", 0, 2)))
    with pytest.raises(CalibrationError, match="nothing to calibrate"):
        Space(())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"value": float("nan")}, "its value must be a number, got nan"),
        ({"value": 1.0, "weight": 0.0}, "its weight must be positive, got 0.0"),
        ({"value": 1.0, "uncertainty": -1.0}, "its uncertainty can't be -1.0"),
        ({"value": 0.0, "loss": "relative"}, "needs a value other than 0"),
    ],
)
def test_impossible_targets_are_refused(arguments, told):
    with pytest.raises(CalibrationError, match=told):
        Target("share", **arguments)


def test_losses_are_what_their_names_say():
    kinds = [
        Target("y", 2.0),
        Target("y", 2.0, loss="relative", weight=2.0),
        Target("y", 2.0, loss="absolute"),
        Target("y", 2.0, loss="quantile", level=0.9),
    ]
    targets = Targets(tuple(kinds), np.full(4, 0.5))
    assert targets.losses(np.full(4, 3.0)) == pytest.approx([4.0, 0.25, 2.0, 0.2])
    assert targets.losses(np.full(4, 1.0)) == pytest.approx([4.0, 0.25, 2.0, 1.8])
    assert targets.loss(np.full((3, 4), 3.0)) == pytest.approx(np.full(3, (4.0 + 2 * 0.25 + 2.0 + 0.2) / 5))
    assert Targets.scaled(kinds[:1], np.array([[0.0], [2.0]])).scale == pytest.approx([1.0])
    assert Targets.scaled([Target("y", 0.0, uncertainty=9.0)], np.array([[0.0], [2.0]])).scale == pytest.approx([9.0])
