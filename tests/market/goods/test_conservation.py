"""Nothing is lost or made: goods and money add up to the last unit, in the agents' books and in the log."""

from collections import Counter
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from catallaxy.agents import Constant, Uniform
from catallaxy.engine import World
from catallaxy.market.goods import (
    Account,
    BaseStock,
    Customer,
    CustomerGroup,
    GoodsScenario,
    PriceTaker,
    Session,
    Shop,
    ShopGroup,
    SupplierGroup,
    build,
)

from .conftest import Play
from .scenarios import MIXED


def accounts(world: World) -> dict[str, Account]:
    return {name: agent.account for name, agent in world.agents.items()}  # type: ignore[attr-defined]


def totals(world: World) -> tuple[int, int]:
    books = accounts(world).values()
    return sum(one.inventory for one in books), sum(one.cash for one in books)


@pytest.mark.parametrize("episode", range(3))
def test_goods_and_money_are_conserved_across_all_agents(episode: int) -> None:
    world = build(MIXED, 11, episode)
    opening = totals(world)
    world.run(MIXED.duration)
    assert totals(world) == opening
    assert sum(1 for one in accounts(world).values() if one.cash) > 8


def test_goods_and_money_are_conserved_in_the_log(play: Play) -> None:
    """Opening plus deliveries, shipments and rents is closing for each agent, to the last 10^-9 EUR."""
    played = play(MIXED, seed=12)
    books: dict[str, list[int]] = {}
    closing: dict[str, list[int]] = {}
    for row in played.rows("books"):
        entry = [row["goods"], row["euros"] * 10**9 + row["nanos"]]
        (closing if row["closing"] else books)[row["agent"]] = entry
    assert books.keys() == closing.keys() == played.world.agents.keys()
    assert [sum(column) for column in zip(*books.values(), strict=True)] == [
        sum(column) for column in zip(*closing.values(), strict=True)
    ]
    for row in played.rows("deliveries", "shipments", "rents"):
        quantity, price = row.get("quantity", 0), row.get("price", 0.0)
        paid = quantity * round(price * 1e9) + round(row.get("freight", row.get("amount", 0.0)) * 1e9)
        payer, paid_to = (row["sender"], row["receiver"]) if "amount" in row else (row["receiver"], row["sender"])
        books[payer][0] += quantity
        books[paid_to][0] -= quantity
        books[payer][1] -= paid
        books[paid_to][1] += paid
    assert books == closing


def test_orders_confirmations_deliveries_and_stock_outs_add_up(play: Play) -> None:
    """Every enquiry and order is answered once; what is confirmed is delivered, in its time and at its price."""
    played = play(MIXED, seed=13)
    enquiries, orders = played.rows("enquiries"), played.rows("orders")
    offers, sold_out, confirmed = played.rows("offers"), played.rows("sold_outs"), played.rows("confirmations")
    answered = Counter(row["in_reply_to"] for row in [*offers, *sold_out, *confirmed])
    asked = {row["sequence"] for row in [*enquiries, *orders]}
    assert set(answered) == asked
    assert set(answered.values()) == {1}
    assert {row["in_reply_to"] for row in offers} <= {row["sequence"] for row in enquiries}
    assert {row["in_reply_to"] for row in confirmed} <= {row["sequence"] for row in orders}
    assert {row["reason"] for row in sold_out} == {"stock", "closed"}
    refused_orders = {row["in_reply_to"] for row in sold_out} & {row["sequence"] for row in orders}
    assert len(orders) == len(confirmed) + len(refused_orders)
    assert refused_orders, "slow messages must lead to orders that come too late"

    def keys(rows: list[dict[str, Any]], times: list[float]) -> list[tuple[Any, ...]]:
        return sorted(
            (row["sender"], row["receiver"], row["quantity"], row["price"], round(time, 9))
            for row, time in zip(rows, times, strict=True)
        )

    delivered = played.rows("deliveries")
    due = keys(confirmed, [row["time"] + row["delivery_time"] for row in confirmed])
    assert keys(delivered, [row["time"] for row in delivered]) == due
    purchases = Counter((row["agent"], row["shop"]) for row in played.rows("purchases"))
    assert purchases == Counter((row["receiver"], row["sender"]) for row in confirmed)
    restocked = Counter((row["sender"], row["quantity"]) for row in played.rows("restock_orders"))
    assert restocked == Counter((row["receiver"], row["quantity"]) for row in played.rows("shipments"))


