"""The book as a venue: what it answers, what it publishes, and that its log adds up to the last unit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pytest

from catallaxy.agents import Uniform
from catallaxy.engine import Process, World, on, stream
from catallaxy.market.book import (
    BUY,
    SELL,
    BookScenario,
    Hours,
    Informed,
    Instrument,
    LimitOrder,
    MarketOrder,
    OrderBook,
    OrderBookVenue,
    Replace,
    TopOfBook,
    Trade,
    Trader,
    ZeroIntelligence,
    build,
)

QUIET = BookScenario(
    crowds=(ZeroIntelligence(count=1, limit_rate=1e-9, market_rate=1e-9),), informed=(), session=Hours(horizon=10.0)
)
"""A market in which nobody does anything."""
LIVELY = BookScenario(
    session=Hours(horizon=15.0, settlement=2.0),
    crowds=(ZeroIntelligence(), ZeroIntelligence("near", 2, limit_rate=20.0, decay=1.0, reach=20)),
    instrument=Instrument(tick=5e-5, lot=0.5, levels=3),
    latency=Uniform(0.0, 0.3),  # slow and random: acknowledgements and executions overtake one another
)
Script = Callable[["Scripted"], Process]


class Scripted(Trader):
    """Does what a test says, and remembers what it is told."""

    def __init__(self, name: str, script: Script, scenario: BookScenario = QUIET) -> None:
        super().__init__(name, "book", scenario.instrument, scenario.session, 1.1)
        self.script = script
        self.heard: list[Any] = []

    def trade(self) -> Process:
        yield from self.script(self)


def played(*scripts: Script, scenario: BookScenario = QUIET) -> tuple[OrderBookVenue, list[Scripted]]:
    traders = [Scripted(name, script, scenario) for name, script in zip(("ann", "bob", "cem"), scripts, strict=False)]
    world = build(scenario, 1, traders=traders)
    world.run(scenario.duration)
    venue = world.agents["book"]
    assert isinstance(venue, OrderBookVenue)
    return venue, traders


def test_a_trade_is_booked_by_both_sides_at_the_resting_price() -> None:
    def seller(trader: Scripted) -> Process:
        (answer,) = yield trader.ask("book", LimitOrder(side=SELL, price=110_010, size=5))
        trader.heard.append((answer.order, answer.traded, answer.open, answer.lapsed))

    def buyer(trader: Scripted) -> Process:
        yield trader.sleep(1.0)
        (answer,) = yield trader.ask("book", LimitOrder(side=BUY, price=110_020, size=3))
        trader.heard.append((answer.order, answer.traded, answer.open, answer.lapsed))

    venue, (ann, bob) = played(seller, buyer)
    assert ann.heard == [(1, 0, 5, 0)]
    assert bob.heard == [(2, 3, 0, 0)]
    assert (bob.account.inventory, bob.account.cash) == (3_000_000, -3_000_000 * 1_100_100_000)
    assert (ann.account.inventory, ann.account.cash) == (-3_000_000, 3_000_000 * 1_100_100_000)
    assert (bob.tally.bought, bob.tally.passive, ann.tally.sold, ann.tally.passive) == (3.0, 0.0, 3.0, 3.0)
    assert ann.open == {}  # what was left was cancelled at the close
    assert len(venue.book) == 0


def test_replacing_and_cancelling_need_an_order_of_ones_own() -> None:
    def owner(trader: Scripted) -> Process:
        (order,) = yield trader.ask("book", LimitOrder(side=BUY, price=109_990, size=5))
        yield trader.sleep(2.0)
        (answer,) = yield trader.ask("book", Replace(order=order.order, price=109_995, size=4))
        trader.heard.append((answer.order, answer.open, trader.top.bid, trader.top.bid_size))
        trader.cancel(order.order)
        yield trader.sleep(1.0)
        trader.heard.append(trader.top.bid_size)

    def stranger(trader: Scripted) -> Process:
        yield trader.sleep(1.0)
        (answer,) = yield trader.ask("book", Replace(order=1, price=109_995, size=4))
        trader.heard.append(answer.reason)
        (answer,) = yield trader.ask("book", LimitOrder(side=BUY, price=109_995, size=0))
        trader.heard.append(answer.reason)

    _, (ann, bob) = played(owner, stranger)
    assert ann.heard == [(1, 4, 109_995, 4), 0]
    assert bob.heard[0] == "no order 1 of yours is in the book"
    assert bob.heard[1].startswith("size = 0: must be")


def test_nothing_is_done_after_the_close() -> None:
    def late(trader: Scripted) -> Process:
        yield trader.sleep(10.0)
        (answer,) = yield trader.ask("book", MarketOrder(side=BUY, size=1))
        trader.heard.append(answer.reason)

    _, (ann,) = played(late)
    assert ann.heard == ["closed"]


def test_a_trader_may_trade_for_ever_or_by_its_handlers_alone() -> None:
    class Echo(Trader):
        """Sells a lot at the best bid whenever it hears of a trade."""

        def run(self) -> Process:
            self.subscribe("book", Trade)
            yield from super().run()

        @on(Trade)
        def heard(self, trade: Trade) -> None:
            if trade.side == BUY:
                self.limit(SELL, trade.price, 1)

    def seller(trader: Scripted) -> Process:
        trader.limit(SELL, 110_010, 1)
        yield trader.sleep(1.0)

    def restless(trader: Scripted) -> Process:
        while True:
            yield trader.sleep(0.25)
            trader.limit(BUY, 110_010, 1)

    echo = Echo("echo", "book", QUIET.instrument, QUIET.session, 1.1)
    ann = Scripted("ann", restless)
    bob = Scripted("bob", seller)
    world = build(QUIET, 1, traders=[bob, ann, echo])
    world.run(QUIET.duration)
    assert echo.tally.sold > 30
    assert ann.tally.refused > 0  # after the close
    assert ann.account.inventory + bob.account.inventory + echo.account.inventory == 0


def test_self_trade_is_prevented_and_told() -> None:
    def alone(trader: Scripted) -> Process:
        trader.limit(SELL, 110_010, 5)
        yield trader.sleep(1.0)
        trader.heard.append(dict(trader.open))
        trader.limit(BUY, 110_010, 2)
        yield trader.sleep(1.0)
        trader.heard.append(dict(trader.open))

    venue, (ann,) = played(alone)
    assert ann.heard == [{1: 5}, {2: 2}]
    assert venue.trades == 0


def test_everybody_sees_the_top_with_the_links_lag_and_an_empty_side_as_such() -> None:
    def seller(trader: Scripted) -> Process:
        trader.heard.append(trader.top.ask_size)
        trader.limit(SELL, 110_010, 5)
        trader.limit(SELL, 110_010, 2)
        yield trader.sleep(1.0)
        trader.heard.append((trader.top.ask, trader.top.ask_size, trader.top.bid_size, trader.mid))

    def watcher(trader: Scripted) -> Process:
        yield trader.sleep(0.3999)  # sent at 0, taken up at 0.2, seen from 0.4 on
        trader.heard.append(trader.top.ask_size)
        yield trader.sleep(0.0002)
        trader.heard.append(trader.top.ask_size)

    _, (ann, bob) = played(seller, watcher, scenario=attrs.evolve(QUIET, latency=0.2))
    assert ann.heard == [0, (110_010, 7, 0, pytest.approx(110_000.0))]
    assert bob.heard == [0, 7]


# -- a lively market, from its log alone -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book") / "run"
    build(LIVELY, 3).run(LIVELY.duration, folder)
    return folder


def rows(folder: Path, *names: str) -> list[dict[str, Any]]:
    """Rows of some tables in the order in which they happened."""
    found = []
    for name in names:
        with pa.ipc.open_stream(folder / "events" / f"{name}.arrows") as stream:
            found += [{**row, "table": name} for row in stream.read_all().to_pylist()]
    return sorted(found, key=lambda row: row["sequence"])


def test_cash_and_inventory_are_conserved_in_the_log(folder: Path) -> None:
    """Opening plus executions is closing for each trader, and all closings together are nothing."""
    books: dict[str, list[int]] = {}
    closing: dict[str, list[int]] = {}
    for row in rows(folder, "statements"):
        entry = [row["inventory"], row["dollars"] * 10**9 + row["nanodollars"]]
        (closing if row["closing"] else books)[row["agent"]] = entry
    reports = rows(folder, "execution_reports")
    assert len(reports) > 1000
    for row in reports:
        euros, nanos = row["side"] * row["size"] * 500_000, row["price"] * 50_000
        books[row["receiver"]][0] += euros
        books[row["receiver"]][1] -= euros * nanos
    assert books == closing
    assert [sum(column) for column in zip(*closing.values(), strict=True)] == [0, 0]
    assert any(inventory for inventory, _ in closing.values())


def test_each_trade_is_told_to_both_sides_alike(folder: Path) -> None:
    reports: dict[int, list[dict[str, Any]]] = {}
    for row in rows(folder, "execution_reports"):
        reports.setdefault(row["trade"], []).append(row)
    trades = rows(folder, "trades")
    assert [row["trade"] for row in trades] == list(range(1, len(trades) + 1)) == sorted(reports)
    for row in trades:
        active, passive = sorted(reports[row["trade"]], key=lambda report: report["passive"])
        assert {(report["price"], report["size"]) for report in (active, passive)} == {(row["price"], row["size"])}
        assert (active["side"], passive["side"], active["passive"], passive["passive"]) == (
            row["side"],
            -row["side"],
            False,
            True,
        )


def test_every_request_is_answered_once_and_every_lot_accounted_for(folder: Path) -> None:
    requests = rows(folder, "limit_orders", "market_orders", "cancels")
    answers = [row for row in rows(folder, "acknowledgements", "refusals", "cancellations") if row["in_reply_to"]]
    assert sorted(row["in_reply_to"] for row in answers) == [row["sequence"] for row in requests]
    lots = {row["sequence"]: row.get("size") for row in requests}
    gone: dict[int, int] = {}
    for row in rows(folder, "execution_reports", "cancellations"):
        if row["table"] == "cancellations" or row["passive"]:
            gone[row["order"]] = gone.get(row["order"], 0) + row["size"]
    for row in rows(folder, "acknowledgements"):
        assert row["traded"] + row["open"] + row["lapsed"] == lots[row["in_reply_to"]]
        assert gone.get(row["order"], 0) == row["open"]  # all that came to rest has traded or was cancelled
    assert {row["reason"] for row in rows(folder, "cancellations")} >= {"asked", "closed", "self-trade"}


def test_the_log_can_be_matched_again_by_the_bare_engine(folder: Path) -> None:
    """Orders as they arrived, put into a new book, give the same trades."""
    arrivals = {}
    for row in rows(folder, "limit_orders", "market_orders", "cancels"):
        arrivals[row["sequence"]] = row
    book, trades = OrderBook(), []
    for answer in rows(folder, "acknowledgements", "refusals", "cancellations"):
        if not answer["in_reply_to"] or answer["table"] == "refusals":
            continue
        row = arrivals[answer["in_reply_to"]]
        if row["table"] == "cancels":
            assert book.cancel(row["order"]) == answer["size"]
            continue
        if row["table"] == "market_orders":
            outcome = book.market(row["sender"], row["side"], row["size"])
        else:
            outcome = book.limit(row["sender"], row["side"], row["price"], row["size"], row["lifetime"])
        assert outcome.number == answer["order"]
        trades += [(row["side"], match.price, match.size) for match in outcome.matches]
    assert trades == [(row["side"], row["price"], row["size"]) for row in rows(folder, "trades")]


def test_the_published_book_is_never_crossed_and_its_depth_agrees_with_its_top(folder: Path) -> None:
    tops = rows(folder, "tops")
    assert len(tops) > 500
    assert all(row["bid"] < row["ask"] for row in tops if row["bid_size"] and row["ask_size"])
    top: dict[str, Any] = {}
    for row in rows(folder, "tops", "depths"):
        if row["table"] == "tops":
            top = row
            continue
        assert row["bids"] == sorted(row["bids"], reverse=True)
        assert row["asks"] == sorted(row["asks"])
        assert max(len(row["bids"]), len(row["asks"])) <= 3
        if row["bids"]:
            assert (row["bids"][0], row["bid_sizes"][0]) == (top["bid"], top["bid_size"])
        if row["asks"]:
            assert (row["asks"][0], row["ask_sizes"][0]) == (top["ask"], top["ask_size"])


def test_the_same_seed_gives_the_same_log(folder: Path, tmp_path: Path) -> None:
    build(LIVELY, 3).run(LIVELY.duration, tmp_path / "again")
    for file in sorted((folder / "events").iterdir()):
        assert file.read_bytes() == (tmp_path / "again" / "events" / file.name).read_bytes()


def last_mid(world: World) -> float:
    venue = world.agents["book"]
    top = venue._feeds[TopOfBook].at(world.now)
    assert isinstance(top, TopOfBook)
    return 0.5 * (top.bid + top.ask)


def test_informed_traders_carry_the_price_to_the_value() -> None:
    """With them the book ends nearer to the value than without."""
    errors: dict[bool, list[float]] = {True: [], False: []}
    for episode in range(5):
        for informed in (True, False):
            scenario = BookScenario(informed=(Informed(),) if informed else (), session=Hours(horizon=8.0))
            world = build(scenario, 5, episode)
            world.run(scenario.duration)
            path = scenario.price.sample(stream(5, episode, "price"), 8.0, scenario.session.tick)
            errors[informed].append(abs(last_mid(world) * 1e-5 / path.at(7.99) - 1.0) * 1e4)
    assert sum(errors[True]) < 0.5 * sum(errors[False])


def test_zero_intelligence_orders_are_the_same_whatever_others_do(tmp_path: Path) -> None:
    """Common random numbers: times, sides and sizes of its orders do not depend on the others'."""
    drawn = []
    for number, informed in enumerate(((Informed(),), ())):
        scenario = attrs.evolve(LIVELY, informed=informed)
        build(scenario, 3).run(scenario.duration, tmp_path / str(number))
        drawn.append(
            [
                (row["time"], row["table"], row["side"], row["size"])
                for row in rows(tmp_path / str(number), "limit_orders", "market_orders")
                if row["sender"] == "crowd_1"
            ]
        )
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) > 300


