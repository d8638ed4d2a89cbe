"""Links that fail and heal, on a schedule, at random, and by hand."""

import networkx as nx
import numpy as np
import pytest

from catallaxy.engine import (
    Agent,
    DelayError,
    ExponentialLatency,
    LinkError,
    Message,
    Network,
    NetworkError,
    Outage,
    RandomOutages,
    World,
    on,
)


class Ping(Message):
    pass


class Counts(Agent):
    def __init__(self, name):
        super().__init__(name)
        self.heard = []

    @on(Ping)
    def hear(self, ping):
        self.heard.append(self.now)


def every_second(self):
    while True:
        yield self.sleep(1.0)
        self.send("C", Ping())


def test_a_scheduled_outage_drops_and_logs(note, tmp_path, read):
    counts = Counts("C")
    network = Network.complete(latency=0.75, outages=Outage("C", "A", start=2.5, end=4.5))
    World([note("A", every_second), counts], network, seed=0).run(until=7.5, log=tmp_path / "run")
    assert counts.heard == [1.75, 2.75, 5.75, 6.75]
    drops = read(tmp_path / "run", "drops")
    assert [(row["time"], row["agent"], row["addressee"], row["reason"]) for row in drops] == [
        (3.0, "A", "C", "link is down"),
        (4.0, "A", "C", "link is down"),
    ]
    links = [(row["time"], row["agent"], row["neighbour"], row["up"]) for row in read(tmp_path / "run", "links")]
    assert links == [
        (0.0, "A", "C", True), (0.0, "C", "A", True),
        (2.5, "C", "A", False), (2.5, "A", "C", False),
        (4.5, "C", "A", True), (4.5, "A", "C", True),
    ]  # fmt: skip


def test_an_outage_of_a_directed_network_is_one_way(note):
    graph = nx.DiGraph([("A", "C"), ("C", "A")])
    counts = Counts("C")
    network = Network.from_graph(graph, outages=Outage("C", "A", start=0.5))
    World([note("A", every_second), counts], network, seed=0).run(until=3.5)
    assert counts.heard == [1.0, 2.0, 3.0]


def test_a_healed_link_goes_on_with_its_random_stream(note):
    def times(*outages):
        counts = Counts("C")
        network = Network.complete(latency=ExponentialLatency(0.1), outages=outages)
        World([note("A", every_second), counts], network, seed=0).run(until=50.0)
        return counts.heard

    whole, broken = times(), times(Outage("A", "C", 10.5, 20.5))
    assert len(broken) == len(whole) - 10
    assert broken[:10] == whole[:10]
    delays = [time % 1.0 for time in sorted(broken)]
    assert delays == pytest.approx([time % 1.0 for time in sorted(whole)][: len(delays)])


def test_random_outages_have_their_rates(note):
    """Share of time up = up / (up + down), over 190 links and 400 time units, within 4 standard errors."""
    agents = [note(f"{i}") for i in range(20)]
    world = World(agents, Network.complete(outages=RandomOutages(up=3.0, down=1.0)), seed=0)
    shares = []
    for time in range(10, 400, 8):
        world.run(until=time)
        up = [world.topology.is_up(a, b) for a in agents for b in agents if a.index < b.index]
        shares.append(np.mean(up))
        assert all(
            world.topology.is_up(b, a) == world.topology.is_up(a, b) for a in agents for b in agents if a is not b
        )
    assert abs(np.mean(shares) - 0.75) < 4 * (0.75 * 0.25 / (190 * len(shares))) ** 0.5


def test_random_outages_of_a_link_do_not_depend_on_other_agents(note, tmp_path, read):
    def failures(*names):
        network = Network.complete(outages=RandomOutages(up=3.0, down=1.0))
        folder = tmp_path / "-".join(names)
        World([note(name) for name in names], network, seed=0).run(until=30.0, log=folder)
        return [
            (row["time"], row["up"]) for row in read(folder, "links") if (row["agent"], row["neighbour"]) == ("A", "B")
        ]

    assert failures("A", "B") == failures("C", "A", "D", "B")
    assert len(failures("A", "B")) > 5


def test_links_can_be_switched_by_hand_and_made(note):
    world = World([note("A"), note("B"), note("C")], Network.from_graph(nx.Graph([("A", "B")])), seed=0)
    a, b, c = world.agents.values()
    world.topology.fail(a, b)
    world.topology.fail(a, b)
    assert not world.topology.is_up(b, a)
    assert a.send("B", Ping()) == 0
    world.topology.heal(b, a)
    assert world.topology.is_up(a, b)
    with pytest.raises(NetworkError, match="there is no link from Note 'A' to Note 'C'"):
        world.topology.fail(a, c)
    with pytest.raises(LinkError):
        a.send("C", Ping())
    world.topology.connect(a, c, latency=2.0)
    assert a.neighbours() == ("B", "C")
    assert c.links["A"].delay == 2.0


@pytest.mark.parametrize(
    ("outage", "fault"),
    [
        (lambda: Outage("A", "B", start=-1.0), "Outage.start must be a finite number and not negative, got -1.0"),
        (lambda: Outage("A", "B", start=2.0, end=1.0), "Outage.end must be after start, got start=2.0 and end=1.0"),
        (lambda: RandomOutages(up=0.0, down=1.0), "RandomOutages.up must be positive, got 0.0"),
    ],
)
def test_outages_that_make_no_sense_are_refused(outage, fault):
    with pytest.raises(DelayError, match=fault):
        outage()


def test_an_outage_of_a_link_that_is_not_there_is_refused(note):
    with pytest.raises(NetworkError, match="names 'Z', which is no agent of this world"):
        World([note("A"), note("B")], Network.complete(outages=Outage("A", "Z", start=1.0)), seed=0)
    with pytest.raises(NetworkError, match="there is no link from 'A' to 'B'"):
        World([note("A"), note("B")], Network.erdos_renyi(0.0, outages=Outage("A", "B", start=1.0)), seed=0)
