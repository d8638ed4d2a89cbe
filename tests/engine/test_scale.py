"""What a large world costs, in bytes and events: figures that do not depend on the machine's speed."""

import tracemalloc

import pytest

from catallaxy.engine import Agent, Message, Network, World, on


class Ping(Message):
    pass


class Idle(Agent):
    @on(Ping)
    def hear(self, ping):
        pass


class Sleeper(Idle):
    def run(self):
        while True:
            yield self.sleep(1.0)


def bytes_per_agent(kind, count) -> float:
    tracemalloc.start()
    try:
        world = World([kind(f"agent {i}") for i in range(count)], Network.erdos_renyi(degree=20.0), seed=0)
        world.run(until=2.5)
        return tracemalloc.get_traced_memory()[0] / count
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [Idle, Sleeper])
def test_an_idle_agent_takes_less_than_four_kilobytes(kind):
    assert bytes_per_agent(kind, 3_000) < 4_000


def test_links_are_made_when_they_are_used():
    world = World([Idle(f"agent {i}") for i in range(3_000)], Network.erdos_renyi(degree=20.0), seed=0)
    agent = world.agents["agent 0"]
    receiver = agent.neighbours()[0]
    agent.send(receiver, Ping())
    assert list(agent.links) == [receiver]


@pytest.mark.slow
def test_a_hundred_thousand_agents_with_a_million_links_fit():
    """Peak memory while building, too, stays below 1 GB."""
    tracemalloc.start()
    try:
        world = World([Sleeper(f"agent {i}") for i in range(100_000)], Network.erdos_renyi(degree=20.0), seed=0)
        world.run(until=1.5)
        assert tracemalloc.get_traced_memory()[1] < 1e9
    finally:
        tracemalloc.stop()
    assert abs(len(world.topology.pairs()[0]) - 2_000_000) < 4 * 2 * 1e6**0.5
