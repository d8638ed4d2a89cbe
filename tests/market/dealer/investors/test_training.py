"""Makers and investors who learn together, by the command and from Python."""

import json
from pathlib import Path

import pytest

from catallaxy import open_run
from catallaxy.command import main
from catallaxy.learners import policy_specs
from catallaxy.market.dealer import build
from catallaxy.market.dealer.investors.group import InvestorGroup
from catallaxy.market.dealer.investors.measures import from_log

SCENARIO = """
market = "dealer"

[[makers]]
name = "maker"
count = 2

[[investors]]
name = "patient"
count = 2
pnl_weight = { uniform = [0.0, 1.0] }

[[investors]]
name = "noisy"
count = 1
policy = { kind = "noise", probability = 0.8 }

[session]
horizon = 20.0

[training]
decisions = 400
rollout = 200
worlds = 2
ppo = { epochs = 1, minibatch = 64 }

[evaluation]
episodes = 2
search_episodes = 1
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("together")
    (folder / "scenario.toml").write_text(SCENARIO)
    main(["train", str(folder / "scenario.toml"), "--out", str(folder / "run"), "--seed", "3", "--quiet"])
    return folder


def test_makers_and_investors_learn_in_one_world(trained: Path) -> None:
    run = open_run(trained / "run")
    assert run.complete
    curve = run.metric("training")
    assert {"charts/reward/makers", "charts/reward/investors", "losses/policy/investors"} <= set(curve.column_names)
    results = json.loads((trained / "run" / "results.json").read_text())
    assert [maker["name"] for maker in results["makers"]] == ["maker_1", "maker_2"]
    assert [group["group"] for group in results["investors"]] == ["patient", "noisy"]
    for group in results["investors"]:
        for learning in ("before", "after"):
            bought = group[learning]["bought"]
            assert bought["low"] <= bought["mean"] <= bought["high"]
    rows = run.metric("investors").to_pylist()
    after = {(row["episode"], row["agent"]): row["pnl"] for row in rows if row["policy"] == "after"}
    logged = {(row["episode"], row["agent"]): row["pnl"] for row in from_log(run.events).to_pylist()}
    assert after == logged
    assert len(logged) == 6


def test_a_run_follows_both_policies_or_the_baseline_of_each_family(trained: Path) -> None:
    for name, policy in (("learned", ["--policy", str(trained / "run")]), ("baseline", [])):
        out = trained / name
        main(["run", str(trained / "scenario.toml"), "--out", str(out), "--episodes", "1", "--quiet", *policy])
    found = [from_log(open_run(trained / name).events).to_pylist() for name in ("learned", "baseline")]
    assert [row["agent"] for row in found[1]] == ["patient_1", "patient_2", "noisy_1"]
    for row in found[1][:2]:
        assert row["target_error"] < 0.35
    assert found[0][2]["decisions"] == found[1][2]["decisions"]


def test_each_family_has_a_policy_of_its_own_and_scripts_need_none(market) -> None:
    specs = policy_specs(build(market(InvestorGroup("one", 2), InvestorGroup("two", 1)), 1))
    assert list(specs) == ["makers", "investors"]
    assert specs["investors"].options == (3,)
    assert specs["investors"].features == (
        "connectivity", "P&L weight", "buy target", "sell target", "risk aversion"
    )  # fmt: skip
    separate = policy_specs(build(market(InvestorGroup("one", 2)), 1), separate=["investors"])
    assert list(separate) == ["makers", "one_1", "one_2"]
