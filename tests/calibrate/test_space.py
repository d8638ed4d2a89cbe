"""Parameters, targets and losses."""

import numpy as np
import pytest

from catallaxy.calibrate import CalibrationError, Memory, Parameter, Space, Target, Targets, local_map
from catallaxy.engine import stream


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


def test_every_loss_is_a_sum_of_squares_with_the_slopes_that_are_told():
    targets = Targets(
        (
            Target("y", 2.0),
            Target("y", 2.0, loss="relative", weight=2.0),
            Target("y", 2.0, loss="absolute"),
            Target("y", 2.0, loss="quantile", level=0.9),
        ),
        scale=np.array([0.5, 0.5, 0.5, 0.5]),
    )
    for value in (0.5, 1.9, 2.0, 2.3, 4.0):
        errors = targets.errors(np.full(4, value))
        roots, slopes = targets.roots(errors)
        assert (roots**2).sum() == pytest.approx(float(targets.loss(np.full(4, value))), abs=0.02)
        ahead, behind = (targets.roots(errors + step)[0] for step in (1e-6, -1e-6))
        if value != 2.0:  # at a quantile's kink the slope jumps
            assert slopes == pytest.approx((ahead - behind) / 2e-6, rel=1e-4)


def test_a_map_is_searched_by_the_loss_that_is_asked_for():
    """One of three targets lies apart: absolute losses leave it there, squared ones go part of the way."""
    memory = Memory(1, 3)
    points = stream(0, 0, "losses").random((400, 1))
    for number, group in enumerate(np.split(points, 20), start=1):
        memory.add(group, np.repeat(group, 3, axis=1), 100 * number)
    for loss, best in (("squared", 0.4), ("absolute", 0.2)):
        aims = tuple(Target(f"y{place}", value, loss=loss) for place, value in enumerate((0.2, 0.2, 0.8)))
        targets = Targets(aims, scale=np.full(3, 0.3))
        fitted = local_map(memory, np.array([0.5]), targets)
        found = fitted.best(fitted.coefficients[None], targets.values[None], targets, stream(0, 0, "search"))
        assert found[0, 0] == pytest.approx(best, abs=0.02)
