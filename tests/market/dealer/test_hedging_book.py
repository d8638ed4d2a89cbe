"""Makers who hedge on an order book: what they pay is what the book had, and nothing is lost or made on the way."""

from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pytest

from catallaxy.engine import World
from catallaxy.market.book import Informed, Instrument, ZeroIntelligence
from catallaxy.market.dealer import (
    BookExchange,
    DealerScenario,
    HedgingBook,
    LinearSkew,
    MakerGroup,
    MarketMaker,
    Session,
    build,
    measures,
)

SCENARIO = DealerScenario(
    makers=(MakerGroup(count=2, risk_aversion=1e-3),),
    session=Session(horizon=30.0),
    exchange=HedgingBook(instrument=Instrument(lot=0.5)),
)
SKEW = LinearSkew(half_spread=0.1, slope=0.01, hedge=0.7)


def played(scenario: DealerScenario, folder: Path) -> World:
    world = build(scenario, 3, 0, SKEW)
    world.run(scenario.duration, folder)
    return world


def rows(folder: Path, *names: str) -> list[dict[str, Any]]:
    found = []
    for name in names:
        with pa.ipc.open_stream(folder / "events" / f"{name}.arrows") as stream:
            found += stream.read_all().to_pylist()
    return found


@pytest.fixture(scope="module", params=["mid", "fundamental"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    folder = tmp_path_factory.mktemp("hedging") / "run"
    book = attrs.evolve(SCENARIO.exchange, reference=request.param)
    return played(attrs.evolve(SCENARIO, exchange=book), folder), folder


def test_cash_and_inventory_are_conserved_in_the_log(run: tuple[World, Path]) -> None:
    """The exchange stands between hedgers and the book; everybody else's trades have their two sides."""
    world, folder = run
    books: dict[str, list[int]] = {}
    closing: dict[str, list[int]] = {}
    for row in rows(folder, "statements"):
        entry = [row["inventory"], row["dollars"] * 10**9 + row["nanodollars"]]
        (closing if row["closing"] else books)[row["agent"]] = entry
    assert books.keys() == closing.keys() == world.agents.keys()

    def book(name: str, euros: int, nanos: int) -> None:
        books[name][0] += euros
        books[name][1] -= euros * nanos

    for row in rows(folder, "fills", "hedge_fills"):
        euros, nanos = round(row["quantity"] * 1e6), round(row["price"] * 1e9)
        book(row["receiver"], euros, nanos)
        book(row["sender"], -euros, nanos)
    sides: dict[int, int] = {}
    for row in rows(folder, "execution_reports"):
        book(row["receiver"], row["side"] * row["size"] * 500_000, row["price"] * 10_000)
        sides[row["trade"]] = sides.get(row["trade"], 0) + row["side"]
    hedged = 0
    for row in rows(folder, "trades"):
        if sides[row["trade"]]:  # only one side was told: the other is the exchange
            hedged += row["size"]
            book("exchange", row["side"] * row["size"] * 500_000, row["price"] * 10_000)
    assert hedged > 50
    assert books == closing
    assert [sum(column) for column in zip(*closing.values(), strict=True)] == [0, 0]
    assert closing["exchange"][0] == 0
    assert abs(closing["exchange"][1]) < 10**9  # what rounding the average prices leaves: less than a dollar


def test_a_hedge_costs_what_it_finds_and_moves_the_middle(run: tuple[World, Path]) -> None:
    world, folder = run
    trades: dict[int, list[dict[str, Any]]] = {}
    for row in rows(folder, "trades"):
        trades.setdefault(row["cause"], []).append(row)
    fills = rows(folder, "hedge_fills")
    assert len(fills) > 20
    for fill in fills:
        found = trades[fill["in_reply_to"]]
        lots = sum(row["size"] for row in found)
        assert abs(fill["quantity"]) == pytest.approx(lots * 0.5)
        paid = sum(row["size"] * row["price"] for row in found) / lots
        assert fill["price"] == pytest.approx(paid * 1e-5, abs=1e-9)
    moved = [fill["impact"] * fill["quantity"] for fill in fills]
    assert min(moved) >= 0.0  # buying never lowers the middle, selling never raises it
    exchange = world.agents["exchange"]
    assert isinstance(exchange, BookExchange)
    assert (max(moved) > 0.0) is exchange._follows_book


def test_the_split_of_profit_adds_up(run: tuple[World, Path]) -> None:
    world, _ = run
    for row in measures.from_worlds([world]).to_pylist():
        assert row["hedged"] > 10.0
        parts = row["spread_revenue"] + row["inventory_pnl"] + row["impact"] - row["hedging_cost"]
        assert row["pnl"] == pytest.approx(parts)


def test_what_the_book_does_not_have_is_not_filled(tmp_path: Path) -> None:
    """A book of a few lots: hedges are done in part, and makers know that nothing is under way."""
    thin = HedgingBook(crowds=(ZeroIntelligence(limit_rate=0.05, market_rate=0.01, size=1.0),), informed=())
    world = played(attrs.evolve(SCENARIO, exchange=thin), tmp_path / "run")
    fills = rows(tmp_path / "run", "hedge_fills")
    orders = {row["sequence"]: row["quantity"] for row in rows(tmp_path / "run", "hedge_orders")}
    assert sum(fill["unfilled"] != 0.0 for fill in fills) > 5
    for fill in fills:
        assert fill["quantity"] + fill["unfilled"] == pytest.approx(orders[fill["in_reply_to"]])
    for agent in world.agents.values():
        if isinstance(agent, MarketMaker):
            assert agent._hedging == pytest.approx(0.0, abs=1e-9)


def test_makers_and_clients_cannot_reach_the_books_traders(run: tuple[World, Path]) -> None:
    world, _ = run
    assert world.agents["crowd_1"].neighbours() == ("exchange",)
    assert world.agents["informed_1"].neighbours() == ("exchange",)


def test_names_of_the_books_traders_are_taken() -> None:
    with pytest.raises(ValueError, match="two agents would be called 'maker_1'"):
        DealerScenario(exchange=HedgingBook(informed=(Informed("maker"),)))
