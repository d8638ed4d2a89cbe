"""Whatever the graph, latencies and priorities, and whoever fails, joins or leaves: what the engine promises holds.

Hypothesis draws a scenario; a model of links written here says what must become of every message.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import combinations
from pathlib import Path

import attrs
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from catallaxy.engine import (
    Agent,
    ConstantLatency,
    EventLog,
    ExponentialLatency,
    LogNormalLatency,
    Message,
    Network,
    UniformLatency,
    World,
    on,
)

END = 40.0


class Ping(Message):
    number: int


class Pong(Message):
    pass


class Hears(Agent):
    """Notes what it gets; some answer, some are busy for a while with each message."""

    def __init__(self, name, capacity, answers):
        super().__init__(name)
        self.capacity, self.answers = capacity, answers
        self.heard = []

    @on(Ping)
    def hear(self, ping):
        self.heard.append((ping.sequence, ping.number))
        if self.capacity is not None:
            yield self.sleep(0.3)
        if self.answers and ping.sender in self.neighbours():
            self.reply(ping, Pong())

    @on(Pong)
    def note(self, pong):
        self.heard.append((pong.sequence, -1))


LATENCIES = st.sampled_from(
    [ConstantLatency(0.0), ConstantLatency(0.5), UniformLatency(0.0, 2.0), ExponentialLatency(0.7, minimum=0.1),
     LogNormalLatency(0.3, 1.0)]
)  # fmt: skip
AGENTS = st.integers(0, 5)
ACTIONS = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda n: n / 4),
        st.sampled_from(["send"] * 6 + ["fail", "heal", "leave", "join"]),
        AGENTS,
        AGENTS,
        st.integers(0, 3),
    ),
    max_size=50,
)


@attrs.define
class Model:
    """Who is linked to whom, as it ought to be."""

    links: set[tuple[int, int]]
    down: set[tuple[int, int]] = attrs.Factory(set)
    left: dict[int, float] = attrs.Factory(dict)
    sent: dict[int, int] = attrs.Factory(dict)
    refused: list[float] = attrs.Factory(list)

    def connected(self, a: int, b: int) -> bool:
        return (a, b) in self.links and (a, b) not in self.down


def play(count, edges, latency, actions, capacity, answers, folder):
    """Run a scenario; returns the world, the model, and all agents that ever were."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(edges)
    network = Network.from_graph(graph, latency=latency, missing="drop")
    agents = [Hears(str(i), capacity if i % 2 else None, answers and i % 3 == 0) for i in range(count)]
    world = World(agents, network, seed=1)
    model = Model({*edges, *(edge[::-1] for edge in edges)})
    with EventLog(folder, seed=1) as log:
        for time, action, a, b, priority in sorted(actions, key=lambda action: action[0]):
            world.run(until=time, log=log)
            a, b = a % len(agents), b % len(agents)
            act(world, model, agents, action, a, b, priority)
        world.run(until=END, log=log)
    return world, model, agents


def act(world, model, agents, action, a, b, priority):
    here = a not in model.left
    pair = {(a, b), (b, a)}
    if action == "send" and here and a != b:
        sequence = agents[a].send(str(b), Ping(number=len(model.sent)), priority=priority)
        assert bool(sequence) is model.connected(a, b)
        if sequence:
            model.sent[sequence] = b
        else:
            model.refused.append(world.now)
    elif action in ("fail", "heal") and here and b not in model.left and (a, b) in model.links:
        getattr(world.topology, action)(agents[a], agents[b])
        model.down = model.down | pair if action == "fail" else model.down - pair
    elif action == "leave" and here and len(world.agents) > 1:
        world.remove(agents[a])
        model.left[a] = world.now
    elif action == "join" and len(agents) < 9 and here:
        agents.append(Hears(str(len(agents)), None, False))
        world.add(agents[-1], neighbours=[str(a)])
        model.links |= {(a, len(agents) - 1), (len(agents) - 1, a)}


def rows_of(folder: Path, table: str) -> list[dict]:
    path = folder / "events" / f"{table}.arrows"
    if not path.exists():
        return []
    with pa.ipc.open_stream(path) as stream:
        return stream.read_all().to_pylist()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    count=st.integers(2, 6),
    density=st.floats(0, 1),
    order=st.randoms(use_true_random=False),
    latency=LATENCIES,
    actions=ACTIONS,
    capacity=st.sampled_from([None, 1, 2]),
    answers=st.booleans(),
)
def test_promises_hold_for_any_scenario(count, density, order, latency, actions, capacity, answers):
    edges = {pair for pair in combinations(range(count), 2) if order.random() < density}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        world, model, agents = play(count, edges, latency, actions, capacity, answers, folder)
        messages = rows_of(folder, "pings") + rows_of(folder, "pongs")
        drops = rows_of(folder, "drops")
        everything = [row for path in (folder / "events").glob("*") for row in rows_of(folder, path.stem)]
    nothing_without_a_link(messages, model)
    all_accounted_for(messages, drops, agents, model)
    time_and_causes_run_forward(everything)
    assert world.now == END


