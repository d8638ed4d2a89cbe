"""`catallaxy score`: from an instance file to a table of what was learned and its scores."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from catallaxy.command import main
from catallaxy.config import ConfigError, load_as
from catallaxy.learners import load_policies
from catallaxy.market.dealer.tick_session import Choice, tabulated
from catallaxy.market.reference.tick_dealer import TickDealer, TickPolicy, evaluate
from catallaxy.score import score

SHIPPED = Path(__file__).parents[2] / "examples" / "score" / "dealer.toml"
SMALL = {
    "limit = 50": "limit = 6",
    "sizes = [1, 5, 10]": "sizes = [1, 3]",
    "rates = [1.0, 0.5, 0.2]": "rates = [2.0, 1.0]",
    "gammas = [0.001, 0.002, 0.005, 0.01, 0.02]": "gammas = [0.02, 0.1]",
}


@pytest.fixture
def small(tmp_path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(SHIPPED.read_text())
    change(path, SMALL)
    return path


def change(path: Path, changes: dict[str, str]) -> None:
    text = path.read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


@pytest.fixture
def few(monkeypatch) -> None:
    monkeypatch.setattr("catallaxy.score.SIMULATED_DEALERS", 20)
    monkeypatch.setattr("catallaxy.score.SIMULATED_TICKS", 300)
    monkeypatch.setattr("catallaxy.score.BURN_IN", 50)


def test_the_shipped_instance_is_the_benchmark() -> None:
    assert load_as(SHIPPED, TickDealer) == TickDealer()


@pytest.mark.parametrize("path", sorted(SHIPPED.parent.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_instance_can_be_solved_and_learned(path) -> None:
    dealer = load_as(path, TickDealer)
    assert dealer.skew[0] <= 0.0 <= dealer.skew[1]
    assert Choice.of(dealer).space.shape == (3,)


def test_an_instance_is_refused_with_all_its_faults(small) -> None:
    text = small.read_text().replace("tick = 0.25 ", "tock = 0.25 ").replace("sizes = [1, 3]", "sizes = [1, 2.5]")
    small.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_as(small, TickDealer)
    message = str(caught.value)
    for part in ("tock", "tick: missing", "sizes[1]", "2.5 is not an integer"):
        assert part in message


def test_an_instance_that_makes_no_sense_is_refused(small) -> None:
    small.write_text(small.read_text().replace("rates = [2.0, 1.0]", "rates = [2.0]"))
    with pytest.raises(ConfigError, match="rates has 1 entries and sizes has 2"):
        load_as(small, TickDealer)


def test_what_is_exported_is_worth_what_is_reported(small, few, tmp_path) -> None:
    out = tmp_path / "run"
    scores = score(small, out, decisions=20_000, seed=4, quiet=True)
    report = json.loads((out / "scores.json").read_text())
    dealer = load_as(small, TickDealer)
    with (out / "policy.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["q"] for row in rows] == [str(q) for _ in dealer.gammas for q in range(-6, 7)]
    policies = load_policies(out / "checkpoints" / "latest.pt")
    for one, told in zip(scores, report["types"], strict=True):
        mine = [row for row in rows if float(row["gamma"]) == one.gamma]
        table = TickPolicy(**{name: np.array([float(row[name]) for row in mine]) for name in ("s", "u", "h")})
        exact = evaluate(dealer, one.gamma, table).objective
        assert told["J"] == one.learned == exact
        assert told["score"] == (exact - told["J_fixed"]) / (told["J_star"] - told["J_fixed"])
        assert abs(one.simulated.deviation(exact)) < 4.0
        saved = tabulated(dealer, one.gamma, lambda given: policies["dealers"].act(given).actions)
        np.testing.assert_array_equal(saved.u, table.u)
    assert report["mean"] == pytest.approx(np.mean([one.score for one in scores]))
    assert report["seed"] == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"skew = [-1.5, 1.5]": "skew = [0.1, 1.5]"}, r"skew = \[0.1, 1.5\]: must contain 0"),
        (
            {
                "half_spread = [0.0, 2.0]": "half_spread = [0.5, 0.5]",
                "skew = [-1.5, 1.5]": "skew = [0.0, 0.0]",
                "hedge = [0.0, 1.0]": "hedge = [0.0, 0.0]",
            },
            "nothing to learn",
        ),
    ],
)
def test_an_instance_without_a_score_or_a_choice_is_refused(small, tmp_path, changes, said) -> None:
    change(small, changes)
    with pytest.raises(ConfigError, match=said):
        score(small, tmp_path / "run", decisions=2_000, seed=0, quiet=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"gammas = [0.02, 0.1]": "gammas = [0.05]"},
        {"gammas = [0.02, 0.1]": "gammas = [0.05, 0.05]"},
        {"hedge_linear = 0.6": "hedge_linear = 50.0"},
        {"hedge = [0.0, 1.0]": "hedge = [0.0, 0.0]", "skew = [-1.5, 1.5]": "skew = [0.0, 0.0]"},
    ],
    ids=["one type", "equal types", "useless hedging", "nothing but a half-spread"],
)
def test_unusual_instances_are_scored(small, few, tmp_path, changes) -> None:
    change(small, changes)
    found = score(small, tmp_path / "run", decisions=4_000, seed=0, quiet=True)
    assert all(one.score <= 1.0 for one in found)


def test_where_the_best_fixed_policy_is_the_optimum_there_is_no_score(small, few, tmp_path, capsys) -> None:
    """Hedging is free, so that all of the inventory is hedged at every tick and nothing is left to skew for."""
    change(small, {"hedge_linear = 0.6": "hedge_linear = 0.0", "hedge_quadratic = 0.01": "hedge_quadratic = 0.0"})
    found = score(small, tmp_path / "run", decisions=4_000, seed=0)
    assert all(np.isnan(one.score) for one in found)
    report = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert report["mean"] is None
    assert report["types"][0]["score"] is None
    assert report["types"][0]["J_star"] == pytest.approx(report["types"][0]["J_fixed"], rel=1e-6)
    assert "no score where" in capsys.readouterr().out


def test_the_command_tells_what_came_out(small, few, tmp_path, capsys) -> None:
    main(["score", str(small), "--decisions", "2000", "--out", str(tmp_path / "run")])
    assert "mean score" in capsys.readouterr().out


@pytest.mark.slow
def test_a_small_instance_is_learned_close_to_its_optimum(small, tmp_path) -> None:
    scores = score(small, tmp_path / "run", decisions=1_500_000, seed=0, quiet=True)
    assert all(one.score > 0.8 for one in scores), [one.score for one in scores]
