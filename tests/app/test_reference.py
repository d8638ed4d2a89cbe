"""`catallaxy reference`: tables, JSON and figures of what is known exactly."""

import json
from pathlib import Path
from typing import Any

import pytest

from catallaxy.command import main

INSTANCE = Path(__file__).parents[2] / "examples" / "score" / "dealer.toml"


def reference(*arguments: object) -> int:
    try:
        main(["reference", *map(str, arguments)])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def asked(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    assert reference(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_the_fx_dealer_as_json_is_everything_that_is_asked_for(capsys: pytest.CaptureFixture[str]):
    found = asked(capsys, "fx-dealer", "--gamma", "2e-3")
    assert found["dealer"]["gamma"] == 2e-3
    tier1, tier2 = found["quotes"]
    flat = found["inventories"].index(0.0)
    for tier, spread in ((tier1, 0.55), (tier2, 0.26)):
        assert tier["sizes"] == [1, 2, 5, 10, 20, 50]
        assert {len(row) for row in tier["bid"]} == {len(found["inventories"])}
        assert tier["bid"][0][flat] + tier["ask"][0][flat] == pytest.approx(spread, abs=0.0065)
    assert len(found["hedge_rates"]) == len(found["inventories"])
    assert found["internalisation_threshold"] == pytest.approx(14.5, abs=0.5)
    assert found["inventory_sd"] == pytest.approx(9.65, abs=0.02)
    assert found["risk_neutralisation_minutes"] > 0.0
    simpler = found["simpler_policies"]
    assert simpler["no_skew"]["objective"] < simpler["no_hedge"]["objective"] < found["objective"]
    assert "finite_horizon" not in found


def test_options_reach_the_dealer(capsys: pytest.CaptureFixture[str]):
    options = {"gamma": 1e-3, "lam-scale": 0.5, "sigma": 40, "phi": 0.2, "eta": 2e-5, "k": 1e-3, "horizon": 0.01}
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    found = asked(capsys, "fx-dealer", *given, "--limit", 100)
    dealer = found["dealer"]
    assert dealer["rates"] == [360.0, 225.0, 171.0, 90.0, 45.0, 9.0]
    assert (dealer["hedge_linear"], dealer["hedge_quadratic"], dealer["impact"]) == (0.2, 2e-5, 1e-3)
    assert (dealer["gamma"], dealer["sigma"], dealer["limit"]) == (1e-3, 40.0, 100.0)
    assert found["finite_horizon"]["horizon"] == 0.01


def test_the_fx_dealer_is_printed_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert reference("fx-dealer", "--plot", tmp_path / "fx.svg", "--out", tmp_path / "out", "--horizon", 0.005) == 0
    out = capsys.readouterr().out
    assert "internalisation threshold: nothing is hedged up to 14.5 MEUR" in out
    assert "opening of a session of 0.005 days" in out
    assert "no skew" in out
    assert (tmp_path / "fx.svg").read_text().startswith("<?xml")
    assert (tmp_path / "out" / "fx-dealer.png").stat().st_size > 10_000
    assert json.loads((tmp_path / "out" / "fx-dealer.json").read_text())["objective"] == pytest.approx(1412.86, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["avellaneda-stoikov", "--gamma", "0.05", "--remaining", "0.5"], "reservation"),
        (["glft", "--limit", "10", "--k", "2"], "asymptotic_error"),
        (["closed-form-skew", "--gamma", "1e-3"], "coefficient"),
        (["tick-dealer", INSTANCE, "--gamma", "0.01"], "types"),
    ],
)
def test_other_references_speak_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[Any], key: str
):
    assert key in asked(capsys, *arguments, "--plot", tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000
    if arguments[0] != "tick-dealer":  # which takes seconds
        assert reference(*arguments) == 0
        assert len(capsys.readouterr().out.splitlines()) > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fx-dealer", "--gamma", "-1"], 'Invalid value "-1.0" for --gamma'),
        (["fx-dealer", "--step", "3"], "step = 3.0: limit holds 250.0, which is no multiple of it"),
        (["fx-dealer", "--hedging", "any", "--gamma", "1e-4"], "or the optimum pumps the price"),
        (
            ["fx-dealer", "--limit", "3000"],
            "a grid of 6,001 inventories, more than 2,501: lower --limit or raise --step",
        ),
        (["fx-dealer", "--gamma", "10"], "the grid is too coarse for this hedging"),
        (["glft", "--limit", "400"], "limit = 400: so far from flat the value is too small for a float"),
        (["fx-dealer", "--plot", "figure.xyz"], "the figure can't be written to figure.xyz"),
        (["tick-dealer", "nowhere.toml"], "nowhere.toml: no such file"),
    ],
)
def test_what_cannot_be_computed_gets_one_message(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
):
    assert reference(*arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err + captured.out
    assert "Traceback" not in captured.err


def test_what_is_not_defined_is_null(capsys: pytest.CaptureFixture[str]):
    narrow = asked(capsys, "fx-dealer", "--limit", 30)
    assert narrow["spreads_at_flat"][0][5] is None  # nobody can trade 50 MEUR within 30
    assert narrow["spreads_at_flat"][0][0] == pytest.approx(0.55, abs=0.02)
    assert asked(capsys, "closed-form-skew", "--limit", 20)["inventories"][0] == -20.0
    idle = asked(capsys, "fx-dealer", "--lam-scale", 1e-9)
    assert idle["turnover"] < 1e-3
    assert reference("fx-dealer", "--lam-scale", 1e-9) == 0