def test_without_trades_the_number_of_orders_at_rest_is_poisson() -> None:
    """Then each side is a queue with infinitely many servers: arrivals at `limit_orders`, lives of mean `lifetime`."""
    crowd = ZeroIntelligence(count=2, limit_rate=0.5, decay=0.5, reach=20, market_rate=1e-9, lifetime=0.7, size=1)
    scenario = BookScenario(crowds=(crowd,), informed=(), session=Hours(horizon=3.0), latency=0.0)
    counts = []
    for episode in range(150):
        world = build(scenario, 7, episode)
        world.run(2.0 + 0.005 * episode)
        venue = world.agents["book"]
        assert isinstance(venue, OrderBookVenue)
        counts += [venue.book.size(side) for side in (BUY, SELL)]
    mean = sum(counts) / 300
    spread = sum((count - mean) ** 2 for count in counts) / 300
    assert mean == pytest.approx(crowd.at_rest, abs=4 * (crowd.at_rest / 300) ** 0.5)
    assert spread == pytest.approx(crowd.at_rest, rel=4 * (2 / 300) ** 0.5)


def test_distances_fall_with_the_power_that_is_asked_for() -> None:
    near = ZeroIntelligence(limit_rate=3.0, decay=1.0, reach=4)
    assert near.distances == pytest.approx([12 / 25, 6 / 25, 4 / 25, 3 / 25])
    assert near.limit_orders == pytest.approx(3.0 * (1 + 1 / 2 + 1 / 3 + 1 / 4))
    assert ZeroIntelligence(decay=0.0, reach=5).distances == pytest.approx([0.2] * 5)
