"""Recorded agents act from the log while the named ones act anew; the tape does not react."""

from pathlib import Path

import pytest

from catallaxy.engine import Agent, EventLog, LogError, Message, Network, Record, UniformLatency, World, WorldError, on
from catallaxy.engine.log import StreamReader
from catallaxy.engine.replay import drive


class PriceRequest(Message):
    size: float


class PriceQuote(Message):
    price: float


class Purchase(Message, level="trades"):
    price: float


class Wire(Message):
    value: float


class Book(Record):
    parts: tuple[float, ...]
    comment: str | None


class Trader(Agent):
    """Quotes what the wire says and a spread."""

    spread = 1.0

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sold: list[float] = []
        self.asked = 0

    @on(PriceRequest)
    def quote(self, request: PriceRequest) -> None:
        self.asked += 1
        wire = self.latest("wire", Wire)
        self.reply(request, PriceQuote(price=self.spread + (wire.value if wire else 0.0)))

    @on(Purchase)
    def sell(self, purchase: Purchase) -> None:
        self.sold.append(purchase.price)


class CheapTrader(Trader):
    spread = 0.25


class Buyer(Agent):
    def run(self):
        while True:
            yield self.sleep(self.rng.exponential(0.5))
            quotes = yield self.ask(self.neighbours(Trader), PriceRequest(size=1.0))
            best = min(quotes, key=lambda quote: quote.price)
            self.send(best.sender, Purchase(price=best.price))
            self.record(Book(parts=tuple(quote.price for quote in quotes), comment=None))


class WireService(Agent):
    def run(self):
        while True:
            yield self.sleep(0.3)
            self.publish(Wire(value=self.rng.normal()))


class Watcher(Agent):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.seen: list[float] = []

    def run(self):
        self.subscribe("wire", Wire)
        yield self.sleep(0.0)

    @on(Wire)
    def see(self, wire: Wire) -> None:
        self.seen.append(wire.value)


def make_world(seed: int, episode: int) -> World:
    agents = [Trader("one"), Trader("two"), *(Buyer(f"buyer {i}") for i in range(5)), WireService("wire"), Watcher("w")]
    return World(agents, Network.complete(latency=UniformLatency(0.01, 0.1)), seed=seed, episode=episode)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    make_world(2, 0).run(until=50.0, log=tmp_path / "run")
    return tmp_path / "run"


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    return StreamReader(folder / "events" / f"{table}.arrows").read().to_pylist()


def test_a_tape_of_everybody_is_the_run_itself(run: Path, tmp_path: Path):
    replayed = drive(run, {}, make_world, log=tmp_path / "again")
    for table in ("price_requests", "price_quotes", "purchases", "wires", "books", "agents", "links"):
        assert rows(tmp_path / "again", table) == rows(run, table)
    assert replayed.unanswered == replayed.unknown == 0


def test_an_agent_kept_live_without_change_does_what_it_did(run: Path, tmp_path: Path):
    replayed = drive(run, {"one": None}, make_world, log=tmp_path / "again")
    for table in ("price_requests", "price_quotes", "purchases", "wires", "books"):
        then, now = rows(run, table), rows(tmp_path / "again", table)
        assert [(row["time"], row.get("sender"), row.get("price")) for row in now] == [
            (row["time"], row.get("sender"), row.get("price")) for row in then
        ]
    assert replayed.live == ("one",)
    assert replayed.world.agents["one"].asked > 100


def test_a_new_trader_meets_yesterday_s_flow_which_does_not_react(run: Path, tmp_path: Path):
    replayed = drive(run, {"one": CheapTrader}, make_world, log=tmp_path / "cheap")
    cheap = replayed.world.agents["one"]
    assert isinstance(cheap, CheapTrader)
    then = [row for row in rows(run, "price_quotes") if row["sender"] == "one"]
    now = [row for row in rows(tmp_path / "cheap", "price_quotes") if row["sender"] == "one"]
    assert [row["price"] for row in now] == pytest.approx([row["price"] - 0.75 for row in then])
    assert [row["time"] for row in now] == [row["time"] for row in then]
    assert rows(tmp_path / "cheap", "agents")[0]["kind"] == "CheapTrader"
    # Buyers on the tape go on buying at the prices of then.
    bought = [row for row in rows(run, "purchases") if row["receiver"] == "one"]
    arrived = sorted(bought, key=lambda row: row["time"] + row["latency"])
    assert cheap.sold == [row["price"] for row in arrived][: len(cheap.sold)]
    assert len(cheap.sold) > 100
    assert "does not react" in str(replayed)
    causes = {row["sequence"] for row in rows(tmp_path / "cheap", "price_requests")}
    assert all(row["in_reply_to"] in causes for row in now)


def test_replies_to_what_a_live_agent_asked_then_are_left_out(run: Path):
    class Patient(Buyer):
        def run(self):
            self.replies = None
            yield self.sleep(10.0)
            self.replies = yield self.ask(self.neighbours(Trader), PriceRequest(size=2.0), timeout=5.0)

    replayed = drive(run, {"buyer 0": Patient}, make_world)
    asked = {row["sequence"] for row in rows(run, "price_requests") if row["sender"] == "buyer 0"}
    assert replayed.unanswered == sum(row["in_reply_to"] in asked for row in rows(run, "price_quotes")) > 100
    assert replayed.world.agents["buyer 0"].replies == []
    assert f"{replayed.unanswered:,} replies" in str(replayed)
    together = drive(run, {"buyer 0": Patient, "one": None}, make_world)
    assert [reply.sender for reply in together.world.agents["buyer 0"].replies] == ["one"]


def test_a_live_subscriber_sees_the_taped_publisher_once(run: Path):
    watcher = drive(run, {"w": None}, make_world).world.agents["w"]
    then = [row["value"] for row in rows(run, "wires") if row["receiver"] == "w"]
    assert watcher.seen == then[: len(watcher.seen)]
    assert len(then) - len(watcher.seen) <= 1


def test_what_can_t_be_played_is_refused(run: Path, tmp_path: Path):
    with pytest.raises(WorldError, match="'three' is not in this world"):
        drive(run, {"three": None}, make_world)
    with pytest.raises(WorldError, match="must be a new Agent of that name"):
        drive(run, {"one": lambda name: Trader("other")}, make_world)
    with EventLog(tmp_path / "trades", seed=2, level="trades") as log:
        make_world(2, 0).run(until=5.0, log=log)
    assert {path.stem for path in (tmp_path / "trades" / "events").iterdir()} == {"agents", "links", "purchases"}
    with pytest.raises(LogError, match="recorded with level 'trades'"):
        drive(tmp_path / "trades", {"one": None}, make_world)
