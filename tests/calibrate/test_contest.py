"""Contests on planted truths, in a market whose equilibrium is known."""

import attrs
import numpy as np
import pytest

from catallaxy.calibrate import Calibration, CalibrationError, Contest, Entry, Plan, Planted, Protocol, Ranking
from catallaxy.calibrate.methods import Prior

from .conftest import Speakers

PROTOCOL = Protocol(decisions=6_000, places=16, episodes=16, trainings=2)


def make(values):
    return Speakers(values or (0.0, 0.0))


@pytest.fixture(scope="module")
def played():
    contest = Contest(make, budgets=(8_000, 16_000), protocol=PROTOCOL, seed=3)
    ground = contest.ground()
    planted = [contest.plant(number, ground) for number in range(2)]
    entries = [
        entry
        for truth in planted
        for method in ("surrogate", "prior")
        for entry in contest.enter(truth, ground, method)
    ]
    return contest, ground, planted, entries


def test_targets_are_what_agents_show_who_live_in_the_truth(played):
    _, _, planted, _ = played
    space = make(()).space
    for truth in planted:
        values = space.values(np.array(truth.point))
        assert truth.values == pytest.approx([values["a.mean"], values["b.mean"]], abs=0.1)
        assert truth.floor < truth.prior


def test_a_method_that_looks_comes_nearer_to_the_floor_than_the_prior(played):
    _, _, planted, entries = played
    ranking = Ranking(planted, entries)
    assert ranking.budgets == [8_000, 16_000]
    assert ranking.contenders(16_000) == [("surrogate", "conditioned"), ("prior", "conditioned")]
    assert ranking.score(("surrogate", "conditioned"), 16_000).mean < 0.5
    assert ranking.score(("prior", "conditioned"), 16_000).mean == pytest.approx(1.0, abs=0.4)


def test_the_same_contest_gives_the_same_entries(played):
    contest, ground, planted, entries = played
    again = contest.enter(planted[1], ground, "surrogate")
    before = [entry for entry in entries if entry.truth == 1 and entry.method == "surrogate"]
    assert [attrs.evolve(entry, seconds=0.0) for entry in again] == [
        attrs.evolve(entry, seconds=0.0) for entry in before
    ]


def entry(truth, method, loss, low=(0.0,), high=(1.0,)):
    return Entry(truth, method, "conditioned", 100, 1.0, (0.5,), low, high, (loss, loss))


def test_scores_and_paired_differences():
    planted = [Planted(0, (0.4,), (1.0,), 0.1, 1.1), Planted(1, (0.7,), (1.0,), 0.2, 2.2)]
    entries = [
        entry(0, "x", 0.2, (0.3,), (0.6,)),
        entry(1, "x", 0.6, (0.3,), (0.6,)),
        entry(0, "y", 0.6),
        entry(1, "y", 1.8),
        entry(7, "y", 9.0),
    ]
    ranking, x, y = Ranking(planted, entries), ("x", "conditioned"), ("y", "conditioned")
    assert ranking.score(x, 100).mean == pytest.approx((0.1 + 0.2) / 2)
    assert ranking.score(y, 100).mean == pytest.approx((0.5 + 0.8) / 2)
    assert ranking.difference(x, y, 100).mean == pytest.approx(-0.5)
    (found,) = ranking.recovery(x, 100, ["p"])
    assert (found.held, found.width) == (0.5, pytest.approx(0.3))
    assert found.error == pytest.approx(np.sqrt((0.1**2 + 0.2**2) / 2))
    assert ranking.truths(y, 100) == 2


def test_a_calibration_keeps_what_it_recommended_on_the_way(speakers):
    calibration = Calibration(speakers, Plan(budget=6_000, method="random", marks=(2_000,)))
    list(calibration)
    first, last = calibration.marks
    assert (first.budget, last.budget) == (2_000, 6_000)
    assert 0.0 < first.seconds < last.seconds <= calibration.seconds
    assert np.array_equal(last.found.point, calibration.recommend().point)


@pytest.mark.parametrize("marks", [(3_000, 2_000), (7_000,), (100,)])
def test_marks_lie_between_burn_in_and_budget(marks):
    with pytest.raises(CalibrationError, match="marks must increase"):
        Plan(budget=6_000, marks=marks)


@pytest.mark.parametrize("agents", ["warm", "cold"])
def test_agents_may_follow_compositions_in_other_ways(speakers, agents):
    calibration = Calibration(speakers, Plan(budget=6_000, method="random", agents=agents))
    list(calibration)
    updates = calibration.population.learners["speakers"].updates
    assert updates == calibration.population.iterations if agents == "warm" else updates <= 8


def test_a_calibrator_of_ones_own_may_enter(played):
    contest, ground, planted, _ = played
    own = attrs.evolve(contest, others={"mine": lambda setting, seed: Prior(setting)})
    (first, last) = own.enter(planted[0], ground, "mine")
    assert (first.method, last.budget) == ("mine", 16_000)
    assert last.point == (0.5, 0.5, 0.5)
