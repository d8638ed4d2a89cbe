"""The calibration studies: their targets are what they say, and they run from end to end, small."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import attrs
import numpy as np
import pytest

from catallaxy.calibrate import Entry, Planted, Protocol, Ranking
from catallaxy.calibrate.verdict import settle
from catallaxy.calibration.record import Record
from catallaxy.calibration.study import read_study
from catallaxy.runs import RunError

from .conftest import EXAMPLES, study_module

FX = EXAMPLES / "calibration" / "fx"
TINY = Protocol(decisions=1, places=2, episodes=3, trainings=2)


@pytest.fixture(scope="module")
def fx() -> ModuleType:
    return study_module("calibration/fx")


def test_the_targets_of_fx_are_paper_ds_curves(fx: ModuleType) -> None:
    problem = read_study(FX / "study.toml")
    points = [(aim.among, aim.at, aim.value) for aim in problem.aims if aim.measure == "fill_probability"]
    assert [(tier, at) for tier, at, _ in points] == [(tier, at) for tier in fx.SEEN for at in (0.0, 0.13, 0.25, 0.5)]
    assert [value for *_, value in points] == pytest.approx(
        [float(fx.seen(tier, at)) for tier, at, _ in points], abs=6e-5
    )
    assert sum(aim.value for aim in problem.aims if aim.measure == "market_share") == pytest.approx(1.0)
    assert 4 <= problem.space.size <= 8


def test_a_composition_of_fx_is_judged_by_agents_who_learn_from_nothing(fx: ModuleType) -> None:
    problem = read_study(FX / "study.toml")
    watched = fx.Watched(problem.study, problem.knobs, problem.aims, problem.tuning)
    shown = fx.judge(watched, np.full(problem.space.size, 0.5), TINY, 1)
    assert shown.measures.shape == (2, 12)
    assert np.isfinite(shown.measures).all()
    for tier in fx.SEEN:
        assert (np.diff(shown.curves[tier][:, [0, 12, 25]]) < 0.0).all(), "a better price finds more takers"
        assert shown.counted(tier, 0.3)[0] >= shown.counted(tier, 0.3)[1]


@pytest.mark.slow
def test_the_study_fx_runs_from_end_to_end(fx: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fx, "QUICK", fx.Size(15_000, TINY))
    fx.study_module(out=tmp_path, quick=True)
    page = (tmp_path / "results.md").read_text()
    assert "| `makers.dealer.connectivity` |" in page
    assert (tmp_path / "calibration_fx.png").is_file()
    assert set(json.loads((tmp_path / "results.json").read_text())) >= {"answer", "counted_error"}
    fx.study_module(out=tmp_path / "again", quick=True, calibrated=tmp_path / "calibration")


def test_a_contest_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    planted = study_module("calibration/planted")
    contest = planted.contest("rounds", (20_000,), 0, 1, 4_000)
    record = Record(tmp_path, contest)
    truths = [Planted(number, (0.5,) * 6, (1.0,) * 7, 0.1, 1.1) for number in range(2)]
    for truth in truths:
        record.add(truth)
    ends = ((0.4,) * 6, (0.6,) * 6)
    for method, loss in (("surrogate", 0.2), ("prior", 1.0)):
        record.add([Entry(0, method, "conditioned", 20_000, 1.0, (0.5,) * 6, *ends, (loss, loss))])
    again = Record(tmp_path, contest)
    assert (again.planted, again.entries) == (truths, record.entries)
    everybody = [("surrogate", "conditioned"), ("prior", "conditioned")]
    assert again.missing(2, everybody) == [(truths[1], who) for who in everybody]
    again.add([attrs.evolve(entry, truth=1) for entry in again.entries])
    with planted.Notes(tmp_path, "Title", command="command") as notes:
        planted.report(notes, again, Ranking(again.planted, again.entries))
    page = (tmp_path / "results.md").read_text()
    assert "0.1000 ± 0 | " in page
    assert "| -0.8000 ± 0 | 2 |" in page
    assert (tmp_path / "anytime.png").stat().st_size > 1000
    with pytest.raises(RunError, match="its seed is 0"):
        Record(tmp_path, planted.contest("rounds", (20_000,), 1, 1, 4_000))


@pytest.mark.parametrize("market", ["dealer", "goods"])
def test_truths_can_be_planted_in_the_markets_of_the_engine(market: str) -> None:
    planted = study_module("calibration/planted")
    problem = planted.contest(market, (20_000,), 0, 1, 4_000).make((0.5,) * (8 if market == "dealer" else 7))
    assert {target.value for target in problem.targets} == {0.5}
    assert 4 <= problem.space.size <= 6


def test_supertypes_grow_from_8_to_20_parameters(tmp_path: Path) -> None:
    supertypes = study_module("calibration/supertypes")
    sizes = [supertypes.problem(*size, ()).space.size for size in supertypes.SIZES]
    assert sizes == [8, 10, 12, 16, 20]
    rankings = {}
    for size in (8, 12, 16):
        truths = [Planted(number, (0.5,) * size, (1.0,), 0.1, 1.1) for number in range(2)]
        entries = [
            Entry(number, method, "conditioned", budget, 1.0, (0.5,) * size, (), (), (loss,))
            for method, losses in (("kalman", (0.7, 0.7)), (supertypes.RIVAL, (0.5, 0.7)))
            for number, loss in enumerate(losses)
            for budget in supertypes.BUDGETS
        ]
        rankings[size] = Ranking(truths, entries)
    with supertypes.Notes(tmp_path, "Title", command="command") as notes:
        supertypes.report(notes, rankings, ["kalman", supertypes.RIVAL])
    page = (tmp_path / "results.md").read_text()
    assert "| kalman | 0.6000 ± 0 | 0.6000 ± 0 |" in page
    assert "kalman less bo-composite, paired over the 4 truths of 12 parameters or more: 0.10 ± 0.18." in page
    assert (tmp_path / "supertypes.png").stat().st_size > 1000


def test_whoever_challenges_an_equilibrium_learns_alone() -> None:
    planted = study_module("calibration/planted")
    from challenge import challenge

    problem = planted.rounds(())
    population = settle(problem, np.full(problem.space.size, 0.5), Protocol(3_000, 16, 1, 1), 0)
    before = {family: learner.updates for family, learner in population.learners.items()}
    shown = [
        challenge(population, np.full(problem.space.size, 0.5), "makers", 1, decisions=own, episodes=8, seed=1)
        for own in (2_048, 2_048, 0)
    ]
    assert {family: learner.updates for family, learner in population.learners.items()} == before
    for was, now in shown:
        np.testing.assert_array_equal(was, shown[0][0])
        assert (now != was).any()
    np.testing.assert_array_equal(shown[0][1], shown[1][1])
    assert (shown[0][1] != shown[2][1]).any(), "it has learned"
