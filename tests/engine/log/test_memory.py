"""A log in memory holds what a run folder would."""

from pathlib import Path

import pytest

from catallaxy.engine import Agent, EventLog, MemoryLog, Message, Network, World, on
from catallaxy.runs import open_run


class Ping(Message):
    size: float
    words: str


class Player(Agent):
    @on(Ping)
    def take(self, ping: Ping) -> None:
        pass

    def run(self):
        for turn in range(5):
            yield self.sleep(1.0)
            for neighbour in self.neighbours():
                self.send(neighbour, Ping(float(turn), "x" * turn))


def world(episode: int) -> World:
    players = [Player(name) for name in "abc"]
    return World(players, seed=3, episode=episode, network=Network.erdos_renyi(0.7))


def test_memory_and_folder_hold_the_same(tmp_path: Path):
    memory = MemoryLog()
    with EventLog(tmp_path / "run", seed=3) as log:
        for episode in range(2):
            world(episode).run(10.0, log)
            world(episode).run(10.0, memory)
    run = open_run(tmp_path / "run")
    assert "pings" in run.tables
    for table in run.tables:
        assert memory.events(table).to_pylist() == run.events(table).to_pylist()


def test_it_can_be_asked_while_the_world_goes_on():
    memory, played = MemoryLog(), world(0)
    played.run(2.5, memory)
    half = len(memory.events("pings"))
    played.run(10.0, memory)
    assert 5 * half == 2 * len(memory.events("pings")) > 0


def test_what_has_not_happened_is_named():
    memory = MemoryLog("trades")
    world(0).run(10.0, memory)
    with pytest.raises(KeyError, match="pings"):
        memory.events("pings")
    assert len(memory.events("agents")) == 3