def nothing_without_a_link(messages, model):
    for row in messages:
        assert (int(row["sender"]), int(row["receiver"])) in model.links
    assert {row["sequence"] for row in messages if row["in_reply_to"] is None} == set(model.sent)


def all_accounted_for(messages, drops, agents, model):
    """Each message was delivered once, or dropped once because its receiver had left or was still busy."""
    delivered = Counter(sequence for agent in agents for sequence, _ in agent.heard)
    late = Counter(row["message"] for row in drops if row["message"])
    assert all(row["reason"] == "has left" and row["cause"] == row["message"] for row in drops if row["message"])
    assert max(delivered.values(), default=1) == max(late.values(), default=1) == 1
    for row in messages:
        receiver, arrives = agents[int(row["receiver"])], row["time"] + row["latency"]
        fate = delivered[row["sequence"]] + late[row["sequence"]]
        gone = model.left.get(receiver.index, END)
        if arrives >= gone and gone < END:
            assert (delivered[row["sequence"]], late[row["sequence"]]) == (0, 1)
        elif receiver.capacity is None and arrives < END:
            assert (delivered[row["sequence"]], late[row["sequence"]]) == (1, 0)
        else:  # it may wait for a busy agent, until that leaves
            assert fate <= 1
    times = sorted(row["time"] for row in drops if not row["message"] and row["kind"] == "Ping")
    assert times == model.refused
    for agent in agents:
        if agent.capacity is None:
            assert [sequence for sequence, _ in agent.heard] == in_order(messages, agent)


def in_order(messages, agent):
    """Sequence numbers of an agent's messages in order of arrival, where the order does not hang on a tie."""
    heard = {sequence for sequence, _ in agent.heard}
    arrival = {row["sequence"]: row["time"] + row["latency"] for row in messages if row["sequence"] in heard}
    place = {sequence: n for n, (sequence, _) in enumerate(agent.heard)}
    return sorted(arrival, key=lambda sequence: (arrival[sequence], place[sequence]))


def time_and_causes_run_forward(rows):
    numbered = sorted((row for row in rows if row["sequence"]), key=lambda row: row["sequence"])
    assert len({row["sequence"] for row in numbered}) == len(numbered)
    times = [row["time"] for row in numbered]
    assert times == sorted(times)
    assert all(row["cause"] is None or row["cause"] < row["sequence"] for row in rows)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    sends=st.lists(
        st.tuples(st.integers(0, 8).map(lambda n: n / 2), st.integers(0, 2), st.integers(0, 3)), max_size=40
    ),
    delays=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=3, max_size=3),
)
def test_ties_go_by_priority_and_then_first_sent_first(sends, delays):
    """Three senders at constant distances from one receiver; arrivals often coincide."""
    receiver = Hears("R", None, False)
    network = Network.complete(latency=lambda sender, _: delays[int(sender)] if sender != "R" else 0.0)
    world = World([receiver, *(Agent(str(i)) for i in range(3))], network, seed=0)
    expected = []
    for time, sender, priority in sorted(sends, key=lambda send: send[0]):
        world.run(until=time)
        sequence = world.agents[str(sender)].send("R", Ping(number=0), priority=priority)
        expected.append((time + delays[sender], priority, sequence))
    world.run(until=END)
    assert [sequence for sequence, _ in receiver.heard] == [sequence for *_, sequence in sorted(expected)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(cuts=st.lists(st.floats(0, 30, allow_nan=False), max_size=8), latency=LATENCIES, seed=st.integers(0, 2**70))
def test_a_run_cut_anywhere_is_the_same_run(cuts, latency, seed):
    class Chats(Hears):
        def run(self):
            while True:
                yield self.sleep(self.rng.exponential(2.0))
                yield self.ask(self.neighbours(), Ping(number=0), timeout=1.0)

    def heard(*ends):
        agents = [Chats(str(i), 1 if i == 1 else None, i % 2) for i in range(4)]
        world = World(agents, Network.erdos_renyi(0.8, latency=latency), seed=seed)
        for end in ends:
            world.run(until=end)
        return [agent.heard for agent in agents]

    assert heard(*sorted(cuts), 30.0) == heard(30.0)
