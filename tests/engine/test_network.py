"""Networks: who is linked to whom, as described, and nobody else."""

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catallaxy.engine import (
    Agent,
    ConstantLatency,
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
from catallaxy.engine.edges import Edges


class Ping(Message):
    pass


class Maker(Agent):
    connectivity = 0.5


class Client(Agent):
    pass


def people(kind, count, prefix=""):
    return [kind(f"{prefix or kind.__name__} {i}") for i in range(count)]


def links_of(world) -> set[tuple[str, str]]:
    return {(name, other) for name, agent in world.agents.items() for other in agent.neighbours()}


def density(world) -> float:
    count = len(world.agents)
    return len(links_of(world)) / (count * (count - 1))


def test_without_a_network_everybody_reaches_everybody_else():
    world = World(people(Agent, 4), seed=0)
    assert world.agents["Agent 1"].neighbours() == ("Agent 0", "Agent 2", "Agent 3")
    assert density(world) == 1.0


def test_neighbours_come_in_order_of_the_world_and_by_class():
    world = World([Client("z"), Maker("m"), Client("a")], seed=0)
    assert world.agents["m"].neighbours() == ("z", "a")
    assert world.agents["z"].neighbours(Maker) == ("m",)
    assert world.agents["z"].neighbours(Client) == ("a",)


def test_bipartite_links_only_across_both_ways():
    makers, clients = people(Maker, 3), people(Client, 4)
    world = World([*makers, *clients], Network.bipartite(clients, [m.name for m in makers]), seed=0)
    across = {(c.name, m.name) for c in clients for m in makers}
    assert links_of(world) == across | {pair[::-1] for pair in across}


@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 1.0])
def test_erdos_renyi_links_each_pair_with_its_probability(probability):
    """The share of 44,850 pairs lies within 4 standard errors."""
    world = World(people(Agent, 300), Network.erdos_renyi(probability), seed=3)
    pairs = 300 * 299 / 2
    assert abs(density(world) - probability) <= 4 * (probability * (1 - probability) / pairs) ** 0.5
    links = links_of(world)
    assert all((b, a) in links for a, b in links)


@pytest.mark.parametrize("directed", [False, True])
def test_sparse_erdos_renyi_has_the_degree_asked_for(directed):
    world = World(people(Agent, 2_000), Network.erdos_renyi(degree=10.0, directed=directed), seed=3)
    degrees = np.array([len(agent.neighbours()) for agent in world.agents.values()])
    assert abs(degrees.mean() - 10.0) <= 4 * (20.0 / 2_000) ** 0.5
    assert 0.8 <= degrees.var() / 10.0 <= 1.2
    links = links_of(world)
    assert not any(a == b for a, b in links)
    both = sum((b, a) in links for a, b in links)
    assert both < 0.05 * len(links) if directed else both == len(links)


def test_sparse_erdos_renyi_reaches_the_extremes():
    assert density(World(people(Agent, 30), Network.erdos_renyi(degree=29.0), seed=0)) == 1.0
    assert density(World(people(Agent, 30), Network.erdos_renyi(degree=0.0), seed=0)) == 0.0
    assert density(World(people(Agent, 30), Network.erdos_renyi(degree=100.0), seed=0)) == 1.0
    assert links_of(World(people(Agent, 1), Network.erdos_renyi(degree=3.0), seed=0)) == set()


def test_every_pair_of_a_sparse_network_is_equally_likely():
    """Over 600 worlds each of 15 pairs is linked 200 times, within 4.5 standard errors."""
    counts: dict[tuple[str, str], int] = {}
    for episode in range(600):
        world = World(people(Agent, 6), Network.erdos_renyi(degree=5 / 3), seed=0, episode=episode)
        for pair in links_of(world):
            counts[pair] = counts.get(pair, 0) + 1
    assert len(counts) == 30
    assert all(abs(count - 200) < 4.5 * (600 * 2 / 9) ** 0.5 for count in counts.values())


