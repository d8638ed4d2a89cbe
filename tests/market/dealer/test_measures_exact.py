"""Measures of a log held against what is known exactly: a dealer who plays the optimum of the HJB equation."""

from pathlib import Path

import pytest

from catallaxy.engine import EventLog, StreamReader
from catallaxy.market.dealer import DealerScenario, Decisions, ExchangeCosts, MakerGroup, Session, build
from catallaxy.market.dealer import measures as dealer
from catallaxy.market.dealer.policies.optimal import Optimal, fx_dealer
from catallaxy.market.dealer.scenario import Latencies
from catallaxy.market.measures import summarise
from catallaxy.market.reference.fx_solver import solve

HORIZON = 480.0
GAMMA = 2e-3
SCENARIO = DealerScenario(
    makers=(MakerGroup("dealer", 1, GAMMA, 1.0, inventory_limit=250.0),),
    session=Session(horizon=HORIZON, tick=0.1, terminal=False),
    decisions=Decisions(
        interval=0.5,
        pace="trades",
        quotes="full-ladder",
        streaming=True,
        hedging="rate",
        max_hedge_rate=2.0,
        hedge_slice=0.05,
        max_half_spread=3.0,
        max_skew=3.0,
    ),
    exchange=ExchangeCosts(impact=5e-3, lot=0.01),
    latency=Latencies(1e-5, 1e-5),
)


def test_a_dealer_who_plays_the_optimum_is_measured_to_be_worth_what_the_hjb_equation_says(tmp_path: Path) -> None:
    with EventLog(tmp_path / "run", seed=5) as log:
        for episode in range(6):
            build(SCENARIO, 5, episode, Optimal()).run(SCENARIO.duration, log)

    def events(name: str):
        return StreamReader(tmp_path / "run" / "events" / f"{name}.arrows").read()

    exact, day = solve(fx_dealer(SCENARIO, GAMMA), 1.0).measures, HORIZON / 1440.0
    expected = {
        "objective": exact.objective * day,
        "spread_revenue": exact.revenue * day,
        "hedging_cost": exact.hedging_cost * day,
        "impact": exact.impact_gain * day,
        "risk_cost": exact.risk_cost * day,
        "turnover": exact.turnover,
        "hedged": exact.hedged,
        "internalisation": exact.internalisation,
        "risk_neutralisation_time": exact.risk_neutralisation_time,
        "holding_time": exact.holding_time,
    }
    rows = [*summarise(dealer.from_log(events), ()).to_pylist(), *summarise(dealer.inventory(events), ()).to_pylist()]
    found = {row["measure"]: row for row in rows}  # `hedged` is that of `inventory`: a day
    for name, value in expected.items():
        reach = 1.5 * (found[name]["high"] - found[name]["mean"])  # three standard errors or more
        assert found[name]["mean"] == pytest.approx(value, abs=reach), name
    assert found["turnover"]["high"] - found["turnover"]["low"] < 0.1 * exact.turnover
