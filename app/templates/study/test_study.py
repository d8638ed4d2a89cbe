"""Tests of the study: run them with pytest."""

from pathlib import Path

from learner import Evolution, make_world

from catallaxy import EventLog, open_run
from catallaxy.config import load
from catallaxy.learners import policy_specs
from catallaxy.learners.contract import LearnerContract
from catallaxy.market.dealer import FixedSpread, build

SCENARIO = Path(__file__).with_name("scenario.toml")


def play(folder):
    scenario = load(SCENARIO).scenario
    with EventLog(folder, seed=0) as log:
        build(scenario, seed=0, policies={"learner": FixedSpread(0.3, 0.1)}).run(scenario.duration, log)
    return open_run(folder)


def test_my_maker_trades(tmp_path):
    fills = play(tmp_path / "run").events("fills")
    assert "mine" in {name.rpartition("_")[0] or name for name in fills["sender"].to_pylist()}


def test_the_same_seed_gives_the_same_log(tmp_path):
    first, second = play(tmp_path / "one"), play(tmp_path / "two")
    assert all(first.events(name).equals(second.events(name)) for name in first.tables)


class TestEvolution(LearnerContract):
    horizon = 20.0

    def make_learner(self):
        return Evolution(policy_specs(make_world(0))["makers"])

    def make_world(self, episode):
        return make_world(episode)