def test_a_directed_erdos_renyi_draws_each_direction():
    links = links_of(World(people(Agent, 100), Network.erdos_renyi(0.3, directed=True), seed=0))
    assert abs(len(links) / 9_900 - 0.3) < 4 * (0.21 / 9_900) ** 0.5
    mutual = sum((b, a) in links for a, b in links) / len(links)
    assert abs(mutual - 0.3) < 0.06


def test_probability_may_depend_on_both_agents():
    makers, clients = people(Maker, 40), people(Client, 50)
    for place, maker in enumerate(makers):
        maker.connectivity = place % 2
    network = Network.bipartite(clients, makers, probability=lambda client, maker: maker.connectivity)
    World([*makers, *clients], network, seed=0)
    assert {len(maker.neighbours()) for maker in makers[0::2]} == {0}
    assert {len(maker.neighbours()) for maker in makers[1::2]} == {50}
    everywhere = World(people(Maker, 40), Network.erdos_renyi(lambda a, b: a.connectivity * b.connectivity), seed=0)
    assert 0.15 < density(everywhere) < 0.35


@pytest.mark.parametrize("directed", [False, True])
def test_per_type_connectivity(directed):
    network = Network.per_type({(Client, Maker): 0.5, (Maker, Maker): 1.0}, directed=directed)
    world = World([*people(Client, 100), *people(Maker, 50), *people(Agent, 10)], network, seed=2)
    clients = [agent for agent in world.agents.values() if isinstance(agent, Client)]
    makers = [agent for agent in world.agents.values() if isinstance(agent, Maker)]
    assert all(len(maker.neighbours(Maker)) == 49 for maker in makers)
    assert all(len(client.neighbours(Client)) == 0 for client in clients)
    share = np.mean([len(client.neighbours(Maker)) for client in clients]) / 50
    assert abs(share - 0.5) < 4 * 0.5 / 5_000**0.5
    assert (sum(len(maker.neighbours(Client)) for maker in makers) == 0) is directed
    assert all(not world.agents[f"Agent {i}"].neighbours() for i in range(10))


def test_types_may_be_anything_that_a_function_says():
    network = Network.per_type({("even", "odd"): 1.0}, type_of=lambda agent: ("even", "odd")[int(agent.name) % 2])
    world = World([Agent(str(i)) for i in range(6)], network, seed=0)
    assert world.agents["0"].neighbours() == ("1", "3", "5")
    assert world.agents["3"].neighbours() == ("0", "2", "4")


def test_per_type_refuses_two_answers_for_one_pair():
    with pytest.raises(NetworkError, match="gives two probabilities for the pair"):
        Network.per_type({(Client, Maker): 0.5, (Maker, Client): 0.4})
    with pytest.raises(NetworkError, match="'client' is no class of agents; give type_of"):
        Network.per_type({("client", "maker"): 0.5})
    both = Network.per_type({(Client, Maker): 1.0, (Maker, Client): 1.0})
    assert len(links_of(World([Client("c"), Maker("m")], both, seed=0))) == 2


def test_scale_free_has_its_number_of_links_and_some_hubs():
    world = World(people(Agent, 1_000), Network.scale_free(3), seed=1)
    degrees = np.array([len(agent.neighbours()) for agent in world.agents.values()])
    assert degrees.sum() == 2 * 3 * (1_000 - 3)
    assert degrees.min() >= 1
    assert degrees.max() > 10 * np.median(degrees)


def test_a_small_world_is_a_ring_with_short_cuts():
    ring = World(people(Agent, 60), Network.small_world(4, 0.0), seed=1)
    assert ring.agents["Agent 0"].neighbours() == ("Agent 1", "Agent 2", "Agent 58", "Agent 59")
    rewired = World(people(Agent, 60), Network.small_world(4, 0.2), seed=1)
    assert len(links_of(rewired)) == len(links_of(ring)) == 240
    assert 0.05 < 1 - len(links_of(rewired) & links_of(ring)) / 240 < 0.4