def test_everything_started_before_the_close_comes_to_its_end(play: Play) -> None:
    played = play(MIXED, seed=14)
    horizon = MIXED.session.horizon
    started = played.rows("enquiries", "orders", "confirmations", "restock_orders")
    assert max(row["time"] for row in started) < horizon
    ended = played.rows("deliveries", "shipments", "rents")
    assert max(row["time"] for row in ended) > horizon
    assert max(row["time"] + row["latency"] for row in ended) < MIXED.duration - 1e-6
    assert all(shop.outstanding == 0 for shop in played.world.agents.values() if hasattr(shop, "outstanding"))


@given(
    seed=some.integers(0, 10**6),
    stock=some.integers(0, 12),
    up_to=some.integers(0, 15),
    level=some.integers(0, 15),
    demand=some.floats(0.5, 30.0),
    quantity=some.integers(1, 4),
    lead=some.floats(0.0, 4.0),
    latency=some.floats(0.0, 0.3),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_stock_is_never_negative_and_never_beyond_the_capacity(
    seed: int, stock: int, up_to: int, level: int, demand: float, quantity: int, lead: float, latency: float
) -> None:
    scenario = GoodsScenario(
        shops=(ShopGroup("shop", initial_stock=Constant(stock), capacity=12.0, policy=BaseStock(up_to, level)),),
        customers=(CustomerGroup("crowd", 3, demand, quantity=Uniform(1, quantity), policy=PriceTaker()),),
        suppliers=(SupplierGroup("mill", Uniform(0.0, lead)),),
        session=Session(6.0),
        latency=Uniform(0.0, latency),
    )  # fmt: skip
    world = build(scenario, seed)
    shop: Any = world.agents["shop"]
    opening, seen = totals(world), []
    while world.peek < scenario.duration:
        world.step()
        seen.append((shop.stock, shop.position))
    assert min(stock for stock, _ in seen) >= 0
    assert max(position for _, position in seen) <= 12
    assert totals(world) == opening
    assert shop.account.inventory == shop.stock
    assert shop.tally.stock == shop.stock


def test_profit_is_what_the_account_gains() -> None:
    """Revenue less purchases and storage is money plus stock at cost at the end, less the same at the opening (0)."""
    for episode in range(3):
        world = build(MIXED, 15, episode)
        world.run(MIXED.duration)
        for name in ("X", "Y", "corner_1", "corner_2"):
            shop: Any = world.agents[name]
            gained = shop.account.money + shop.account.inventory * shop.cost
            assert gained == pytest.approx(shop.tally.profit, abs=1e-6)
            assert shop.tally.sold > 0


def test_what_is_left_at_a_terminal_close_is_written_off() -> None:
    ended = attrs.evolve(
        MIXED,
        session=Session(10.0, terminal=True),
        shops=tuple(attrs.evolve(group, salvage=0.25) for group in MIXED.shops),
    )
    world = build(ended, 16)
    world.run(ended.duration)
    for name in ("X", "Y", "corner_1", "corner_2"):
        shop: Any = world.agents[name]
        left = 0.25 * shop.cost * shop.account.inventory
        assert shop.tally.written_off == pytest.approx(3.0 * left)
        assert shop.account.money + left == pytest.approx(shop.tally.profit, abs=1e-6)
        assert shop.terminated


def test_equal_seeds_give_equal_episodes_whoever_decides() -> None:
    """Needs are the same whatever the shops ask."""
    quick = attrs.evolve(MIXED, latency=1e-4)
    dear = attrs.evolve(quick, shops=tuple(attrs.evolve(group, policy=BaseStock()) for group in quick.shops))
    needs, sales = [], []
    for scenario in (quick, dear, quick):
        world = build(scenario, 17)
        world.run(scenario.duration)
        needs.append([agent.tally.needs for agent in world.agents.values() if isinstance(agent, Customer)])
        sales.append([agent.tally.sold for agent in world.agents.values() if isinstance(agent, Shop)])
    assert needs[0] == needs[1] == needs[2]
    assert sales[0] == sales[2] != sales[1]
