"""Logs that are larger than memory ought to be."""

import subprocess
import sys
from pathlib import Path

import pytest

from catallaxy.engine import Agent, Network, Record, World, read_manifest
from catallaxy.engine.log import StreamReader


class Note(Record):
    text: str


LONG = """
import resource, sys
from catallaxy.bench.dealer import Workload, build
from catallaxy.engine import EventLog, StreamReader
from catallaxy.engine.replay import verify

workload = Workload(until=1_700.0)
world = build(workload)
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peaks = []
with EventLog(sys.argv[1], seed=1) as log:
    for part in range(1, 6):
        world.run(workload.until * part / 5, log=log)
        peaks.append(peak())
rows = sum(len(batch) for path in log.events.iterdir() for batch in StreamReader(path).batches())
read = peak()
assert verify(sys.argv[1], lambda seed, episode: build(workload)).equal
print(world.sequence, rows, *peaks, read, peak())
"""


@pytest.mark.slow
def test_a_million_events_are_written_read_and_verified_in_bounded_memory(tmp_path: Path):
    command = [sys.executable, "-c", LONG, str(tmp_path / "run")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    events, rows, first, *_, last, read, verified = map(int, done.stdout.split())
    assert events > 1_000_000
    assert rows > events
    assert last < 1.1 * first
    assert read < 1.2 * first
    assert verified < 1.5 * first


def test_a_large_complete_network_is_said_and_not_listed(tmp_path: Path):
    World([Agent(f"agent {i}") for i in range(1_500)], seed=0).run(1.0, log=tmp_path / "large")
    assert read_manifest(tmp_path / "large")["worlds"][0]["network"] == "complete"
    assert {path.stem for path in (tmp_path / "large" / "events").iterdir()} == {"agents"}


def test_many_links_are_listed_in_bulk(tmp_path: Path):
    agents = [Agent(f"agent {i}") for i in range(600)]
    world = World(agents, Network.erdos_renyi(0.5, latency=1.0), seed=0)
    world.run(1.0, log=tmp_path / "run")
    table = StreamReader(tmp_path / "run" / "events" / "links.arrows").read()
    assert table.num_rows == len(world.topology.pairs()[0]) > 100_000
    assert table["agent"][-1].as_py() == "agent 599"
    assert table["neighbour"].to_pylist()[-1] == world.agents["agent 599"].neighbours()[-1]


def test_a_log_that_begins_after_somebody_has_left_keeps_names_in_place(tmp_path: Path):
    class Recorded(Agent):
        def run(self):
            while True:
                yield self.sleep(1.0)
                self.record(Note(text=self.name))

    world = World([Recorded(name) for name in "abc"], seed=0)
    world.run(0.5)
    world.remove("a")
    world.run(2.0, log=tmp_path / "run")
    rows = StreamReader(tmp_path / "run" / "events" / "notes.arrows").read().to_pylist()
    assert [(row["agent"], row["text"]) for row in rows] == [("b", "b"), ("c", "c")]
