"""Shops: prices, offers, stock, restocking, rewards and what they observe."""

from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.agents import Uniform
from catallaxy.engine import World
from catallaxy.market.goods import (
    BaseStock,
    CostPlus,
    CustomerGroup,
    Decisions,
    GoodsScenario,
    PriceTaker,
    Session,
    Shop,
    ShopGroup,
    SupplierGroup,
    Undercutting,
    build,
)

from .conftest import Play
from .scenarios import MIXED, ONE_SHOP


def shop_of(world: World, name: str = "shop") -> Shop:
    shop = world.agents[name]
    assert isinstance(shop, Shop)
    return shop


def constant(*action: float) -> Any:
    return lambda agent, observation: np.array(action)


def test_a_decided_price_is_a_factor_on_the_list_price() -> None:
    """So a dearer list price makes everything dearer by as much, whoever decides, and nothing else changes."""
    base = attrs.evolve(ONE_SHOP, decisions=Decisions(decides=("price",), observes=("stock",), price_tick=0.01))
    dear = attrs.evolve(base, shops=(attrs.evolve(base.shops[0], price=6.6),))
    worlds = [build(one, 3, 0, {"shops": constant(1.15)}) for one in (base, dear)]
    for world, scenario in zip(worlds, (base, dear), strict=True):
        world.run(scenario.duration)
    one, other = (shop_of(world) for world in worlds)
    assert (one.price, other.price) == (6.9, 7.59)
    assert one.features == other.features


@pytest.mark.parametrize(
    ("policy", "price"),
    [(CostPlus(0.5), 6.0), (CostPlus(2.0), 9.6), (BaseStock(), 6.0), (Undercutting(0.3), 6.0), (lambda *_: [0.7], 4.2)],
)
def test_scripted_prices(policy: Any, price: float) -> None:
    """Cost 4, list price 6, factors between 0.6 and 1.6; who sees no rival has nobody to undercut."""
    scenario = attrs.evolve(ONE_SHOP, decisions=Decisions(decides=("price",), observes=("stock",)))
    world = build(scenario, 3, 0, {"shop": policy})
    world.run(5.0)
    assert shop_of(world).price == pytest.approx(price)


def test_undercutting_shops_go_down_to_their_margin() -> None:
    scenario = GoodsScenario(
        shops=(
            ShopGroup("A", price=6.0, policy=Undercutting(0.1, margin=0.05)),
            ShopGroup("B", price=6.0, cost=4.5, policy=Undercutting(0.1)),
        ),
        customers=(CustomerGroup("c", policy=PriceTaker()),),
        session=Session(60.0),
        decisions=Decisions(lowest_price=0.5),
    )
    world = build(scenario, 1)
    prices = []
    for day in range(1, 61):
        world.run(float(day))
        prices.append((shop_of(world, "A").price, shop_of(world, "B").price))
    assert prices[-1] == pytest.approx((4.4, 4.5))
    assert prices[2] > prices[-1]


def test_prices_lie_on_their_grid(play: Play) -> None:
    scenario = attrs.evolve(MIXED, decisions=Decisions(price_tick=0.25))
    prices = [row["price"] for row in play(scenario, seed=4).rows("plans", "price_tags", "offers")]
    assert {round(price / 0.25, 9) % 1.0 for price in prices} == {0.0}


def test_orders_go_up_to_the_level_and_arrive_after_the_lead_time(play: Play) -> None:
    """(s, S) = (4, 12), reviewed every day; the lead time is half a day."""
    played = play(ONE_SHOP, {"shop": BaseStock(12.0, 4.0)}, seed=5)
    orders, shipments = played.rows("restock_orders"), played.rows("shipments")
    plans = played.rows("plans")
    assert {row["position"] for row in plans if row["ordered"]} <= set(range(5))
    assert all(row["position"] > 4 for row in plans if not row["ordered"])
    assert all(row["position"] + row["ordered"] == 12 for row in plans if row["ordered"])
    assert [row["quantity"] for row in orders] == [row["quantity"] for row in shipments]
    for order, shipment in zip(orders, shipments, strict=True):
        assert shipment["time"] == pytest.approx(order["time"] + order["latency"] + 0.5)
        assert (shipment["price"], shipment["freight"]) == (order["price"], order["freight"])


def test_decided_levels_are_parts_of_the_capacity(play: Play) -> None:
    scenario = attrs.evolve(
        ONE_SHOP,
        shops=(attrs.evolve(ONE_SHOP.shops[0], capacity=30.0),),
        decisions=attrs.evolve(ONE_SHOP.decisions, decides=("reorder_level", "order_up_to")),
    )
    played = play(scenario, {"shops": constant(0.2, 0.5)}, seed=5)
    assert {(row["reorder_level"], row["order_up_to"]) for row in played.rows("plans")} == {(6.0, 15.0)}


