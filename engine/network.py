"""Who can reach whom: networks are described once and drawn anew for every world."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from .edges import Edges, from_graph, read_table
from .errors import NetworkError
from .latency import LatencySpec, resolve
from .outages import Outage, RandomOutages
from .samplers import (
    Pairs,
    Probability,
    among,
    by_pair,
    check_probability,
    concatenate,
    of_newcomer,
    preferential,
    small_world,
    sparse,
)
from .streams import stream
from .topology import Adjacency, Topology

if TYPE_CHECKING:
    import networkx as nx
    import pyarrow as pa

    from .agent import Agent

Draw = Callable[[Sequence["Agent"], int, int], "Pairs | Edges"]
Newcomer = Callable[["Agent", Sequence["Agent"], int, int], Pairs]


class Network:
    """A description of the links between agents.

    Args:
        draw_pairs: draws the links of one world: called with (agents, seed, episode), returns :data:`Pairs`, or
            :class:`Edges` if links have latencies of their own. The class methods below give the usual ones.
        latency: of every link that has none of its own (see :mod:`catallaxy.engine.latency`); stochastic models have
            a stream for each link.
        directed: whether a link carries messages one way only.
        missing: what happens to a message without a link: ``"refuse"`` raises :class:`LinkError` in the sender,
            ``"drop"`` logs it in the table ``drops``. It is never delivered.
        outages: when links fail and heal: what is sent over a failed one is dropped and logged.
        newcomer: the links of an agent that joins: called with (agent, agents, seed, episode), returns :data:`Pairs`,
            those to it included if the network is directed. Without it, ``World.add`` must be told.
    """

    def __init__(
        self,
        draw_pairs: Draw | None,
        *,
        latency: LatencySpec = 0.0,
        directed: bool = False,
        missing: Literal["refuse", "drop"] = "refuse",
        outages: Outage | RandomOutages | Iterable[Outage | RandomOutages] = (),
        newcomer: Newcomer | None = None,
    ) -> None:
        if missing not in ("refuse", "drop"):
            raise NetworkError(f'missing must be "refuse" or "drop", got {missing!r}')
        if not callable(latency) or isinstance(latency, type):
            resolve(latency, "any agent", "any other")
        self.latency = latency
        self.missing = missing
        self.directed = directed
        self.outages = (outages,) if isinstance(outages, Outage | RandomOutages) else tuple(outages)
        for outage in self.outages:
            if not isinstance(outage, Outage | RandomOutages):
                raise NetworkError(f"outages must be Outage or RandomOutages, got {outage!r}")
        self._draw_pairs = draw_pairs
        self._newcomer = newcomer

    @classmethod
    def complete(cls, **options: Any) -> Self:
        """Everybody can reach everybody."""
        return cls(None, **options)

    @classmethod
    def bipartite(
        cls,
        left: Iterable[Agent | str],
        right: Iterable[Agent | str],
        *,
        probability: Probability = 1.0,
        **options: Any,
    ) -> Self:
        """Each of ``left`` is linked to each of ``right``, independently, with ``probability``.

        ``probability`` may be a function of (left agent, right agent), for example of their types' connectivity.
        """
        left_names, right_names = [_name(a) for a in left], [_name(a) for a in right]
        if not callable(probability):
            check_probability(probability)

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            index = {agent.name: agent.index for agent in agents}
            rows, columns = _indices(left_names, index), _indices(right_names, index)
            return by_pair(agents, rows, columns, probability, seed, episode)

        return cls(draw_pairs, **options)

    @classmethod
    def erdos_renyi(
        cls, probability: Probability | None = None, *, degree: float | None = None, **options: Any
    ) -> Self:
        """Each pair of agents is linked, independently, with equal probability (or a function of the two agents).

        With ``probability`` every pair has a number of its own: further agents redraw nobody's links, and it takes
        time in proportion to the number of pairs (10,000 agents: a second). With ``degree``, the average number of
        links of an agent, it takes time in proportion to the number of links (100,000 agents, a million links: a
        second), and the links depend on the number of agents.
        """
        directed = bool(options.get("directed"))
        if (probability is None) is (degree is None):
            raise NetworkError(f"give either probability or degree, got probability={probability!r}, degree={degree!r}")
        if degree is not None:
            mean_degree = _check_number(degree, "degree", least=0.0)

            def draw_sparse(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
                return sparse(len(agents), mean_degree, stream(seed, episode, "network"), directed)

            return cls(draw_sparse, **options)
        assert probability is not None
        if not callable(probability):
            check_probability(probability)

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            return among(agents, np.arange(len(agents)), probability, seed, episode, directed)

        def newcomer(agent: Agent, agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            return of_newcomer(agent, agents, probability, seed, episode, directed)

        return cls(draw_pairs, newcomer=newcomer, **options)

    @classmethod
    def per_type(
        cls,
        probabilities: Mapping[tuple[Hashable, Hashable], float],
        *,
        type_of: Callable[[Agent], Hashable] | None = None,
        **options: Any,
    ) -> Self:
        """Agents are linked, independently, with a probability that depends on what both are.

        Args:
            probabilities: by pair of types, in either order (in a directed network, from and to), e.g.
                ``{(Client, Maker): 0.5, (Maker, Maker): 1.0}``; pairs that are not named are not linked.
            type_of: an agent's type; by default the first class named in ``probabilities`` of which it is one.
            options: as :class:`Network`.
        """
        named = list(dict.fromkeys(kind for pair in probabilities for kind in pair))
        if type_of is None:
            for kind in named:
                if not isinstance(kind, type):
                    raise NetworkError(f"per_type: {kind!r} is no class of agents; give type_of to say what types are")
        directed = bool(options.get("directed"))
        table: dict[tuple[Hashable, Hashable], float] = {}
        for (left, right), value in probabilities.items():
            table[left, right] = check_probability(value)
            if not directed and table.get((right, left), value) != value:
                raise NetworkError(f"per_type gives two probabilities for the pair {(left, right)!r}")
        if not directed:
            table = {pair: value for pair, value in table.items() if pair[0] == pair[1] or pair[::-1] not in table} | {
                pair: value for pair, value in table.items() if named.index(pair[0]) < named.index(pair[1])
            }

        def group(agent: Agent) -> Hashable:
            if type_of is not None:
                return type_of(agent)
            return next((kind for kind in named if isinstance(kind, type) and isinstance(agent, kind)), None)

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            groups: dict[Hashable, list[int]] = {kind: [] for kind in named}
            for agent in agents:
                groups.setdefault(group(agent), []).append(agent.index)
            found = []
            for (left, right), value in table.items():
                rows, columns = (np.array(groups[kind], np.int64) for kind in (left, right))
                if left == right:
                    found.append(among(agents, rows, value, seed, episode, directed))
                else:
                    found.append(by_pair(agents, rows, columns, value, seed, episode, directed))
            return concatenate(found)

        def probability(sender: Agent, receiver: Agent) -> float:
            pair = (group(sender), group(receiver))
            return table.get(pair, 0.0 if directed else table.get(pair[::-1], 0.0))

        def newcomer(agent: Agent, agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            return of_newcomer(agent, agents, probability, seed, episode, directed)

        return cls(draw_pairs, newcomer=newcomer, **options)

    @classmethod
    def scale_free(cls, links: int, **options: Any) -> Self:
        """Each agent links to ``links`` earlier ones, rather those with many (Barabasi & Albert 1999)."""
        least = _check_integer(links, "links")

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            if len(agents) <= least:
                raise NetworkError(f"a scale-free network with links={least} needs more agents, got {len(agents)}")
            return preferential(len(agents), least, stream(seed, episode, "network"))

        return cls(draw_pairs, **options)

    @classmethod
    def small_world(cls, neighbours: int, rewired: float, **options: Any) -> Self:
        """A ring, each agent linked to its ``neighbours`` nearest (an even number); a share ``rewired`` of these links
        goes to anybody instead (Watts & Strogatz 1998).
        """
        nearest = _check_integer(neighbours, "neighbours")
        if nearest % 2:
            raise NetworkError(f"neighbours must be even, as many on either side, got {neighbours!r}")
        check_probability(rewired)

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            if len(agents) <= nearest:
                raise NetworkError(f"a small world with neighbours={nearest} needs more agents, got {len(agents)}")
            return small_world(len(agents), nearest, rewired, stream(seed, episode, "network"))

        return cls(draw_pairs, **options)

    @classmethod
    def from_graph(
        cls, graph: nx.Graph | Callable[[np.random.Generator], nx.Graph], *, latency: LatencySpec = 0.0, **options: Any
    ) -> Self:
        """The links of a networkx graph, or of one that a function of a Generator draws for each world.

        A node is an agent's name or, if it is an integer, its place in the world's order. An edge may have an
        attribute ``latency``, a number or a :class:`Latency`; the others have the ``latency`` given here. A directed
        graph gives a directed network (say ``directed=True`` if a function draws it).
        """
        directed = bool(options.pop("directed", not callable(graph) and graph.is_directed()))

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Edges:
            drawn = graph(stream(seed, episode, "network")) if callable(graph) else graph
            if drawn.is_directed() and not directed:
                raise NetworkError("a directed graph was drawn for an undirected network: say directed=True")
            return from_graph(drawn, agents)

        return cls(draw_pairs, directed=directed, latency=latency, **options)

    @classmethod
    def from_table(
        cls, table: str | Path | pa.Table, *, source: str = "source", target: str = "target", **options: Any
    ) -> Self:
        """The links listed in a CSV or Parquet file, or a pyarrow table: a row a link.

        The columns ``source`` and ``target`` hold agents' names; a column ``latency``, if there is one, the links'
        latencies (empty: that of the network).

        Raises:
            NetworkError: the table can't be read, or a row of it can't be used; names file and line.
        """
        rows = read_table(table, source, target)
        return cls(lambda agents, seed, episode: rows.edges(agents), **options)

    # -- for worlds ----------------------------------------------------------------------------------------------

    def compile(self, agents: Sequence[Agent], seed: int, episode: int) -> Topology:
        """Draw the links of one world. ``agents`` is its list by index, which later agents are appended to."""
        if self._draw_pairs is None:
            return Topology(self, agents, seed, episode, None)
        drawn = self._draw_pairs(agents, seed, episode)
        edges = drawn if isinstance(drawn, Edges) else Edges(*drawn)
        adjacency = Adjacency.compile(
            np.asarray(edges.sources, np.int64), np.asarray(edges.targets, np.int64), edges.latencies, len(agents),
            self.directed,
        )  # fmt: skip
        return Topology(self, agents, seed, episode, adjacency)

    @property
    def admits(self) -> bool:
        """Whether it has a rule for the links of an agent that joins."""
        return self._draw_pairs is None or self._newcomer is not None

    def newcomer(self, agent: Agent, agents: Sequence[Agent], seed: int, episode: int) -> list[tuple[Agent, Agent]]:
        """The links of ``agent``, who joins, as (from, to); the network has a rule for that."""
        assert self._newcomer is not None
        sources, targets = self._newcomer(agent, agents, seed, episode)
        pairs = [(agents[i], agents[j]) for i, j in zip(sources.tolist(), targets.tolist(), strict=True)]
        return [(i, j) for i, j in pairs if i.left_at is None and j.left_at is None]


def _name(agent: Agent | str) -> str:
    return agent if isinstance(agent, str) else agent.name


def _indices(names: list[str], index: dict[str, int]) -> npt.NDArray[np.int64]:
    try:
        return np.array([index[name] for name in names], dtype=np.int64)
    except KeyError as error:
        raise NetworkError(f"the network names {error.args[0]!r}, which is no agent of this world") from None


def _check_integer(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise NetworkError(f"{name} must be an integer of at least 1, got {value!r}")
    return value


def _check_number(value: float, name: str, least: float) -> float:
    if not least <= value < float("inf"):
        raise NetworkError(f"{name} must be a finite number of at least {least:g}, got {value!r}")
    return float(value)
