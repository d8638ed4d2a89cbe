"""The terms of investors' rewards, and their weighted sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catallaxy.market.dealer.investors.group import RewardTerms
from catallaxy.market.dealer.investors.reward import InvestorPay
from catallaxy.market.dealer.investors.type import InvestorType
from catallaxy.market.dealer.rewards import InventoryPnl, QuantityTarget, SpreadRevenue, StepRisk


def test_each_term_answers_to_what_concerns_it() -> None:
    for term, able, traded, held in (
        (SpreadRevenue(), 0.0, -0.6, 0.0),
        (InventoryPnl(), 0.0, 0.0, -4.0),
        (StepRisk(), 0.0, 0.0, -4.0),
    ):
        assert (term.could_trade(1.0), term.traded(-2.0, -0.6), term.held(-4.0)) == pytest.approx((able, traded, held))


@given(
    st.floats(0.0, 0.6),
    st.floats(0.0, 0.4),
    st.lists(st.sampled_from((0.0, 1.0, -1.0, 0.5, -2.0)), min_size=1, max_size=60),
)
def test_the_quantity_target_earns_minus_the_distance_from_the_target_times_the_volume(
    buy: float, sell: float, trades: list[float]
) -> None:
    term = QuantityTarget(buy, sell)
    earned = 0.0
    for quantity in trades:
        earned += term.could_trade(2.0)
        if quantity:
            earned += term.traded(quantity, -0.1)
    volume = 2.0 * len(trades)
    bought, sold = (sum(max(side * x, 0.0) for x in trades) for side in (1.0, -1.0))
    assert term.fractions == pytest.approx((bought / volume, sold / volume))
    assert earned == pytest.approx(-volume * (abs(bought / volume - buy) + abs(sold / volume - sell)))


def test_the_reward_is_w_times_profit_and_loss_with_risk_and_one_less_w_times_flow() -> None:
    """R = w (dPnL - g |dPnL of the inventory|) + (1 - w) Flow."""
    amounts: list[float] = []
    kind = InvestorType(1.0, 0.25, 0.75, 0.25, risk_aversion=0.4)
    reward = InvestorPay(kind, RewardTerms(quantity_target=8.0), amounts.append)
    reward.decided(1.0)
    reward.traded(1.0, 0.2)
    reward.held(-3.0)
    assert reward.earned == pytest.approx(
        {"execution_cost": -0.2, "inventory_pnl": -3.0, "risk": -3.0, "quantity_target": -0.5}
    )
    assert reward.total == pytest.approx(sum(amounts))
    assert reward.total == pytest.approx(0.25 * (-0.2 - 3.0 - 0.4 * 3.0) + 0.75 * 8.0 * -0.5)


def test_a_factor_of_zero_leaves_a_term_out() -> None:
    reward = InvestorPay(InvestorType(1.0, 1.0, 0.5, 0.5), RewardTerms(execution_cost=0.0), lambda _: None)
    reward.traded(5.0, 0.2)
    reward.held(2.0)
    assert reward.total == pytest.approx(2.0)
