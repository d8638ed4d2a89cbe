"""The measured learning workload does what it says. Times are for `catallaxy bench learning` to print."""

from pathlib import Path

import pytest

from catallaxy import open_run
from catallaxy.bench.dealer import Workload
from catallaxy.bench.learning import FAMILY, Eager, Investor, _learner, _Logged, _messages, build, gathering, update
from catallaxy.bench.learning import workers as two_workers
from catallaxy.learners import Fleet

WORKLOAD = Workload(until=20.0)


def test_every_investor_learns_and_a_decision_comes_with_the_messages_of_its_trade():
    world = build(WORKLOAD, 0)
    assert sum(isinstance(agent, Investor) for agent in world.agents.values()) == WORKLOAD.investors == 50
    assert 3.0 < _messages(Workload(until=200.0), _learner(WORKLOAD)) < 6.0


def test_every_decision_is_logged(tmp_path: Path):
    with _Logged(WORKLOAD, tmp_path, 2) as make:
        fleet = Fleet(make, {FAMILY: _learner(WORKLOAD)}, WORKLOAD.until, 2)
        fleet.gather(500)
    logged = [open_run(tmp_path / f"place {place}").events("decisions").num_rows for place in range(2)]
    assert sum(logged) == fleet.decisions


def test_eager_torch_thinks_what_the_mirror_thinks():
    learner = _learner(WORKLOAD)
    buffer = Fleet(lambda episode: build(WORKLOAD, episode), {FAMILY: learner}, WORKLOAD.until, 2).gather(64)[FAMILY]
    rows = buffer.column("observation")
    eager = Eager(learner).act(rows)
    assert eager.values == pytest.approx(learner.act(rows).values, abs=1e-5)
    assert eager.actions.shape == (len(rows), 1)


def test_the_suites_report_their_targets():
    lines = [*gathering(rounds=1, decisions=400), *update(rounds=1, transitions=400)]
    assert [line.target for line in lines if line.target] == ["6, or 50,000 a second", "< 1"]


@pytest.mark.slow
def test_workers_are_measured_beside_one():
    lines = list(two_workers(rounds=1, decisions=400))
    assert lines[-1].target.startswith("1.8")
