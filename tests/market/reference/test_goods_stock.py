"""Stock: the critical fractile, and dynamic programming against simulation, brute force and closed forms."""

from itertools import product

import attrs
import numpy as np
import pytest
from scipy import stats

from catallaxy.market.goods import BaseStock, CustomerGroup, Decisions, GoodsScenario, PriceTaker, Session, ShopGroup
from catallaxy.market.goods import SupplierGroup as Supplier
from catallaxy.market.goods.evaluation import column, evaluate
from catallaxy.market.reference.goods_stock import Newsvendor, StockProblem, poisson

SHOP = StockProblem(demand=5.0, margin=2.0, storage=0.3, shortfall=1.0, capacity=24, lead_time=0.5)


def market(problem: StockProblem, days: float) -> GoodsScenario:
    """The same shop in the goods market."""
    return GoodsScenario(
        shops=(
            ShopGroup(
                "shop", price=4.0 + problem.margin, cost=4.0, storage_cost=problem.storage, capacity=problem.capacity,
                shortfall_weight=problem.shortfall, order_cost=problem.order_cost, initial_stock=10.0,
            ),
        ),
        customers=(CustomerGroup("crowd", 1, problem.demand, value=9.0, policy=PriceTaker()),),
        suppliers=(Supplier("mill", problem.lead_time),),
        session=Session(days),
        decisions=Decisions(problem.interval, "regular", ("order_up_to", "reorder_level"), observes=("stock",)),
    )  # fmt: skip


def test_poisson_probabilities_are_poissons() -> None:
    for mean in (0.0, 0.3, 7.0, 80.0):
        assert poisson(mean, 60) == pytest.approx(stats.poisson.pmf(np.arange(61), mean), abs=1e-14)


@pytest.mark.parametrize(("demand", "underage", "overage"), [*product((0.7, 10.0, 60.0), (0.5, 2.0, 9.0), (1.0, 4.0))])
def test_the_newsvendor_orders_the_critical_fractile(demand: float, underage: float, overage: float) -> None:
    shop = Newsvendor(demand, underage, overage)
    assert shop.quantity == stats.poisson.ppf(underage / (underage + overage), demand)
    costs = [shop.cost(quantity) for quantity in range(120)]
    assert costs[shop.quantity] == pytest.approx(min(costs))


def test_the_newsvendors_cost_is_its_mean_over_simulated_days() -> None:
    shop = Newsvendor(10.0, 2.0, 4.0)
    demand = np.random.default_rng(1).poisson(10.0, 400_000)
    for quantity in (6, 9, 14):
        cost = 2.0 * np.maximum(demand - quantity, 0) + 4.0 * np.maximum(quantity - demand, 0)
        assert shop.cost(quantity) == pytest.approx(cost.mean(), abs=4.0 * cost.std() / len(demand) ** 0.5)


def test_selling_from_stock_agrees_with_its_simulation() -> None:
    rng = np.random.default_rng(2)
    span = SHOP.span(0.7)
    times = np.cumsum(rng.exponential(0.2, (40_000, 40)), axis=1)
    for stock in (0, 3, 8):
        sold = np.minimum((times < 0.7).sum(axis=1), stock)
        days = np.minimum(times[:, :stock], 0.7).sum(axis=1)  # each unit stays until it is sold
        missed = (times < 0.7).sum(axis=1) - sold
        reward = 2.0 * sold - 0.3 * days - 1.0 * missed
        assert span.reward[stock] == pytest.approx(reward.mean(), abs=4.0 * reward.std() / 200.0)
        left = np.bincount(stock - sold, minlength=25) / len(sold)
        assert span.moves[stock] == pytest.approx(left, abs=0.012)


@pytest.mark.parametrize("lead_time", [0.0, 0.5, 1.0, 1.4])
@pytest.mark.parametrize("order_cost", [0.0, 3.0])
def test_the_optimum_is_no_worse_than_any_simple_rule_and_earns_what_it_promises(
    lead_time: float, order_cost: float
) -> None:
    problem = attrs.evolve(SHOP, demand=2.0, capacity=9, lead_time=lead_time, order_cost=order_cost)
    best = problem.solve()
    assert problem.rate(best.orders) == pytest.approx(best.rate, rel=1e-7)
    _, base = problem.best_base_stock()
    *_, reorder = problem.best_reorder()
    assert best.rate >= reorder - 1e-9 >= base - 2e-9
    changed = best.orders.copy()
    for place in ((2,) * best.orders.ndim, (0,) * best.orders.ndim):
        changed[place] += 2
        assert problem.rate(changed) <= best.rate + 1e-9


def test_without_lead_time_the_optimum_is_a_base_stock_rule() -> None:
    """Then the stock after ordering is all that counts: order up to S from wherever one stands."""
    problem = attrs.evolve(SHOP, lead_time=0.0)
    best, (level, rate) = problem.solve(), problem.best_base_stock()
    assert rate == pytest.approx(best.rate)
    assert best.orders.tolist() == problem.reorder(level).tolist()


def test_with_a_cost_of_ordering_and_no_lead_time_the_optimum_is_an_s_S_rule() -> None:
    """Scarf (1960)."""
    problem = attrs.evolve(SHOP, lead_time=0.0, order_cost=5.0, capacity=30)
    level, up_to, rate = problem.best_reorder()
    best = problem.solve()
    assert rate == pytest.approx(best.rate)
    assert best.orders.tolist() == problem.reorder(up_to, level).tolist()
    assert level < up_to - 1


@pytest.mark.parametrize(
    ("lead_time", "order_cost", "level", "up_to"), [(0.5, 0.0, 24, 11), (0.5, 5.0, 6, 18), (1.4, 0.0, 24, 14)]
)
def test_a_shop_in_the_market_earns_what_the_model_says(
    lead_time: float, order_cost: float, level: int, up_to: int
) -> None:
    problem = attrs.evolve(SHOP, lead_time=lead_time, order_cost=order_cost)
    scenario = market(problem, 200.0)
    table = evaluate(scenario, {"shop": BaseStock(up_to, level)}, seed=3, episodes=12)
    rates = column(table, "shop", "objective") / 200.0
    exact = problem.rate(problem.reorder(up_to, level))
    assert rates.mean() == pytest.approx(exact, abs=3.0 * rates.std(ddof=1) / len(rates) ** 0.5 + 0.02)


def test_lead_times_of_two_intervals_are_refused() -> None:
    with pytest.raises(ValueError, match="less than two intervals"):
        attrs.evolve(SHOP, lead_time=2.0)
