"""`catallaxy train` and `catallaxy run` on a small goods market."""

import json
from pathlib import Path

import pytest

from catallaxy import open_run
from catallaxy.command import main
from catallaxy.market.goods.measures import from_log

SCENARIO = """
market = "goods"

[session]
horizon = 12.0

[[shops]]
name = "X"

[[shops]]
name = "corner"
count = 2
cost = { uniform = [3.5, 4.5] }

[[customers]]
name = "Alice"
needs_per_day = 3.0
value = { uniform = [4.0, 9.0] }

[[customers]]
name = "crowd"
count = 2
needs_per_day = 3.0
policy = { kind = "price-taker", scale = 0.5 }

[training]
decisions = 600
rollout = 300
worlds = 2
ppo = { epochs = 1, minibatch = 64 }

[evaluation]
episodes = 3
"""


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "scenario.toml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def trained(scenario_file: Path) -> Path:
    """A run of training."""
    folder = scenario_file.parent / "trained"
    main(["train", str(scenario_file), "--out", str(folder), "--seed", "3", "--quiet"])
    return folder


def test_training_judges_shops_and_customers_by_group(trained: Path):
    results = json.loads((trained / "results.json").read_text())
    assert [group["name"] for group in results["shops"]] == ["X", "corner"]
    assert [(group["name"], group["count"]) for group in results["customers"]] == [("Alice", 1), ("crowd", 2)]
    for group in results["shops"]:
        for part in ("before", "after", "change"):
            assert group[part]["profit"]["low"] <= group[part]["profit"]["mean"] <= group[part]["profit"]["high"]
    assert results["welfare"]["change"]["mean"] == pytest.approx(
        results["welfare"]["after"]["mean"] - results["welfare"]["before"]["mean"]
    )
    assert (trained / "market.png").read_bytes().startswith(b"\x89PNG")


def test_both_families_learn_and_scripted_ones_do_not(trained: Path):
    curve = open_run(trained).metric("training")
    names = set(curve.column_names)
    assert {"charts/reward/shops", "charts/reward/customers"} <= names
    deciders = set(open_run(trained).events("decisions")["agent"].to_pylist())
    assert {"X", "corner_1", "corner_2", "Alice"} <= deciders


def test_the_table_of_measures_agrees_with_the_log(trained: Path):
    run = open_run(trained)
    logged = {(row["episode"], row["agent"]): row for row in from_log(run.events).to_pylist()}
    rows = [row for row in run.metric("goods").to_pylist() if row["policy"] == "after"]
    assert len(rows) == len(logged) == 3 * 6
    for row in rows:
        same = logged[row["episode"], row["agent"]]
        assert row["welfare"] == pytest.approx(same["welfare"])
        assert row["price"] == pytest.approx(same["price"], nan_ok=True)


def test_a_run_without_a_policy_follows_the_scripts(scenario_file: Path, capsys: pytest.CaptureFixture[str]):
    out = scenario_file.parent / "scripted"
    main(["run", str(scenario_file), "--out", str(out)])
    assert "1 episode" in capsys.readouterr().out
    assert set(open_run(out).events("plans")["price"].to_pylist()) == {5.0}


def test_the_tables_are_printed(scenario_file: Path, capsys: pytest.CaptureFixture[str]):
    main(["train", str(scenario_file), "--out", str(scenario_file.parent / "printed"), "--decisions", "300"])
    printed = capsys.readouterr().out
    assert "Before and after learning: means over 3 episodes" in printed
    assert "crowd (each of 2)" in printed
    assert "All profits and surpluses together" in printed