def test_a_network_is_drawn_anew_for_each_seed_and_episode_and_equally_for_equal_ones():
    for network in (
        Network.erdos_renyi(0.5),
        Network.erdos_renyi(degree=6.0),
        Network.scale_free(2),
        Network.small_world(4, 0.5),
        Network.per_type({(Agent, Agent): 0.4}),
        Network.from_graph(lambda rng: nx.gnp_random_graph(20, 0.4, seed=rng)),
    ):

        def draw(seed, episode, network=network):
            return links_of(World(people(Agent, 20), network, seed=seed, episode=episode))

        assert draw(0, 0) == draw(0, 0)
        assert len({frozenset(draw(seed, episode)) for seed in (0, 1) for episode in (0, 1)}) == 4


def test_further_agents_redraw_nobodys_links():
    base = people(Agent, 30)
    for network in (Network.erdos_renyi(0.4), Network.per_type({(Agent, Agent): 0.4})):
        few = links_of(World(people(Agent, 30), network, seed=0))
        many = World([*people(Agent, 5, "new"), *people(Agent, 30), *people(Agent, 5, "late")], network, seed=0)
        names = {agent.name for agent in base}
        assert {(a, b) for a, b in links_of(many) if a in names and b in names} == few


# -- graphs and tables ------------------------------------------------------------------------------------------------


def test_a_graph_of_names_or_places():
    names = World([Agent("a"), Agent("b"), Agent("c")], Network.from_graph(nx.Graph([("a", "c")])), seed=0)
    places = World([Agent("a"), Agent("b"), Agent("c")], Network.from_graph(nx.Graph([(0, 2)])), seed=0)
    assert links_of(names) == links_of(places) == {("a", "c"), ("c", "a")}


def test_a_directed_graph_gives_a_directed_network():
    world = World([Agent("a"), Agent("b")], Network.from_graph(nx.DiGraph([("a", "b")])), seed=0)
    assert links_of(world) == {("a", "b")}
    with pytest.raises(NetworkError, match="say directed=True"):
        World([Agent("a"), Agent("b")], Network.from_graph(lambda rng: nx.DiGraph([("a", "b")])), seed=0)


def test_edges_have_latencies_of_their_own():
    graph = nx.Graph()
    graph.add_edge("a", "b", latency=2.0)
    graph.add_edge("a", "c", latency=ExponentialLatency(1.0))
    graph.add_edge("b", "c")
    world = World([Agent("a"), Agent("b"), Agent("c")], Network.from_graph(graph, latency=0.5), seed=0)
    assert world.agents["b"].links["a"].latency == ConstantLatency(2.0)
    assert world.agents["c"].links["a"].latency == ExponentialLatency(1.0)
    assert world.agents["c"].links["b"].latency == ConstantLatency(0.5)


def test_a_graph_of_strangers_is_refused():
    for node in ("Zoe", 3, -1):
        with pytest.raises(NetworkError, match=f"the graph's node {node!r} is no agent of this world"):
            World([Agent("a"), Agent("b")], Network.from_graph(nx.Graph([("a", node)])), seed=0)
    with pytest.raises(NetworkError, match="the network names 'Zoe', which is no agent"):
        World([Agent("a")], Network.bipartite(["a"], ["Zoe"]), seed=0)


CSV = "source,target,latency\na,b,0.5\n\na,007,\n"


