"""The HJB equation's optimum, played on the engine, is worth what the equation says."""

import attrs
import numpy as np
import pytest

from catallaxy.market.dealer import (
    Clients,
    DealerScenario,
    Decisions,
    ExchangeCosts,
    Latencies,
    MakerGroup,
    Optimal,
    Session,
    Tier,
)
from catallaxy.market.dealer.evaluation import column, evaluate
from catallaxy.market.dealer.policies.optimal import fx_dealer
from catallaxy.market.reference.fx_solver import solve_finite_horizon

SCENARIO = DealerScenario(
    makers=(MakerGroup("dealer", 1, 2e-3, 1.0, inventory_limit=250.0),),
    session=Session(horizon=72.0, tick=4.0, terminal=False),
    decisions=Decisions(
        quotes="full-ladder", streaming=True, hedging="rate", pace="trades", interval=0.25, hedge_slice=0.05,
        max_skew=2.0, max_half_spread=3.0, max_hedge_rate=0.5,
    ),
    clients=Clients(tiers=(Tier("tier1", -0.3, 5.0, 2), Tier("tier2", -1.9, 15.0, 2))),
    exchange=ExchangeCosts(linear=0.1, rate_quadratic=0.0144, impact=5e-3, lot=1e-3),
    latency=Latencies(clients=1e-5, exchange=1e-5),
)  # fmt: skip


@pytest.mark.slow
def test_the_optimum_earns_on_the_engine_what_the_equation_says() -> None:
    """Over the paper's 0.05 days, from a flat start; the price's noise is no part of the objective."""
    dealer = attrs.evolve(fx_dealer(SCENARIO, 2e-3), horizon=0.05)
    finite = solve_finite_horizon(dealer, times=100)
    exact = float(finite.value[-1, len(finite.grid) // 2])
    sessions = 80
    table = evaluate(SCENARIO, {"dealer": Optimal()}, seed=1, episodes=sessions)
    values = column(table, "dealer_1", "objective")
    error = values.std(ddof=1) / np.sqrt(sessions)
    assert error < 0.03 * exact
    assert abs(values.mean() - exact) < 3.5 * error
