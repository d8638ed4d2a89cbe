"""What is recorded comes back: every field of every record, with its header."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from catallaxy.engine import Agent, LogError, Message, Network, Record, RecordError, World, on, read_manifest


class Everything(Record, table="everything"):
    flag: bool
    count: int
    amount: float
    word: str
    maybe: float | None
    side: Literal["buy", "sell"]
    many: tuple[float, ...]
    words: list[str]
    array: npt.NDArray[np.float64]


class Ping(Message):
    size: float
    note: str = "-"


class Pong(Message):
    count: int


class Empty(Message, table="empty_ones"):
    pass


class Server(Agent):
    @on(Ping)
    def answer(self, ping: Ping) -> None:
        self.reply(ping, Pong(count=7))

    def describe(self) -> dict[str, float]:
        return {"speed": 2.5}


class Caller(Agent):
    def run(self):
        yield self.sleep(1.5)
        yield self.ask("server", Ping(size=2.0, note="first"))
        self.send("server", Ping(size=3.0))

    @on(Pong)
    def ignore(self, pong: Pong) -> None:
        self.send("server", Empty())


class Listener(Server):
    @on(Empty)
    def hear(self, message: Empty) -> None:
        self.record(Everything(True, -(2**60), 0.1, "a", None, "buy", (1.0, 2.5), ["x", ""], np.array([1.0, np.nan])))


def read(folder: Path, table: str) -> list[dict[str, object]]:
    return pa.ipc.open_stream(folder / "events" / f"{table}.arrows").read_all().to_pylist()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    network = Network.bipartite(["caller"], ["server"], latency=0.25)
    World([Listener("server"), Caller("caller")], network, seed=0, episode=3).run(until=10.0, log=tmp_path / "run")
    return tmp_path / "run"


def test_a_message_comes_back_with_its_header(folder: Path):
    first, second = read(folder, "pings")
    assert first == {
        "episode": 3,
        "time": 1.5,
        "sequence": 1,
        "cause": None,
        "sender": "caller",
        "receiver": "server",
        "in_reply_to": None,
        "latency": 0.25,
        "size": 2.0,
        "note": "first",
    }
    assert (second["time"], second["sequence"], second["cause"], second["note"]) == (2.0, 3, 2, "-")


def test_a_reply_names_the_request_and_a_cause_is_what_was_being_handled(folder: Path):
    first, second = read(folder, "pongs")
    assert (first["in_reply_to"], first["cause"], first["time"], first["count"]) == (1, 1, 1.75, 7)
    assert (second["sender"], second["receiver"]) == ("server", "caller")
    (empty,) = read(folder, "empty_ones")
    assert empty["cause"] == second["sequence"]
    assert empty["in_reply_to"] is None


def test_every_kind_of_field_comes_back(folder: Path):
    (row,) = read(folder, "everything")
    array = row.pop("array")
    assert array[0] == 1.0
    assert np.isnan(array[1])
    assert row == {
        "episode": 3,
        "time": 2.75,
        "sequence": 6,
        "cause": 5,
        "agent": "server",
        "flag": True,
        "count": -(2**60),
        "amount": 0.1,
        "word": "a",
        "maybe": None,
        "side": "buy",
        "many": [1.0, 2.5],
        "words": ["x", ""],
    }


def test_agents_and_links_are_tables_too(folder: Path):
    agents = {row["agent"]: (row["kind"], row["type"]) for row in read(folder, "agents")}
    assert agents == {"server": ("Listener", '{"speed": 2.5}'), "caller": ("Caller", "null")}
    assert {(row["agent"], row["neighbour"]) for row in read(folder, "links")} == {
        ("server", "caller"),
        ("caller", "server"),
    }


def test_what_is_published_has_no_receiver(tmp_path: Path):
    class Price(Message):
        value: float

    class Publisher(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.publish(Price(value=1.25))

    World([Publisher("p"), Agent("other")], seed=0).run(until=2.0, log=tmp_path / "run")
    (row,) = read(tmp_path / "run", "prices")
    assert (row["sender"], row["receiver"], row["value"]) == ("p", None, 1.25)


@pytest.mark.parametrize(("kind", "value"), [(int, 1.5), (int, "1"), (float, "a"), (float, None), (int, 2**70)])
def test_a_value_of_the_wrong_type_is_named(tmp_path: Path, kind: type, value: object):
    class Wrong(Message):
        good: float
        bad: kind  # type: ignore[valid-type]

    class Sender(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.send("b", Wrong(1.0, value))

    class Receiver(Agent):
        @on(Wrong)
        def take(self, message: Wrong) -> None:
            pass

    with pytest.raises(
        RecordError, match=rf"Wrong\.bad must be {kind.__name__} as declared, got {value!r} at t=1 \(event 1\)"
    ):
        World([Sender("a"), Receiver("b")], seed=0).run(until=2.0, log=tmp_path / "run")


def test_a_listed_value_of_the_wrong_type_is_named(tmp_path: Path):
    class Wordy(Record):
        word: str

    class Writer(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.record(Wordy(word=3.5))

    with pytest.raises(RecordError, match=r"Wordy\.word: a value does not fit"):
        World([Writer("a")], seed=0).run(until=2.0, log=tmp_path / "run")


def test_a_field_that_can_t_be_logged_is_named():
    class Strange(Record):
        thing: dict[str, object]

    class Writer(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.record(Strange(thing={}))

    world = World([Writer("a")], seed=0)
    world.run(until=2.0)  # without a log it does not matter


def test_a_field_that_can_t_be_logged_is_refused_when_it_is_logged(tmp_path: Path):
    class Strange(Record):
        thing: dict[str, object]

    class Writer(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.record(Strange(thing={}))

    with pytest.raises(RecordError, match=r"Strange\.thing: a field of type .* can't be logged; use float"):
        World([Writer("a")], seed=0).run(until=2.0, log=tmp_path / "run")


def test_two_classes_of_the_same_table_are_refused(tmp_path: Path):
    class Other(Record, table="pings"):
        x: float

    class Writer(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.send("server", Ping(size=1.0))
            self.record(Other(x=1.0))

    with pytest.raises(LogError, match=r"Other and .*Ping would share the log table 'pings'"):
        World([Writer("a"), Server("server")], seed=0).run(until=2.0, log=tmp_path / "run")


def test_rows_beyond_one_batch_keep_their_order(tmp_path: Path):
    class Counted(Record, table="counted"):
        place: int
        name: str

    class Writer(Agent):
        def run(self):
            for place in range(20_000):
                self.record(Counted(place, f"n{place}"))
            yield self.sleep(1.0)

    World([Writer("a")], seed=0).run(until=2.0, log=tmp_path / "run")
    rows = read(tmp_path / "run", "counted")
    assert [row["place"] for row in rows] == list(range(20_000))
    assert [row["sequence"] for row in rows] == list(range(1, 20_001))
    assert rows[17_000]["name"] == "n17000"
    assert read_manifest(tmp_path / "run")["tables"]["counted"]["rows"] == 20_000
