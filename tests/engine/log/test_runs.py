"""A run's folder: refused, replaced, complete or not, the same to the byte."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from catallaxy.engine import Agent, AgentError, EventLog, LogError, Message, World, on, read_manifest

MARKET = """
import sys
from catallaxy.engine import *

class Ask(Message, table="asks"):
    size: float
    words: str

class Price(Message):
    price: float

class Dealer(Agent):
    @on(Ask)
    def quote(self, ask):
        self.reply(ask, Price(price=100 + self.rng.normal()))

class Client(Agent):
    def run(self):
        while True:
            yield self.sleep(self.rng.exponential(1.0))
            yield self.ask(self.neighbours(Dealer), Ask(self.rng.random(), words=self.name * 2), timeout=0.5)

class Hermit(Agent):
    def run(self):
        while True:
            yield self.sleep(self.rng.exponential(1.0))

def world(seed=5, extra=(), dealers=3, clients=9):
    return World(
        [*(Dealer(f"D{i}") for i in range(dealers)), *(Client(f"C{i}") for i in range(clients)), *extra],
        Network.erdos_renyi(0.5, latency=ExponentialLatency(0.1), missing="drop"),
        seed=seed,
    )
"""
market: dict[str, object] = {}
exec(MARKET, market)


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def read(folder: Path, table: str) -> list[dict[str, object]]:
    return pa.ipc.open_stream(folder / "events" / f"{table}.arrows").read_all().to_pylist()


def test_the_same_seed_gives_the_same_bytes_in_any_process(tmp_path: Path):
    for name in ("a", "b"):
        market["world"]().run(until=50.0, log=tmp_path / name)
    script = MARKET + "world().run(until=50.0, log=sys.argv[1])"
    for name, hash_seed in (("c", "1"), ("d", "4242")):
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / name)],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
    first = contents(tmp_path / "a")
    assert set(first) >= {"manifest.json", "events/asks.arrows", "events/prices.arrows", "events/agents.arrows"}
    assert all(contents(tmp_path / name) == first for name in "bcd")
    market["world"](seed=6).run(until=50.0, log=tmp_path / "other")
    assert contents(tmp_path / "other") != first


def test_a_bystander_changes_nobody_else_s_events(tmp_path: Path):
    market["world"]().run(until=50.0, log=tmp_path / "without")
    market["world"](extra=[market["Hermit"]("H")]).run(until=50.0, log=tmp_path / "with")
    for table in ("asks", "prices"):
        assert read(tmp_path / "with", table) == read(tmp_path / "without", table)


def test_a_world_run_in_pieces_writes_the_same_events_as_in_one(tmp_path: Path):
    market["world"]().run(until=30.0, log=tmp_path / "whole")
    world = market["world"]()
    with EventLog(tmp_path / "pieces", seed=5) as log:
        for until in (0.0, 7.5, 7.5, 20.0, 30.0):
            world.run(until, log=log)
    assert contents(tmp_path / "pieces") == contents(tmp_path / "whole")


def test_a_run_is_replaced_by_the_next(tmp_path: Path):
    market["world"](seed=1).run(until=5.0, log=tmp_path / "run")
    (tmp_path / "run" / "left_over").write_text("from before")
    market["world"](seed=2).run(until=5.0, log=tmp_path / "run")
    assert read_manifest(tmp_path / "run")["seed"] == 2
    assert not (tmp_path / "run" / "left_over").exists()


def test_an_event_log_refuses_an_earlier_run_unless_told_otherwise(tmp_path: Path):
    EventLog(tmp_path / "run", seed=1).close()
    with pytest.raises(LogError, match="holds an earlier run"):
        EventLog(tmp_path / "run", seed=1)
    EventLog(tmp_path / "run", seed=1, overwrite=True).close()


def test_a_folder_with_other_files_is_never_touched(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(LogError, match="holds files that are no run's"):
        market["world"]().run(until=5.0, log=tmp_path)
    assert os.listdir(tmp_path) == ["thesis.tex"]
    with pytest.raises(LogError, match="is a file"):
        EventLog(tmp_path / "thesis.tex", seed=0, overwrite=True)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "can't be read"),
        ("[]", "is not the manifest of a Catallaxy run"),
        ('{"format": "other"}', "is not the manifest of a Catallaxy run"),
        ('{"format": "catallaxy-run", "schema": 99}', "has schema version 99; this version of Catallaxy reads 1"),
        ('{"format": "catallaxy-run", "schema": 0}', "has schema version 0; this version of Catallaxy reads 1"),
        ('{"format": "catallaxy-run"}', "has schema version None"),
    ],
)
def test_a_foreign_manifest_is_refused_and_left_alone(tmp_path: Path, text: str, complaint: str):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(LogError, match=complaint):
        read_manifest(tmp_path)
    with pytest.raises(LogError, match=complaint):
        EventLog(tmp_path, seed=0, overwrite=True)
    assert (tmp_path / "manifest.json").read_text() == text


def test_the_manifest_has_checksums_versions_and_what_was_run(tmp_path: Path):
    with EventLog(tmp_path / "run", seed=5, scenario={"market": "test", "makers": 3}) as log:
        market["world"]().run(until=20.0, log=log)
        assert not read_manifest(tmp_path / "run")["complete"]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["complete"]
    assert manifest["scenario"] == {"market": "test", "makers": 3}
    assert {"python", "catallaxy", "simpy", "numpy", "pyarrow"} <= set(manifest["versions"])
    for name, table in manifest["tables"].items():
        path = tmp_path / "run" / "events" / f"{name}.arrows"
        assert table["sha256"] == sha256(path.read_bytes()).hexdigest()
        assert table["rows"] == len(read(tmp_path / "run", name))


def test_a_failing_world_leaves_a_log_that_says_so(tmp_path: Path):
    class Call(Message):
        pass

    class Fragile(Agent):
        @on(Call)
        def fail(self, call: Call) -> None:
            raise ValueError("too fragile")

    class Caller(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.send("fragile", Call())

    with pytest.raises(AgentError, match=r"Fragile 'fragile' failed at t=1 .*too fragile"):
        World([Fragile("fragile"), Caller("caller")], seed=0).run(until=5.0, log=tmp_path / "run")
    assert not read_manifest(tmp_path / "run")["complete"]
    assert len(read(tmp_path / "run", "calls")) == 1


def test_several_episodes_go_into_one_log(tmp_path: Path):
    class Greeting(Message):
        pass

    class Greeter(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.send(self.neighbours()[0], Greeting())

        @on(Greeting)
        def hear(self, greeting: Greeting) -> None:
            pass

    with EventLog(tmp_path / "run", seed=0) as log:
        for episode in range(3):
            World([Greeter(f"{episode}-{name}") for name in "ab"], seed=0, episode=episode).run(2.0, log=log)
    rows = read(tmp_path / "run", "greetings")
    assert [(row["episode"], row["sender"]) for row in rows] == [
        (episode, f"{episode}-{name}") for episode in range(3) for name in "ab"
    ]
    worlds = read_manifest(tmp_path / "run")["worlds"]
    assert [(world["episode"], world["from"], world["until"]) for world in worlds] == [(k, 0.0, 2.0) for k in range(3)]


def test_a_world_writes_into_one_run_only(tmp_path: Path):
    world = market["world"]()
    log = EventLog(tmp_path / "run", seed=5)
    world.run(until=1.0, log=log)
    with pytest.raises(Exception, match="open one EventLog and pass it to each run"):
        world.run(until=2.0, log=tmp_path / "other")
    log.close()
