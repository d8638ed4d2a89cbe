"""The investors' studies run from end to end, small."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

from catallaxy.config import load
from catallaxy.market.dealer import Investor, MarketMaker, build

from .conftest import EXAMPLES, study_module


def test_in_the_scenario_investors_learn_and_the_maker_is_scripted() -> None:
    world = build(load(EXAMPLES / "investor_timing" / "scenario.toml").scenario, 0)
    investors = [agent for agent in world.agents.values() if isinstance(agent, Investor)]
    assert len(investors) == 8
    assert all(one.policy is None for one in investors)
    assert all(agent.policy for agent in world.agents.values() if isinstance(agent, MarketMaker))


def test_twenty_investors_are_of_twenty_types() -> None:
    world = build(study_module("shared_or_separate").market(), 0)
    types = {agent.type for agent in world.agents.values() if isinstance(agent, Investor)}
    assert len(types) == 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["investor_timing", "shared_or_separate"])
def test_a_study_writes_its_page_numbers_and_figures(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_module(name)
    small = {
        "investor_timing": {"decisions": 2_048, "martingale": 2_048, "episodes": 4},
        "shared_or_separate": {"decisions": 2_048, "rollout": 1_024, "looks": (1, 2), "sessions": 2},
    }[name]
    monkeypatch.setattr(study, "QUICK", attrs.evolve(study.QUICK, **small))
    study.study_module(out=tmp_path, quick=True)
    page = (tmp_path / "results.md").read_text()
    assert "conserved to the last unit" in page
    assert "the quick variant" in page
    assert list(tmp_path.glob("*.png"))
    assert json.loads((tmp_path / "results.json").read_text())["cpu_seconds"] > 0.0