@pytest.mark.parametrize("how", ["csv", "parquet", "table"])
def test_an_edge_table(tmp_path, how):
    rows = {"source": ["a", "a"], "target": ["b", "007"], "latency": [0.5, None]}
    if how == "csv":
        table = tmp_path / "edges.csv"
        table.write_text(CSV)
    elif how == "parquet":
        table = tmp_path / "edges.parquet"
        pq.write_table(pa.table(rows), table)
    else:
        table = pa.table(rows)
    world = World([Agent("a"), Agent("b"), Agent("007")], Network.from_table(table, latency=3.0), seed=0)
    assert links_of(world) == {("a", "b"), ("b", "a"), ("a", "007"), ("007", "a")}
    assert world.agents["b"].links["a"].delay == 0.5
    assert world.agents["007"].links["a"].delay == 3.0
    one_way = World([Agent("a"), Agent("b"), Agent("007")], Network.from_table(table, directed=True), seed=0)
    assert links_of(one_way) == {("a", "b"), ("a", "007")}


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("source,target\na,b\n\na,Zoe\n", 4, "'Zoe' is no agent of this world"),
        ("source,target\na,b\na,\n", 3, "target is empty; it must be an agent's name"),
        ("source,target,latency\na,b,1\na,c,soon\n", 3, "latency must be a finite number and not negative, got 'soon'"),
        ("source,target,latency\na,b,-1\n", 2, "latency must be a finite number and not negative, got '-1'"),
        ("source,target,latency\na,b,nan\n", 2, "latency must be a finite number and not negative, got 'nan'"),
        ("source,target\na,b\na,b,c\n", 3, "can't be read"),
    ],
)
def test_a_bad_row_of_a_table_is_named_by_file_and_line(tmp_path, text, line, fault):
    path = tmp_path / "edges.csv"
    path.write_text(text)
    with pytest.raises(NetworkError) as caught:
        World([Agent("a"), Agent("b"), Agent("c")], Network.from_table(path), seed=0)
    assert f"{path}:{line}" in str(caught.value)
    assert fault in str(caught.value)


def test_an_unreadable_table_is_named(tmp_path):
    with pytest.raises(NetworkError, match=r"edges\.csv does not exist"):
        Network.from_table(tmp_path / "edges.csv")
    path = tmp_path / "edges.csv"
    path.write_text("from,to\na,b\n")
    with pytest.raises(NetworkError, match=r"edges\.csv has no column 'source'; it has: from, to"):
        Network.from_table(path)
    assert links_of(World([Agent("a"), Agent("b")], Network.from_table(path, source="from", target="to"), seed=0))
    with pytest.raises(NetworkError, match=r"must be a \.csv or \.parquet file"):
        Network.from_table(tmp_path / "edges.xlsx")
    bad = tmp_path / "edges.parquet"
    bad.write_text("no")
    with pytest.raises(NetworkError, match=r"edges\.parquet can't be read"):
        Network.from_table(bad)


def test_a_network_of_ones_own():
    def star(agents, seed, episode):
        others = np.arange(1, len(agents))
        return Edges(np.zeros(len(others), np.int64), others, np.full(len(others), 0.25))

    world = World(people(Agent, 4), Network(star), seed=0)
    assert world.agents["Agent 0"].neighbours() == ("Agent 1", "Agent 2", "Agent 3")
    assert world.agents["Agent 3"].links["Agent 0"].delay == 0.25


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Network.erdos_renyi(1.5), r"probability must lie in \[0, 1\], got 1.5"),
        (lambda: Network.erdos_renyi(float("nan")), r"probability must lie in \[0, 1\], got nan"),
        (lambda: Network.erdos_renyi(), "give either probability or degree"),
        (lambda: Network.erdos_renyi(degree=-1.0), "degree must be a finite number of at least 0, got -1.0"),
        (lambda: Network.scale_free(0), "links must be an integer of at least 1, got 0"),
        (lambda: Network.small_world(3, 0.1), "neighbours must be even, as many on either side, got 3"),
        (lambda: Network.small_world(4, 2.0), r"probability must lie in \[0, 1\], got 2.0"),
        (lambda: Network.complete(missing="ignore"), 'missing must be "refuse" or "drop", got \'ignore\''),
        (lambda: Network.complete(outages=[3]), "outages must be Outage or RandomOutages, got 3"),
        (lambda: World([Agent("a")], Network.scale_free(1), seed=0), "needs more agents, got 1"),
    ],
)
def test_networks_that_make_no_sense_are_refused(make, fault):
    with pytest.raises(NetworkError, match=fault):
        make()


@pytest.mark.parametrize("latency", [-1.0, float("nan"), "fast", ExponentialLatency])
def test_latencies_that_make_no_sense_are_refused(note, latency):
    def sends(self):
        self.send("B", Ping())
        yield

    with pytest.raises(DelayError):
        World([note("A", sends), note("B")], Network.complete(latency=latency), seed=0).run(until=1.0)


# -- links that fail and heal -----------------------------------------------------------------------------------------


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
