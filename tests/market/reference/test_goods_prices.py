"""Prices: the logit oligopoly against its first-order conditions and simulated choices; Bertrand by brute force."""

import numpy as np
import pytest

from catallaxy.market.goods import BaseStock, CustomerGroup, Decisions, GoodsScenario, PriceTaker, Session, ShopGroup
from catallaxy.market.goods.evaluation import column, evaluate
from catallaxy.market.reference.goods_prices import Bertrand, LogitMarket, Segment


@pytest.mark.parametrize("shops", [1, 2, 3, 5])
def test_nash_prices_satisfy_the_first_order_condition(shops: int) -> None:
    """Margin over cost: mu / (1 - s)."""
    market = LogitMarket.symmetric(shops, value=8.0, cost=4.0, scale=0.8)
    prices = market.nash()
    assert prices == pytest.approx(4.0 + 0.8 / (1.0 - market.demand(prices)), abs=1e-5)
    assert market.exploitability(prices) == pytest.approx(0.0, abs=1e-9)
    assert (market.exploitability(prices * 1.03) > 1e-4).all()


def test_competition_lowers_prices_and_one_owner_raises_them() -> None:
    markups = []
    for shops in (1, 2, 3, 5):
        market = LogitMarket.symmetric(shops, 8.0, 4.0, 0.8)
        markups.append(market.nash()[0])
        joint = market.joint_optimum()
        nothing = 1.0 - market.demand(joint).sum()
        assert joint == pytest.approx(np.full(shops, 4.0 + 0.8 / nothing), abs=1e-4)
    assert markups == sorted(markups, reverse=True)


def test_shops_whose_customers_know_fewer_rivals_charge_more() -> None:
    """A knows both groups of customers, B only the first: B's customers can all go to A."""
    market = LogitMarket([Segment(1.0, [8.0, 8.0]), Segment(1.0, [8.0, -np.inf])], [4.0, 4.0], 1.5)
    a, b = market.nash()
    assert a > b + 0.05
    for shop in (0, 1):
        prices = np.array([a, b])
        around = []
        for step in (-0.01, 0.0, 0.01):
            prices[shop] = (a, b)[shop] + step
            around.append(market.profits(prices)[shop])
        assert around[1] > max(around[0], around[2])


def test_customers_in_the_market_choose_as_the_model_says() -> None:
    """Two shops, unequal prices and delivery times: shares within three standard errors."""
    scenario = GoodsScenario(
        shops=(
            ShopGroup("one", price=5.5, delivery_time=0.5, capacity=1e5, initial_stock=1e5, policy=BaseStock()),
            ShopGroup("other", price=5.0, delivery_time=2.0, capacity=1e5, initial_stock=1e5, policy=BaseStock()),
        ),
        customers=(CustomerGroup("crowd", 5, 20.0, value=6.0, time_weight=0.4, policy=PriceTaker(0.6)),),
        session=Session(20.0),
        decisions=Decisions(decides=("price",)),
    )
    table = evaluate(scenario, seed=5, episodes=6)
    market = LogitMarket([Segment(100.0, [6.0 - 0.2, 6.0 - 0.8])], [4.0, 4.0], 0.6)
    for place, name in enumerate(("one", "other")):
        sold = column(table, name, "sales") / 20.0
        error = sold.std(ddof=1) / len(sold) ** 0.5
        assert sold.mean() == pytest.approx(market.demand([5.5, 5.0])[place], abs=3.0 * error + 0.05)


def test_where_customers_choose_sharply_and_some_are_captive_there_is_no_equilibrium() -> None:
    market = LogitMarket([Segment(1.0, [8.0, 8.0]), Segment(1.0, [8.0, -np.inf])], [4.0, 4.0], 0.1)
    with pytest.raises(ArithmeticError, match="no equilibrium in pure prices"):
        market.nash()


@pytest.mark.parametrize(("cost", "tick", "shops"), [(4.0, 0.1, 2), (4.0, 0.25, 2), (3.95, 0.1, 2), (4.0, 0.1, 5)])
def test_bertrand_equilibria_are_those_that_no_single_shop_leaves(cost: float, tick: float, shops: int) -> None:
    market = Bertrand(cost, 4.0, 10.0, tick, shops)
    grid = market.grid

    def earned(own: float, others: float) -> float:
        if own > others:
            return 0.0
        return float(market.profit(own)) / (shops if own == others else 1)

    stable = [price for price in grid if earned(price, price) >= max(earned(other, price) for other in grid) - 1e-12]
    assert market.equilibria().tolist() == pytest.approx(stable)
    assert 0 < len(stable) <= 3
    assert cost - 1e-9 <= min(stable) <= max(stable) <= cost + 2.0 * tick + 1e-9


def test_the_monopoly_price_is_the_best_on_the_grid() -> None:
    market = Bertrand(4.0, 4.0, 10.0, 0.01, 1)
    assert market.grid[np.argmax(market.profit(market.grid))] == pytest.approx(market.monopoly()) == pytest.approx(7.0)
    assert Bertrand(1.0, 6.0, 8.0, 0.01).monopoly() == 6.0
