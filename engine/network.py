"""Who can reach whom: networks are described once and drawn anew for every world."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from .errors import LinkError, NetworkError
from .latency import ConstantLatency, Latency, LatencySpec, resolve
from .streams import Stream, keys, pair_uniform, stream

if TYPE_CHECKING:
    import networkx as nx

    from .agent import Agent

Indices = npt.NDArray[np.int64]
Pairs = tuple[Indices, Indices]
"""Links as two index arrays of equal length: from agent, to agent."""

Probability = float | Callable[["Agent", "Agent"], float]


class Network:
    """A description of the links between agents.

    Args:
        draw_pairs: draws the links of one world: called with (agents, seed, episode), returns :data:`Pairs`.
            The class methods below give the usual ones.
        latency: of every link (see :mod:`catallaxy.engine.latency`); stochastic models have a stream for each link.
        directed: whether a link carries messages one way only.
        missing: what happens to a message without a link: ``"refuse"`` raises :class:`LinkError` in the sender,
            ``"drop"`` logs it in the table ``drops``. It is never delivered.
    """

    def __init__(
        self,
        draw_pairs: Callable[[Sequence[Agent], int, int], Pairs] | None,
        *,
        latency: LatencySpec = 0.0,
        directed: bool = False,
        missing: Literal["refuse", "drop"] = "refuse",
    ) -> None:
        if missing not in ("refuse", "drop"):
            raise NetworkError(f'missing must be "refuse" or "drop", got {missing!r}')
        if not callable(latency):
            resolve(latency, "any agent", "any other")
        self.latency = latency
        self.missing = missing
        self._directed = directed
        self._draw_pairs = draw_pairs

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
            uniforms = pair_uniform(
                keys(seed, episode, "links", left_names)[:, None], keys(seed, episode, "links", right_names)[None, :]
            )
            chosen = uniforms < _probabilities(probability, agents, rows, columns)
            i, j = np.nonzero(chosen)
            return rows[i], columns[j]

        return cls(draw_pairs, **options)

    @classmethod
    def erdos_renyi(cls, probability: Probability, **options: Any) -> Self:
        """Each pair of agents is linked, independently, with ``probability`` (or a function of the two agents).

        Draws every pair's own number: for up to some ten thousand agents.
        """
        if not callable(probability):
            check_probability(probability)

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            own = keys(seed, episode, "links", [agent.name for agent in agents])
            everyone = np.arange(len(agents))
            found: list[Pairs] = []
            for i in range(len(agents) - 1):
                others = everyone[i + 1 :]
                threshold = _probabilities(probability, agents, everyone[i : i + 1], others)[0]
                partners = others[pair_uniform(own[i], own[i + 1 :]) < threshold]
                found.append((np.full(len(partners), i), partners))
            return _concatenate(found)

        return cls(draw_pairs, **options)

    @classmethod
    def from_graph(
        cls, graph: nx.Graph[Hashable] | Callable[[np.random.Generator], nx.Graph[Hashable]], **options: Any
    ) -> Self:
        """The links of a ``networkx`` graph, whose nodes are agents' names, or of one drawn for each world.

        ``graph`` may be a function of a NumPy Generator, e.g.
        ``lambda rng: nx.relabel_nodes(nx.watts_strogatz_graph(10, 4, 0.1, seed=rng), names)``.
        """
        directed = bool(options.pop("directed", not callable(graph) and graph.is_directed()))

        def draw_pairs(agents: Sequence[Agent], seed: int, episode: int) -> Pairs:
            drawn = graph(stream(seed, episode, "network")) if callable(graph) else graph
            index = {agent.name: agent.index for agent in agents}
            edges = list(drawn.edges())
            return _indices([str(u) for u, _ in edges], index), _indices([str(v) for _, v in edges], index)

        return cls(draw_pairs, directed=directed, **options)

    def compile(self, agents: Sequence[Agent], seed: int, episode: int) -> Topology:
        """Draw the links of one world."""
        if self._draw_pairs is None:
            return Topology(self, agents, seed, episode, None)
        sources, targets = self._draw_pairs(agents, seed, episode)
        sources, targets = np.asarray(sources, np.int64), np.asarray(targets, np.int64)
        if not self._directed:
            sources, targets = np.concatenate([sources, targets]), np.concatenate([targets, sources])
        count = len(agents)
        codes = np.unique(sources * count + targets)
        codes = codes[codes // count != codes % count]
        starts = np.searchsorted(codes, np.arange(count + 1) * count)
        return Topology(self, agents, seed, episode, (starts, codes % max(count, 1)))


class Link:
    """One direction between two agents."""

    __slots__ = ("_lag", "_rng", "delay", "latency", "receiver")

    def __init__(self, receiver: Agent, latency: Latency, rng: Callable[[], Stream]) -> None:
        self.receiver = receiver
        self.latency = latency
        self.delay = latency.value if isinstance(latency, ConstantLatency) else None
        self._lag = self.delay
        self._rng: Stream | Callable[[], Stream] = rng

    def draw(self) -> float:
        """The latency of the next message."""
        if self.delay is not None:
            return self.delay
        if not isinstance(self._rng, Stream):
            self._rng = self._rng()
        return self.latency.draw(self._rng)

    @property
    def lag(self) -> float:
        """How late the receiver sees what the sender publishes: a stochastic latency is drawn once."""
        if self._lag is None:
            self._lag = self.draw()
        return self._lag


class Links(dict[str, "Link | None"]):
    """An agent's outgoing links by receiver's name. Looking up a missing one refuses, or gives ``None`` to drop."""

    __slots__ = ("_drop", "_owner")

    def __init__(self, owner: Agent, drop: bool, links: Iterable[tuple[str, Link]]) -> None:
        super().__init__(links)
        self._owner = owner
        self._drop = drop

    def __missing__(self, name: str) -> None:
        owner = self._owner
        if name not in owner.world.agents:
            raise LinkError(f"{owner} can't reach {name!r} at t={owner.now:g}: no agent in this world has that name")
        if name == owner.name:
            raise LinkError(f"{owner} sent a message to itself at t={owner.now:g}: use sleep or a method call instead")
        if not self._drop:
            known = list(self)
            shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
            raise LinkError(
                f"{owner} has no link to {name!r} at t={owner.now:g}; it is linked to: {shown or 'nobody'}. "
                f'Ask neighbours() first, or give the network missing="drop"'
            )


class Topology:
    """The links of one world, kept as index arrays; an agent's own table is built when it is first used."""

    def __init__(self, network: Network, agents: Sequence[Agent], seed: int, episode: int, rows: Pairs | None) -> None:
        self._network = network
        self._agents = agents
        self._seed = seed
        self._episode = episode
        self._rows = rows

    def neighbours(self, index: int) -> Indices:
        """Indices of the agents that agent ``index`` can reach, ascending."""
        if self._rows is None:
            return np.delete(np.arange(len(self._agents)), index)
        starts, targets = self._rows
        return targets[starts[index] : starts[index + 1]]

    def pairs(self) -> Pairs:
        """All links as (from, to), ordered."""
        if self._rows is None:
            return _concatenate(
                [(np.full(len(row), i), row) for i in range(len(self._agents)) if len(row := self.neighbours(i))]
            )
        starts, targets = self._rows
        return np.repeat(np.arange(len(self._agents)), np.diff(starts)), targets

    def links(self, agent: Agent) -> Links:
        """The table of ``agent``'s outgoing links."""
        receivers = [self._agents[i] for i in self.neighbours(agent.index).tolist()]
        drop = self._network.missing == "drop"
        return Links(agent, drop, ((receiver.name, self._link(agent, receiver)) for receiver in receivers))

    def _link(self, sender: Agent, receiver: Agent) -> Link:
        latency = resolve(self._network.latency, sender.name, receiver.name)
        names = ("link", sender.name, receiver.name)
        return Link(receiver, latency, lambda: stream(self._seed, self._episode, *names))


def check_probability(value: float) -> float:
    """``value`` itself, if it is a probability.

    Raises:
        NetworkError: it is not.
    """
    if not 0.0 <= value <= 1.0:
        raise NetworkError(f"a link's probability must lie in [0, 1], got {value!r}")
    return float(value)


def _probabilities(
    probability: Probability, agents: Sequence[Agent], rows: Indices, columns: Indices
) -> npt.NDArray[np.float64]:
    if not callable(probability):
        return np.full((len(rows), len(columns)), float(probability))
    return np.array(
        [[check_probability(probability(agents[i], agents[j])) for j in columns] for i in rows], dtype=np.float64
    ).reshape(len(rows), len(columns))


def _name(agent: Agent | str) -> str:
    return agent if isinstance(agent, str) else agent.name


def _indices(names: list[str], index: dict[str, int]) -> Indices:
    try:
        return np.array([index[name] for name in names], dtype=np.int64)
    except KeyError as error:
        raise NetworkError(f"the network names {error.args[0]!r}, which is no agent of this world") from None


def _concatenate(pairs: list[Pairs]) -> Pairs:
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *(p[0] for p in pairs)]), np.concatenate([empty, *(p[1] for p in pairs)])
