"""Nothing is lost or made: cash and inventory add up to the last unit, from the agents' books and from the log."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from catallaxy.agents import Constant, LogUniform, Uniform
from catallaxy.engine import World
from catallaxy.market.dealer import (
    Account,
    Client,
    DealerScenario,
    Decisions,
    Exchange,
    Latencies,
    LinearSkew,
    MakerGroup,
    MarketMaker,
    Session,
    build,
)
from catallaxy.market.prices import BrownianPrice

Play = Callable[..., Any]

SCENARIO = DealerScenario(
    makers=(
        MakerGroup("bold", 2, LogUniform(5e-4, 2e-3), Uniform(0.3, 0.9), initial_inventory=Uniform(-30.0, 30.0)),
        MakerGroup("small", 2, LogUniform(5e-3, 2e-2), Constant(0.7), inventory_limit=15.0),
    ),
    session=Session(horizon=60.0, settlement=10.0),
    # Slow messages, so that much is in flight at the close and quotes go stale.
    latency=Latencies(clients=Uniform(0.05, 0.5), exchange=Uniform(0.01, 0.6)),
)
SKEW = LinearSkew(half_spread=0.15, slope=0.02, hedge=0.3)


def accounts(world: World) -> list[Account]:
    return [agent.account for agent in world.agents.values() if isinstance(agent, MarketMaker | Client | Exchange)]


def totals(world: World) -> tuple[int, int]:
    return sum(a.inventory for a in accounts(world)), sum(a.cash for a in accounts(world))


def test_accounts_book_exact_products_of_whole_units() -> None:
    one, other = Account(), Account()
    for quantity, price in ((1.0, 1.100000001), (-2.5, 1.2345), (0.000001, 0.123456789), (50.0, 1.3)):
        one.buy(quantity, price)
        other.buy(-quantity, price)
    assert (one.inventory, one.cash) == (-other.inventory, -other.cash)
    assert one.inventory == 48_500_001
    assert one.cash == -(
        1_000_000 * 1_100_000_001 - 2_500_000 * 1_234_500_000 + 123_456_789 + 50_000_000 * 1_300_000_000
    )
    statement = one.statement(1.3, closing=True)
    assert statement.dollars * 10**9 + statement.nanodollars == one.cash
    assert 0 <= statement.nanodollars < 10**9


@pytest.mark.parametrize("episode", range(3))
def test_cash_and_inventory_are_conserved_across_all_agents(episode: int) -> None:
    world = build(SCENARIO, 11, episode, SKEW)
    opening = totals(world)
    world.run(SCENARIO.duration)
    assert totals(world) == opening
    moved = [account for account in accounts(world) if account.cash]
    assert len(moved) > 20
    assert sum(maker.tally.trades for maker in world.agents.values() if isinstance(maker, MarketMaker)) > 50


def test_cash_and_inventory_are_conserved_in_the_log(play: Play) -> None:
    """Opening plus trades is closing for each agent, and all openings together are all closings together."""
    played = play(SCENARIO, SKEW, 11)
    books: dict[str, list[int]] = {}
    closing: dict[str, list[int]] = {}
    for row in played.rows("statements"):
        entry = [row["inventory"], row["dollars"] * 10**9 + row["nanodollars"]]
        (closing if row["closing"] else books)[row["agent"]] = entry
    assert books.keys() == closing.keys() == played.world.agents.keys()
    assert total(books) == total(closing)
    fills = played.rows("fills", "hedge_fills")
    assert len(fills) > 50
    for row in fills:
        euros = round(row["quantity"] * 1e6)
        paid = euros * round(row["price"] * 1e9)
        for name, sign in ((row["receiver"], 1), (row["sender"], -1)):
            books[name][0] += sign * euros
            books[name][1] -= sign * paid
    assert books == closing


def total(books: dict[str, list[int]]) -> list[int]:
    return [sum(column) for column in zip(*books.values(), strict=True)]


def test_everything_is_settled_before_the_closing_statements(play: Play) -> None:
    """Nothing is started after the close, every order is answered, and the last answer arrives in time."""
    played = play(SCENARIO, SKEW, 12)
    started = played.rows("quote_requests", "orders", "hedge_orders")
    answers = played.rows("fills", "rejects", "hedge_fills")
    assert max(row["time"] for row in started) < 60.0
    assert max(row["time"] for row in answers) > 60.0
    assert max(row["time"] + row["latency"] for row in answers) < 70.0
    orders = {row["sequence"] for row in played.rows("orders", "hedge_orders")}
    assert orders <= {row["in_reply_to"] for row in answers}
    assert {row["reason"] for row in played.rows("rejects")} == {"closed", "limit"}
    assert {row["time"] for row in played.rows("statements")} == {0.0, 70.0}


def test_profit_is_spread_revenue_plus_inventory_gains_less_hedging() -> None:
    """With a constant price nothing is gained or lost on the inventory: the account shows spreads and hedging alone."""
    quiet = attrs.evolve(SCENARIO, price=BrownianPrice(1.1, volatility=0.0), decisions=Decisions(interval=2.0))
    world = build(quiet, 5, 0, SKEW)
    world.run(quiet.duration)
    for maker in world.agents.values():
        if isinstance(maker, MarketMaker):
            earned = maker.tally.spread_revenue - maker.tally.hedging_cost
            assert maker.profit(1.1) == pytest.approx(earned, abs=1e-6)
            assert maker.tally.trades > 0
