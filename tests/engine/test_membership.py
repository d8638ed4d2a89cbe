"""Agents that join and leave while a world runs."""

from itertools import permutations

import numpy as np
import pytest

from catallaxy.engine import (
    Agent,
    AgentError,
    EventLog,
    Message,
    Network,
    Question,
    RandomOutages,
    World,
    WorldError,
    on,
)
from catallaxy.engine.errors import LinkError, NetworkError


class Ping(Message):
    n: int = 0


class Pong(Message):
    pass


class Echo(Agent):
    def __init__(self, name, delay=0.0):
        super().__init__(name)
        self.delay, self.heard = delay, []

    @on(Ping)
    def answer(self, ping):
        yield self.sleep(self.delay)
        self.heard.append((self.now, ping.n))
        self.reply(ping, Pong())


def test_an_agent_that_joins_is_reached_and_acts_from_then_on(note):
    def asks(self):
        while True:
            yield self.sleep(1.0)
            replies = yield self.ask(self.neighbours(Echo), Ping())
            self.seen.append([reply.sender for reply in replies])

    def joins(self):
        yield self.sleep(1.5)
        self.world.add(Echo("new"))
        self.seen.append(self.neighbours())

    asker, host = note("asker", asks), note("host", joins)
    world = World([asker, Echo("old"), host], seed=0)
    world.run(until=2.5)
    assert asker.seen == [["old"], ["old", "new"]]
    assert host.seen == [("asker", "old", "new")]
    assert world.agents["new"].index == 3
    world.add(note("late", asks))
    world.run(until=4.0)
    assert world.agents["late"].seen == [["old", "new"]]


def test_a_newcomer_gets_the_links_it_would_have_had_from_the_start(note):
    names = [f"agent {i}" for i in range(40)]
    network = Network.erdos_renyi(0.3)
    whole = World([note(name) for name in names], network, seed=5)
    grown = World([note(name) for name in names[:20]], network, seed=5)
    for name in names[20:]:
        grown.add(note(name))
    for name in names:
        assert whole.agents[name].neighbours() == grown.agents[name].neighbours()


def test_a_newcomer_in_a_directed_network_reaches_and_is_reached_as_from_the_start(note):
    names = [f"agent {i}" for i in range(40)]
    network = Network.erdos_renyi(0.3, directed=True)
    whole = World([note(name) for name in names], network, seed=5)
    grown = World([note(name) for name in names[:20]], network, seed=5)
    for name in names[20:]:
        grown.add(note(name))
    for name in names:
        assert whole.agents[name].neighbours() == grown.agents[name].neighbours()
    assert any(name in grown.agents["agent 3"].neighbours() for name in names[20:])


def test_in_a_directed_network_one_says_whom_a_newcomer_reaches_and_who_reaches_it(note):
    network = Network(lambda *_: (np.array([0]), np.array([1])), directed=True)
    world = World([note("A"), note("B")], network, seed=0)
    world.add(note("C"), neighbours=["B"], reached_by=["A"])
    world.add(note("D"), reached_by=["C"])
    assert {name: agent.neighbours() for name, agent in world.agents.items()} == {
        "A": ("B", "C"),
        "B": (),
        "C": ("B", "D"),
        "D": (),
    }


def test_a_newcomer_that_is_refused_has_not_joined(note):
    world = World([note("A"), note("B")], Network.bipartite(["A"], ["B"]), seed=0)
    with pytest.raises(NetworkError, match="both ways: give its neighbours, and no reached_by"):
        world.add(note("C"), reached_by=["A"])
    with pytest.raises(NetworkError, match="no rule"):
        world.add(note("C"))
    assert list(world.agents) == ["A", "B"]
    world.add(note("C"), neighbours=["B"])
    assert world.agents["C"].neighbours() == ("B",)


@pytest.mark.parametrize("directed", [False, True])
def test_links_of_newcomers_fail_at_random_too_from_when_they_join(note, directed):
    network = Network.complete(outages=RandomOutages(up=3.0, down=1.0), directed=directed)
    names = [f"agent {i}" for i in range(30)]
    world = World([note("first")], network, seed=3)
    world.run(until=10.0)
    for name in names:
        world.add(note(name))
    assert all(world.topology.is_up(*pair) for pair in permutations(world.agents.values(), 2))
    up = []
    for time in range(20, 60):
        world.run(until=float(time))
        up += [world.topology.is_up(*pair) for pair in permutations(world.agents.values(), 2)]
    assert sum(up) / len(up) == pytest.approx(0.75, abs=0.02)


def test_the_failures_of_the_links_there_are_do_not_depend_on_newcomers(note):
    def failures(join):
        network = Network.erdos_renyi(0.5, outages=RandomOutages(up=1.0, down=1.0))
        world = World([note(f"agent {i}") for i in range(8)], network, seed=1)
        world.run(until=0.5)
        if join:
            world.add(note("new"))
        seen = []
        for time in range(1, 20):
            world.run(until=float(time))
            others = [agent for agent in world.agents.values() if agent.name != "new"]
            seen.append([world.topology.is_up(*pair) for pair in permutations(others, 2)])
        return seen

    assert failures(join=False) == failures(join=True)


def test_a_newcomer_of_a_type_is_linked_by_type(note):
    network = Network.per_type({(Echo, note): 1.0})
    world = World([Echo("E"), note("A")], network, seed=0)
    world.add(note("B"))
    assert world.agents["E"].neighbours() == ("A", "B")
    assert world.agents["B"].neighbours() == ("E",)


