"""What-ifs: paired comparisons of a market with and without an intervention."""

import json
from pathlib import Path

import numpy as np
import pytest

from catallaxy.command import main
from catallaxy.config import load
from catallaxy.display import console
from catallaxy.engine import CatallaxyError
from catallaxy.whatif import Answer, Intervention, WhatIf, ask
from catallaxy.whatif.words import sentences

SCENARIO = """
market = "dealer"
session = { horizon = 20.0 }
clients = { requests_per_day = 6000 }
price = { kind = "brownian", start = 1.2 }

[[makers]]
name = "bold"
count = 2
risk_aversion = { log_uniform = [1e-3, 2e-3] }

[[makers]]
name = "shy"
count = 1
risk_aversion = 2e-2

[training]
decisions = 600
rollout = 300
worlds = 4

[evaluation]
episodes = 2
search_episodes = 1
"""

POLICY = """
import numpy as np

class Wide:
    def __call__(self, agent, observation):
        return np.array([1.0, 0.0, 0.0])
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def learned(scenario: Path, tmp_path: Path) -> Path:
    main(["train", str(scenario), "--out", str(tmp_path / "learned"), "--quiet"])
    return tmp_path / "learned"


def answered(
    scenario: Path, *, policy: Path | None = None, adapt: int = 0, episodes: int = 6, **changes: list[str]
) -> Answer:
    intervention = Intervention.parse(**changes)
    question = WhatIf(load(scenario, learning=True), intervention, policy, adapt, episodes)
    return ask(question, console(quiet=True))[0]


def refused(scenario: Path, **changes: list[str]) -> str:
    with pytest.raises(CatallaxyError) as error:
        answered(scenario, **changes)
    return str(error.value)


def test_a_change_of_nothing_gives_exactly_zero_even_after_adaptation(scenario: Path, learned: Path):
    answer = answered(scenario, policy=learned, adapt=300, episodes=3, sets=["makers.bold.risk_aversion=+0%"])
    assert answer.effects
    for effect in answer.effects:
        for change in (effect.unchanged, effect.adapted, effect.adaptation):
            if change is not None:  # a slope may be undefined in all but one episode
                assert (change.mean, change.low, change.high) == (0.0, 0.0, 0.0)
    assert "exactly the same" in " ".join(sentences(answer))


def test_those_that_it_is_about_come_first_and_do_not_learn_on(scenario: Path, learned: Path):
    answer = answered(scenario, policy=learned, adapt=300, episodes=3, sets=["makers.shy.inventory_limit=50"])
    assert list(dict.fromkeys(effect.subject.name for effect in answer.effects)) == [
        "shy",
        "bold",
        "everybody",
    ]
    assert answer.effect("shy", "half_spread").subject.targeted
    assert answer.effect("bold", "half_spread").adaptation is not None


def test_equal_luck_makes_the_difference_sharp(scenario: Path):
    answer = answered(scenario, sets=["makers.bold.risk_aversion=+10%"], episodes=12)
    saved = answer.effect("bold", "volume").saved
    assert saved is None or saved > 5.0
    assert answer.effect("everybody", "pnl").saved > 5.0


def test_a_competitor_is_removed_or_added(scenario: Path):
    gone = answered(scenario, removes=["makers.shy"])
    assert gone.effect("shy", "volume").unchanged is None
    assert gone.effect("bold", "market_share").unchanged.mean > 0.0
    more = answered(scenario, adds=["makers.third=makers.shy"], sets=["makers.third.risk_aversion=1e-3"])
    assert more.effect("bold", "market_share").unchanged.mean < 0.0
    assert more.effect("everybody", "market_share").unchanged.mean == 0.0


def test_a_policy_of_ones_own_takes_over(scenario: Path, tmp_path: Path):
    (tmp_path / "mine.py").write_text(POLICY)
    answer = answered(scenario, lives=[f"makers.shy={tmp_path / 'mine.py'}:Wide"])
    after = answer.effect("shy", "half_spread")
    assert after.before.mean + after.unchanged.mean == pytest.approx(1.0)
    assert answer.effect("bold", "half_spread").unchanged.mean == pytest.approx(0.0, abs=0.01)


def test_a_link_is_cut(scenario: Path):
    links = [f"shy_1:tier1_{n}" for n in range(1, 11)] + [f"shy_1:tier2_{n}" for n in range(1, 11)]
    answer = answered(scenario, cuts=links)
    volume = answer.effect("shy_1", "volume")
    assert volume.before.mean > 0.0
    assert volume.before.mean + volume.unchanged.mean == 0.0


def test_bad_interventions_are_refused_by_name(scenario: Path):
    assert "did you mean 'bold'?" in refused(scenario, sets=["makers.bolt.risk_aversion=1"])
    assert "must be > 0" in refused(scenario, sets=["makers.bold.inventory_limit=-3"])
    assert (
        refused(scenario, removes=["clients"])
        == "clients: only an element of a list, as shops.Z, can be added or removed"
    )
    assert "is there already" in refused(scenario, adds=["makers.shy=makers.bold"])
    assert "did you mean 'bold_1'?" in refused(scenario, cuts=["bold_11:tier1_1"])
    assert "write it as in --cut Z:Alice" in refused(scenario, cuts=["bold_1"])
    assert "nobody of that name decides anything; did you mean 'shy'?" in refused(
        scenario, lives=["makers.shi=math:sin"]
    )
    assert "is no policy" in refused(scenario, lives=["makers.shy=builtins:object"])


def test_a_policy_of_another_scenario_is_refused(scenario: Path, learned: Path):
    assert "name it with --policy" in _error(lambda: answered(scenario, adapt=100, sets=["decisions.interval=2"]))
    other = scenario.with_name("other.toml")
    other.write_text(SCENARIO.replace("price =", "decisions = { max_skew = 0.5 }\nprice =", 1))
    told = _error(lambda: answered(other, policy=learned, sets=["decisions.interval=2"]))
    assert "was learned in another scenario" in told
    assert "not (0.0, -0.5, 0.0)" in told


def _error(call) -> str:
    with pytest.raises(CatallaxyError) as error:
        call()
    return str(error.value)


def test_the_command_prints_and_keeps_the_answer(scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "answer"
    command = ["whatif", str(scenario), "--set", "makers.bold.risk_aversion=+100%", "--seeds", "3"]
    main([*command, "--out", str(out)])
    told = capsys.readouterr().out
    assert "What if: makers.bold.risk_aversion +100 %" in told
    assert "If nobody reacts: bold:" in told
    results = json.loads((out / "results.json").read_text())
    assert results["episodes"] == 3
    assert results["in_words"][0] in told.replace("\n", " ")
    assert (out / "whatif.png").stat().st_size > 1000
    main([*command, "--json"])
    again = json.loads(capsys.readouterr().out)
    assert np.isclose(again["effects"][0]["unchanged"]["mean"], results["effects"][0]["unchanged"]["mean"])


def test_the_command_refuses_to_compare_a_market_with_itself(scenario: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["whatif", str(scenario)])
    assert ended.value.code == 2
    assert "nothing is changed" in capsys.readouterr().err
