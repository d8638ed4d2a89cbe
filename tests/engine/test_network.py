"""Networks: who is linked to whom, as described, and nobody else."""

import networkx as nx
import numpy as np
import pytest

from catallaxy.engine import (
    Agent,
    DelayError,
    ExponentialLatency,
    Message,
    Network,
    NetworkError,
    World,
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