def test_without_a_rule_a_newcomer_needs_its_neighbours_named(note):
    world = World([note("A"), note("B")], Network.bipartite(["A"], ["B"]), seed=0)
    with pytest.raises(NetworkError, match="no rule for whom Note 'C' is linked to: give its neighbours"):
        world.add(note("C"))
    world.add(note("C"), neighbours=["A"])
    assert world.agents["A"].neighbours() == ("B", "C")
    assert world.agents["C"].neighbours() == ("A",)
    with pytest.raises(WorldError, match="'Z' is not in this world at t=0"):
        world.add(note("D"), neighbours=["Z"])


def test_an_agent_that_leaves_stops_and_frees_what_it_holds(note):
    def works(self):
        try:
            while True:
                yield self.sleep(1.0)
                self.seen.append(self.now)
        finally:
            self.seen.append("end")

    agent = note("A", works)
    world = World([agent], seed=0)
    world.run(until=2.5)
    world.remove("A")
    world.run(until=9.0)
    assert agent.seen == [1.0, 2.0, "end"]
    assert world.env.scheduled == 0
    assert (dict(world.agents), dict(world.departed), agent.left_at) == ({}, {"A": agent}, 2.5)


def test_an_agent_may_leave_by_itself(note):
    def leaves(self):
        yield self.sleep(1.0)
        self.world.remove(self)
        self.seen.append("last words")
        yield self.sleep(1.0)
        self.seen.append("never")

    agent = note("A", leaves)
    world = World([agent, note("B")], seed=0)
    world.run(until=9.0)
    assert agent.seen == ["last words"]
    assert world.agents["B"].neighbours() == ()


def test_messages_to_one_that_left_are_dropped_and_logged(note, tmp_path, read):
    def sends(self):
        for n in range(4):
            self.send("B", Ping(n=n))
            yield self.sleep(1.0)

    echo = Echo("B")
    world = World([note("A", sends), echo], Network.complete(latency=0.5), seed=0)
    with EventLog(tmp_path / "run", seed=0) as log:
        world.run(until=1.25, log=log)
        world.remove("B")
        world.run(until=9.0, log=log)
    assert echo.heard == [(0.5, 0)]
    pings = read(tmp_path / "run", "pings")
    drops = read(tmp_path / "run", "drops")
    assert [row["reason"] for row in drops] == ["has left"] * 3
    assert [row["time"] for row in drops] == [1.5, 2.5, 3.5]
    assert drops[0]["cause"] == pings[1]["sequence"]
    assert len(pings) == 4
    (departure,) = read(tmp_path / "run", "departures")
    assert (departure["time"], departure["agent"]) == (1.25, "B")


def test_whoever_asks_one_that_leaves_goes_on_without_its_reply(note):
    def asks(self):
        replies = yield self.ask(["B", "C"], Ping())
        self.seen.append((self.now, [reply.sender for reply in replies]))

    asker = note("A", asks)
    world = World([asker, Echo("B"), Echo("C")], Network.complete(latency=1.0), seed=0)
    world.run(until=0.5)
    world.remove("C")
    world.run(until=9.0)
    assert asker.seen == [(2.0, ["B"])]


def test_replies_to_one_that_left_are_dropped_and_logged(note, tmp_path, read):
    def asks(self):
        yield self.ask("B", Ping())

    world = World([note("A", asks), Echo("B", delay=2.0)], seed=0)
    with EventLog(tmp_path / "run", seed=0) as log:
        world.run(until=1.0, log=log)
        world.remove("A")
        world.run(until=9.0, log=log)
    (row,) = read(tmp_path / "run", "drops")
    assert (row["time"], row["kind"], row["addressee"], row["reason"]) == (2.0, "Pong", "A", "has left")


def test_one_that_left_can_not_send_or_return(note):
    agent = note("A")
    world = World([agent, note("B")], seed=0)
    world.remove(agent)
    with pytest.raises(LinkError, match="Note 'A' can't send at t=0: it left at t=0"):
        agent.send("B", Ping())
    with pytest.raises(WorldError, match="'A' is not in this world at t=0: it has left"):
        world.remove("A")
    with pytest.raises(WorldError, match="an agent with the name 'A' has left this world"):
        world.add(note("A"))

    def sleepy():
        yield agent.sleep(1.0)

    with pytest.raises(AgentError, match="Note 'A' starts sleepy at t=0, but left at t=0"):
        agent.process(sleepy())


def test_open_questions_of_one_that_leaves_are_withdrawn(note):
    def asks(self):
        yield Question(self)

    agent = note("A", asks)
    world = World([agent], seed=0)
    (question,) = world.advance(until=5.0)
    assert question.agent is agent
    world.remove(agent)
    assert world.advance(until=5.0) == []
    assert world.now == 5.0


def test_everybody_elses_randomness_is_unchanged_by_a_newcomer(note):
    def draws(self):
        while True:
            yield self.sleep(1.0)
            self.seen.append(self.rng.random())

    def world_with(*extra):
        agent = note("A", draws)
        world = World([agent], Network.erdos_renyi(0.5), seed=1)
        world.run(until=3.0)
        for name in extra:
            world.add(note(name, draws))
        world.run(until=9.0)
        return agent.seen

    assert world_with() == world_with("B", "C")
