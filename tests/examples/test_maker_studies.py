"""The makers' studies run from end to end, small; what they find is checked where it is cheap to be sure of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.config import load
from catallaxy.market.dealer import ClosedFormSkew, FromFile, MarketMaker, build
from catallaxy.market.dealer.policies.optimal import fx_dealer
from catallaxy.market.reference.fx_dealer import evaluate
from catallaxy.market.reference.fx_simulation import simulate
from catallaxy.market.reference.fx_solver import solve

from .conftest import EXAMPLES, study_module


def test_the_luck_of_a_maker_is_that_of_simulated_ones() -> None:
    study_module("maker_skew")
    import resolution

    scenario = load(EXAMPLES / "maker_skew" / "scenario.toml").scenario
    dealer = fx_dealer(scenario, 4e-3, 1.0, hedging="none")
    best = solve(dealer)
    paths, days = 1500, 0.4
    seen = simulate(dealer, best.policy, np.random.default_rng(0), paths=paths, days=days, burn_in=0.1).objective
    deviation = seen.error * np.sqrt(paths * days)  # of what is earned in a square root of a day
    luck = resolution.luck(dealer, best.policy, evaluate(dealer, best.policy))
    assert luck == pytest.approx(deviation, rel=0.08)  # a deviation of 1500 is known to 2 %, the window's ends add some


def test_a_slope_that_costs_little_takes_long_to_tell() -> None:
    study_module("maker_skew")
    import resolution

    dealer = fx_dealer(load(EXAMPLES / "maker_skew" / "scenario.toml").scenario, 4e-3, 1.0, hedging="none")
    policy = solve(dealer).policy
    (small, long), (large, short) = (resolution.minutes_to_tell(dealer, policy, by) for by in (1e-3, 4e-3))
    assert 0.0 < small < large
    assert long > 50.0 * short, "time goes with the fourth power of the slope's error near the optimum"


@pytest.mark.parametrize("name", ["fx_dealer", "maker_skew", "competition"])
def test_their_scenarios_can_be_read_and_built(name: str) -> None:
    scenario = load(EXAMPLES / name / "scenario.toml").scenario
    world = build(scenario, 0)
    makers = [agent for agent in world.agents.values() if isinstance(agent, MarketMaker)]
    assert makers
    assert all(maker.policy is None for maker in makers)


def test_the_fx_dealers_scenario_is_the_papers_market() -> None:
    dealer = fx_dealer(load(EXAMPLES / "fx_dealer" / "scenario.toml").scenario, 2e-3)
    assert dealer.rates == pytest.approx((720.0, 450.0, 342.0, 180.0, 90.0, 18.0))
    numbers = (dealer.sigma, dealer.impact, dealer.hedge_quadratic, dealer.hedge_linear, dealer.limit)
    assert numbers == pytest.approx((50.0, 5e-3, 1e-5, 0.1, 250.0))


def test_the_zone_of_internalisation_moves_as_the_paper_says() -> None:
    study = study_module("fx_dealer")
    dealer = fx_dealer(load(EXAMPLES / "fx_dealer" / "scenario.toml").scenario, 2e-3)

    class Page:
        def say(self, text: str) -> None:
            pass

        def table(self, head: Any, rows: Any) -> None:
            self.rows = rows

    page = Page()
    zones = study.directions(page, dealer)
    assert [row[-1] for row in page.rows] == ["wider", "wider", "wider", "narrower", "narrower"]
    assert all(np.all(np.diff(found) > 0) or np.all(np.diff(found) < 0) for found in zones.values())


def test_slopes_of_optimum_and_closed_form_agree_where_the_expansion_holds() -> None:
    """Where risk is cheap and flow plentiful theta is nearly quadratic."""
    study = study_module("maker_skew")
    scenario = load(EXAMPLES / "maker_skew" / "scenario.toml").scenario
    dealer = fx_dealer(scenario, 1e-4, 1.0, hedging="none")
    closed = ClosedFormSkew().slope(scenario, 1e-4, 1.0)
    assert study.slope(dealer, solve(dealer).policy) == pytest.approx(closed, rel=0.1)


def test_a_maker_of_the_users_takes_under_thirty_lines() -> None:
    file = EXAMPLES / "competition" / "undercut.py"
    assert len(file.read_text().splitlines()) < 30
    scenario = load(EXAMPLES / "competition" / "scenario.toml").scenario
    group = attrs.evolve(scenario.makers[0], policy=FromFile(f"{file}:Undercut"))
    world = build(attrs.evolve(scenario, makers=(group,)), 1)
    world.run(scenario.duration)
    assert all(agent.tally.trades for agent in world.agents.values() if isinstance(agent, MarketMaker))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fx_dealer", "maker_skew", "competition"])
def test_a_study_writes_its_page_numbers_and_figure(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_module(name)
    small = {
        "fx_dealer": {"decisions": 2_000, "seeds": 2, "sessions": 2},
        "maker_skew": {"alone": 2_000, "competing": 2_000, "seeds": 1, "sessions": 2},
        "competition": {"settings": ((1, 1.0), (2, 0.5)), "decisions": 1_000, "response": 1_000, "sessions": 2},
    }[name]
    monkeypatch.setattr(study, "QUICK", attrs.evolve(study.QUICK, **small))
    own = {"maker": str(EXAMPLES / name / "undercut.py:Undercut")} if name == "competition" else {}
    study.study_module(out=tmp_path, quick=True, **own)
    page = (tmp_path / "results.md").read_text()
    assert "conserved to the last unit" in page
    assert "the quick variant" in page
    assert (tmp_path / f"{name}.png").is_file()
    assert json.loads((tmp_path / "results.json").read_text())["cpu_seconds"] > 0.0
    if own:
        assert "Undercut` in the place of one of the makers" in page
