"""The investor's best timing: never on a martingale price, by thresholds on a mean-reverting one."""

import attrs
import numpy as np
import pytest

from catallaxy.market.reference.investor_timing import InvestorTiming, simulate, solve

REVERTING = InvestorTiming(horizon=60.0, interval=2.0, rate=0.05, volatility=1.3, cost=0.3, limit=8)


@pytest.fixture(scope="module")
def rule():
    return solve(REVERTING)


def test_on_a_martingale_price_it_is_best_never_to_trade() -> None:
    for pace in ("regular", "poisson"):
        rule = solve(attrs.evolve(REVERTING, rate=0.0, pace=pace))
        flat = REVERTING.limit
        assert not rule.trades[:, :, flat].any()
        assert rule.profit() == 0.0
        # What is held already costs nothing to hold, and something to get rid of.
        inside = np.abs(rule.prices) < 0.8 * rule.prices[-1]
        assert not rule.trades[:, inside].any()


def test_a_risk_averse_investor_gets_rid_of_what_it_holds_on_a_martingale_price() -> None:
    rule = solve(attrs.evolve(REVERTING, rate=0.0, risk_aversion=0.5))
    assert rule.lots(2.0, 0.0, 3.0) == -1
    assert rule.lots(2.0, 0.0, -3.0) == 1
    assert rule.lots(2.0, 0.0, 0.0) == 0


def test_on_a_mean_reverting_price_the_rule_is_a_threshold(rule) -> None:
    """Buy at all prices below one, sell at all above another: at every time and inventory."""
    for table in rule.trades:
        assert (np.diff(table, axis=0) <= 0).all()


def test_thresholds_mirror_each_other_and_rise_with_cost(rule) -> None:
    buy, sell = rule.thresholds(30.0)
    assert buy[:-1] == pytest.approx(-sell[::-1][:-1])
    flat = REVERTING.limit
    assert buy[flat] < 0.0 < sell[flat]
    dear = solve(attrs.evolve(REVERTING, cost=1.0)).thresholds(30.0)
    assert dear[1][flat] > sell[flat]


def test_a_lot_is_worth_buying_only_if_the_price_is_expected_to_return_by_more_than_it_costs(rule) -> None:
    """Just before the close there is no other chance: buy iff -x (1 - e^(-rate D)) > c."""
    buy, _ = rule.thresholds(58.0)
    last = -REVERTING.cost / (1.0 - np.exp(-REVERTING.rate * 2.0))
    assert buy[REVERTING.limit] == pytest.approx(last, abs=rule.prices[1] - rule.prices[0])


def test_thresholds_do_not_depend_on_the_inventory_where_no_limit_is_near() -> None:
    """Without risk aversion lots are worth the same whoever holds them."""
    rule = solve(attrs.evolve(REVERTING, horizon=10.0))
    buy, _ = rule.thresholds(2.0)
    assert np.ptp(buy[4:12]) == 0.0


@pytest.mark.parametrize(
    "changes", [{}, {"pace": "poisson"}, {"risk_aversion": 0.2}, {"cost": 0.0, "limit": 2}, {"rate": 0.0}]
)
def test_the_expected_profit_is_what_simulation_gives(changes: dict) -> None:
    rule = solve(attrs.evolve(REVERTING, **changes))
    played = simulate(rule, np.random.default_rng(5), 20_000)
    if changes.get("rate") == 0.0:
        assert played.mean == 0.0
    else:
        assert abs(played.deviation(rule.profit())) < 3.0
        assert played.mean > 5.0 * played.error


def test_no_other_threshold_rule_does_better(rule) -> None:
    """Rules that trade a little sooner, or later, earn no more on the same paths."""
    best = simulate(rule, np.random.default_rng(6), 20_000)
    for shift in (3, 8):
        for side in (1, -1):
            moved = np.roll(rule.trades, side * shift, axis=1)
            flat = attrs.evolve(rule, trades=np.where(rule.prices[None, :, None] < 0, moved, rule.trades))
            other = simulate(flat, np.random.default_rng(6), 20_000)
            assert other.mean < best.mean + best.error


def test_finer_grids_change_little(monkeypatch: pytest.MonkeyPatch, rule) -> None:
    monkeypatch.setattr("catallaxy.market.reference.investor_timing._POINTS", 481)
    assert solve(REVERTING).profit() == pytest.approx(rule.profit(), rel=2e-3)
    monkeypatch.setattr("catallaxy.market.reference.investor_timing._FINEST", 16)
    coarse = solve(attrs.evolve(REVERTING, pace="poisson")).profit()
    assert coarse == pytest.approx(rule.profit(), rel=0.1)


def test_risk_aversion_needs_regular_decisions() -> None:
    with pytest.raises(ValueError, match="Poisson"):
        attrs.evolve(REVERTING, pace="poisson", risk_aversion=0.1)