def test_the_reward_is_revenue_less_purchases_storage_and_shortfall() -> None:
    """w1 revenue - purchases - w2 storage - w3 shortfall, summed over an undiscounted episode."""
    shop = ShopGroup(
        "shop", price=6.0, revenue_weight=0.9, storage_weight=2.0, storage_cost=0.05, shortfall_weight=0.7,
        order_cost=1.5, order_up_to=9.0, initial_stock=5.0,
    )  # fmt: skip
    scenario = attrs.evolve(ONE_SHOP, shops=(shop,), decisions=attrs.evolve(ONE_SHOP.decisions, discount_rate=0.0))
    world = build(scenario, 6)
    earned, started = 0.0, False
    while questions := world.advance(scenario.duration):
        for question in questions:
            earned += question.reward  # type: ignore[attr-defined]
            question.answer(np.array([9.0 / 40.0]))
            started = True
    agent = shop_of(world)
    tally = agent.tally
    assert started
    assert tally.shortfall > 10
    assert earned + agent.outcome()[0] == pytest.approx(tally.objective)
    parts = 0.9 * tally.revenue - (4.0 * tally.sold + 1.5 * tally.orders) - 2.0 * 0.05 * tally.stock_days
    assert tally.objective == pytest.approx(parts - 0.7 * tally.shortfall)


def test_a_terminal_close_ends_the_problem_and_writes_off_what_is_left() -> None:
    shop = attrs.evolve(ONE_SHOP.shops[0], salvage=0.0, initial_stock=20.0, storage_cost=0.0, shortfall_weight=0.0)
    scenario = attrs.evolve(
        ONE_SHOP,
        shops=(shop,),
        session=Session(1.0, terminal=True),
        decisions=attrs.evolve(ONE_SHOP.decisions, discount_rate=0.0),
    )
    world = build(scenario, 7)
    (question,) = world.advance(scenario.duration)
    assert question.observation[:3] == (0.5, 0.5, 1.0)  # type: ignore[attr-defined]
    question.answer(np.array([0.0]))
    assert world.advance(scenario.duration) == []
    agent = shop_of(world)
    assert agent.terminated
    sold = agent.tally.sold
    assert 0 < sold < 20
    assert agent.outcome()[0] == pytest.approx(2.0 * sold - 4.0 * (20 - sold))


def test_shops_see_their_stock_their_demand_their_reach_and_their_rivals() -> None:
    scenario = attrs.evolve(MIXED, decisions=Decisions(observes=("stock", "demand", "reach", "rivals")))
    seen: dict[str, list[Any]] = {}

    def watch(agent: Any, observation: Any) -> Any:
        seen.setdefault(agent.name, []).append((observation, agent.stock, agent.position))
        return agent.action(agent.list_price)

    world = build(scenario, 8, 0, dict.fromkeys(("X", "Y", "corner"), watch))
    world.run(scenario.duration)
    for name, rows in seen.items():
        shop = shop_of(world, name)
        links = len(world.agents[name].neighbours()) - 3 - 2
        for row, stock, position in rows:
            assert row[:2] == [stock / shop.room, position / shop.room]
            assert row[5] == links / 7
            assert row[6] <= row[7]
        asked, sold, others = np.mean([row[2:5] for row, *_ in rows[len(rows) // 2 :]], axis=0)
        assert 0.5 < asked < 4.0
        assert 0.0 <= sold <= 1.0
        assert 0.0 <= others <= 3.0


def test_recent_demand_is_unbiased_from_the_beginning() -> None:
    rates = []
    for episode in range(60):
        world = build(attrs.evolve(ONE_SHOP, session=Session(3.0)), 9, episode, {"shop": BaseStock(40.0)})
        world.run(2.0)
        rates.append(shop_of(world).demand.summary(2.0)[0])
    assert np.mean(rates) == pytest.approx(10.0, abs=3.0 * np.std(rates) / 60**0.5)


def test_types_are_drawn_anew_each_episode_and_told_to_the_policy() -> None:
    group = ShopGroup("s", 3, cost=Uniform(3.0, 5.0), storage_cost=Uniform(0.0, 0.2), capacity=Uniform(10, 60))
    scenario = GoodsScenario(shops=(group,), customers=(CustomerGroup("c", policy=PriceTaker()),))
    types = [shop_of(build(scenario, 1, episode), f"s_{number}").type for episode in range(3) for number in (1, 2, 3)]
    assert len({one.cost for one in types}) == 9
    assert all(3.0 <= one.cost <= 5.0 and 10.0 <= one.capacity <= 60.0 for one in types)
    assert build(scenario, 1, 1).agents["s_2"].features == types[4].features  # type: ignore[attr-defined]
    assert all(-1.0 <= feature <= 1.0 for one in types for feature in one.features)
    assert len(types[0].features) == len(types[0].feature_names)


def test_lead_times_belong_to_the_shop_that_orders(play: Play) -> None:
    """What another shop orders does not change mine."""
    slow = attrs.evolve(ONE_SHOP, suppliers=(SupplierGroup("mill", Uniform(0.2, 1.9)),))
    rival = ShopGroup("rival", price=9.5, policy=BaseStock())
    two = attrs.evolve(slow, shops=(*slow.shops, rival), sight=0.0)
    leads = []
    for scenario in (slow, two):
        played = play(scenario, {"shop": BaseStock(15.0)}, seed=10)
        mine = [row for row in played.rows("restock_orders") if row["sender"] == "shop"]
        came = [row for row in played.rows("shipments") if row["receiver"] == "shop"]
        leads.append((sorted(row["time"] for row in mine), sorted(row["time"] for row in came)))
    assert leads[0] == leads[1]
