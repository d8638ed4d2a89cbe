"""Studies in Python: what learns and what does not, equal luck, and the page that is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catallaxy.market.dealer import Clients, DealerScenario, FixedSpread, MakerGroup, MarketMaker, Session, Tier
from catallaxy.market.measures import Interval
from catallaxy.study import Notes, command_of, learn, make_world, play, recipe, remembering, shown

SCENARIO = DealerScenario(
    makers=(MakerGroup("one", 1), MakerGroup("other", 2, policy=FixedSpread(0.3))),
    clients=Clients(tiers=(Tier("tier1", -0.3, 5.0, 2),)),
    session=Session(horizon=30.0),
)


def test_groups_with_a_script_or_a_given_policy_do_not_learn() -> None:
    learned = learn(SCENARIO, seed=0, decisions=400, worlds=2, rollout=200, quiet=True)
    assert list(learned) == ["makers"]
    world = make_world("dealer", SCENARIO, 0, learned, 0)
    policies = {name: agent.policy for name, agent in world.agents.items() if isinstance(agent, MarketMaker)}
    assert policies["one_1"] is learned["makers"]
    assert policies["other_1"] == policies["other_2"] == FixedSpread(0.3)
    own = make_world("dealer", SCENARIO, 0, {"other_2": FixedSpread(0.1), "one": FixedSpread(0.2)}, 0)
    policies = {name: agent.policy for name, agent in own.agents.items() if isinstance(agent, MarketMaker)}
    assert policies == {"one_1": FixedSpread(0.2), "other_1": FixedSpread(0.3), "other_2": FixedSpread(0.1)}


def test_what_is_learned_depends_on_the_seed_alone() -> None:
    rows = np.zeros((3, 6), np.float32)
    acts = [
        learn(SCENARIO, seed=seed, decisions=300, worlds=2, rollout=100, workers=workers, quiet=True)["makers"]
        .act(rows)
        .actions
        for seed, workers in ((1, 1), (1, 2), (2, 1))
    ]
    np.testing.assert_array_equal(acts[0], acts[1])
    assert not np.array_equal(acts[0], acts[2])


def test_equal_seeds_of_play_mean_equal_luck() -> None:
    tables = [play(SCENARIO, {"one": FixedSpread(width)}, seed=5, episodes=2) for width in (0.3, 0.3, 0.1)]
    objectives = [table["objective"].to_pylist() for table in tables]
    assert objectives[0] == objectives[1] != objectives[2]
    assert tables[0].num_rows == 6


def test_a_remembering_policy_answers_the_same_and_asks_once() -> None:
    asked: list[Any] = []

    def policy(agent: Any, observation: Any) -> Any:
        asked.append(observation)
        return np.array([0.1, 0.0, 0.0])

    kept = remembering(policy)
    world = make_world("dealer", SCENARIO, 0, {}, 0)
    for _ in range(3):
        np.testing.assert_array_equal(kept(world.agents["one_1"], (1.0, 2.0)), [0.1, 0.0, 0.0])  # type: ignore[arg-type]
    assert asked == [(1.0, 2.0)]


def test_notes_keep_a_page_numbers_and_figures(tmp_path: Path) -> None:
    with Notes(tmp_path / "run", "A study", command="python study.py", quick=True) as notes:
        notes.table(["what", "value"], [["mean", Interval(1.25, 1.2, 1.3)], ["exact", 0.123456]])
        notes.numbers["mean"] = Interval(1.25, 1.2, 1.3)
        with notes.figure("line.png", 2.0, 2.0) as figure:
            figure.subplots().plot([0, 1], [1, 2])
    page = (tmp_path / "run" / "results.md").read_text()
    assert page.startswith("# A study\n\n`python study.py`, the quick variant")
    assert "| what | value |\n| --- | --- |\n| mean | 1.250 ± 0.050 |\n| exact | 0.1235 |" in page
    assert "![line.png](line.png)" in page
    assert "s of CPU time; Python" in page
    numbers = json.loads((tmp_path / "run" / "results.json").read_text())
    assert numbers["mean"] == {"mean": 1.25, "low": 1.2, "high": 1.3}
    assert (tmp_path / "run" / "line.png").stat().st_size > 1000


def test_a_study_that_fails_leaves_no_page(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Notes(tmp_path, "A study", command="python study.py"):
        raise RuntimeError
    assert not (tmp_path / "results.md").exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5678, "1235"),
        (0.00123456, "0.001235"),
        (0.0, "0.0"),
        (float("nan"), "-"),
        (7, "7"),
        ("x", "x"),
        (Interval(0.1, 0.1, 0.1), "0.1000 ± 0"),
    ],
)
def test_numbers_are_shown_to_four_digits(value: object, text: str) -> None:
    assert shown(value) == text


def test_the_recipe_can_be_changed() -> None:
    assert recipe(1000, lam=0.8).lam == 0.8
    assert recipe(1000).decay == 1000


def test_a_command_names_what_was_asked_for() -> None:
    assert command_of("a.py", quick=True, seed=0, maker=None, force=False) == "python a.py --quick --seed 0"
