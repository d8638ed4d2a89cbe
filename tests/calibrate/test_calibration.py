"""Calibration while agents learn, on a market whose equilibrium is known."""

import numpy as np
import pytest

from catallaxy.calibrate import (
    Calibration,
    CalibrationError,
    Plan,
    Protocol,
    fits,
    flat_directions,
    judge,
    local_map,
    unreachable,
)

PLAN = Plan(budget=24_000, places=16)


def run(problem, plan=PLAN):
    calibration = Calibration(problem, plan)
    steps = list(calibration)
    return calibration, steps


def test_a_planted_composition_is_recovered(speakers):
    calibration, steps = run(speakers)
    found = calibration.recommend()
    values = speakers.space.values(found.point)
    assert values["a.mean"] == pytest.approx(0.4, abs=0.08)
    assert values["b.mean"] == pytest.approx(-0.3, abs=0.08)
    assert steps[-1].decisions == calibration.population.decisions >= 24_000
    assert np.isnan(steps[0].loss)
    assert steps[-1].loss < 1.0


def test_what_the_targets_do_not_show_is_named(speakers):
    calibration, _ = run(speakers)
    found, targets = calibration.recommend(), calibration.targets
    model = local_map(calibration.memory, found.point, targets)
    (flat,) = flat_directions(model, found.point, speakers.space, targets)
    assert list(flat.parts) == ["silent"]
    assert "the targets say little about silent" in str(flat)
    low, high = found.interval()
    assert high[2] - low[2] > 0.5
    assert not unreachable(fits(model, found.point, targets))


def test_a_target_out_of_reach_is_told_with_the_nearest_value(speakers):
    speakers.targets[0] = type(speakers.targets[0])("a.said", 3.0)
    calibration, _ = run(speakers)
    found = calibration.recommend()
    model = local_map(calibration.memory, found.point, calibration.targets)
    missed = {fit.measure: fit for fit in unreachable(fits(model, found.point, calibration.targets))}
    assert missed["a.said"].shown == pytest.approx(0.8, abs=0.15)


@pytest.mark.parametrize("stop", [5, 40])
def test_a_calibration_goes_on_as_if_it_had_never_stopped(speakers, tmp_path, stop):
    plan = Plan(budget=16_000)
    whole, _ = run(speakers, plan)
    stopped = Calibration(speakers, plan)
    for step in stopped:
        if step.iteration == stop:
            break
    stopped.save(tmp_path / "calibration.pt")
    resumed = Calibration(speakers, plan)
    resumed.resume(tmp_path / "calibration.pt")
    list(resumed)
    assert np.array_equal(resumed.recommend().point, whole.recommend().point)
    assert np.array_equal(resumed.memory.measures, whole.memory.measures)


def test_another_calibrations_state_is_refused(speakers, tmp_path):
    calibration = Calibration(speakers, PLAN)
    calibration.save(tmp_path / "calibration.pt")
    with pytest.raises(CalibrationError, match="another calibration: plan was"):
        Calibration(speakers, Plan(budget=1, places=16)).resume(tmp_path / "calibration.pt")


def test_nothing_is_recommended_during_the_burn_in(speakers):
    with pytest.raises(CalibrationError, match="burn-in"):
        Calibration(speakers, PLAN).recommend()


def test_a_recommendation_is_judged_by_agents_who_learn_it_from_scratch(speakers):
    calibration, _ = run(speakers, Plan(budget=12_000))
    protocol = Protocol(decisions=8_000, episodes=20, trainings=2)
    good = judge(
        speakers, speakers.space.point({"a.mean": 0.4, "b.mean": -0.3, "silent": 2.0}), calibration.targets, protocol, 7
    )
    bad = judge(speakers, np.array([0.5, 0.5, 0.5]), calibration.targets, protocol, 7)
    assert good.measures.shape == (2, 2)
    assert good.loss < 0.1 * bad.loss


def test_agents_who_no_longer_learn_mislead(speakers):
    """Frozen after the burn-in they still know their type, but not the composition's: here that does no harm."""
    calibration = Calibration(speakers, Plan(budget=12_000, agents="frozen"))
    list(calibration)
    before = calibration.population.learners["speakers"].updates
    assert before < calibration.population.iterations
