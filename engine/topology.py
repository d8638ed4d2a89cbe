"""The links of one world: compiled when it begins, and changed by agents that join and links that fail."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from .errors import DelayError, LinkError, NetworkError, meant
from .latency import ConstantLatency, Latency, LatencySpec, resolve
from .records import Record
from .streams import Stream, stream

if TYPE_CHECKING:
    from .agent import Agent
    from .network import Network
    from .outages import Schedule

Indices = npt.NDArray[np.int64]
Pairs = tuple[Indices, Indices]
"""Links as two index arrays of equal length: from agent, to agent."""


class Linked(Record, table="links", level="decisions"):
    """A link over which the agent can send: there when a run begins or somebody joins; it fails, it heals."""

    neighbour: str
    up: bool = True


class Link:
    """One direction between two agents."""

    __slots__ = ("_lag", "_rng", "_sender", "delay", "deliver", "latency", "receiver")

    def __init__(self, sender: Agent, receiver: Agent, latency: Latency) -> None:
        self.receiver = receiver
        self.deliver = receiver._door
        self.latency = latency
        self.delay = latency.value if isinstance(latency, ConstantLatency) else None
        self._lag = self.delay
        self._sender = sender
        self._rng: Stream | None = None

    def draw(self) -> float:
        """The latency of the next message.

        Raises:
            DelayError: the model gave a negative or infinite one, or none at all.
        """
        if self.delay is not None:
            return self.delay
        if self._rng is None:
            self._rng = self._stream("link")
        delay = self.latency.draw(self._rng)
        if not 0 <= delay < inf:
            ends = f"from {self._sender.name!r} to {self.receiver.name!r} at t={self._sender.now:g}"
            raise DelayError(f"{self.latency!r} drew {delay!r} {ends}: it must be finite and not negative")
        return delay

    @property
    def lag(self) -> float:
        """How late the receiver sees what the sender publishes: a stochastic latency is drawn once."""
        if self._lag is None:
            self._lag = self.latency.draw(self._stream("lag"))
        return self._lag

    def _stream(self, purpose: str) -> Stream:
        world = self._sender.world
        return stream(world.seed, world.episode, purpose, self._sender.name, self.receiver.name)


@attrs.frozen(eq=False)
class Adjacency:
    """Links in compressed sparse rows: those of agent ``i`` go to ``targets[starts[i]:starts[i + 1]]``, ascending.

    Attributes:
        starts: shape (agents + 1,).
        targets: shape (links,).
        latencies: of each link, shape (links,): numbers (NaN: the network's), or numbers, models and ``None``.
    """

    starts: Indices
    targets: Indices
    latencies: npt.NDArray[Any] | None
    _starts: memoryview = attrs.field(init=False)  # a single number is read ten times as fast
    _targets: memoryview = attrs.field(init=False)

    @_starts.default
    def _(self) -> memoryview:
        return np.ascontiguousarray(self.starts).data

    @_targets.default
    def _(self) -> memoryview:
        return np.ascontiguousarray(self.targets).data

    @classmethod
    def compile(
        cls, sources: Indices, targets: Indices, latencies: npt.NDArray[Any] | None, count: int, directed: bool
    ) -> Adjacency:
        """Sort links into rows; loops and repetitions are left out."""
        if not directed:
            sources, targets = np.concatenate([sources, targets]), np.concatenate([targets, sources])
            latencies = latencies if latencies is None else np.concatenate([latencies, latencies])
        codes, first = np.unique(sources * count + targets, return_index=True)
        kept = codes // max(count, 1) != codes % max(count, 1)
        codes, first = codes[kept], first[kept]
        return cls(
            np.searchsorted(codes, np.arange(count + 1) * count),
            codes % max(count, 1),
            latencies if latencies is None else latencies[first],
        )

    def row(self, index: int) -> Indices:
        """Whom agent ``index`` reaches; nobody if it came later."""
        if index + 1 >= len(self._starts):
            return _NOBODY
        return self.targets[self._starts[index] : self._starts[index + 1]]

    def latency(self, source: int, target: int) -> tuple[bool, LatencySpec | None]:
        """Whether there is such a link, and the latency that it has of its own."""
        if source + 1 >= len(self._starts):
            return False, None
        end = self._starts[source + 1]
        place = bisect_left(self._targets, target, self._starts[source], end)
        if place == end or self._targets[place] != target:
            return False, None
        own = None if self.latencies is None else self.latencies[place]
        return True, None if own is None or own != own else own


_NOBODY = np.empty(0, np.int64)


class Topology:
    """Who can reach whom in one world.

    Attributes:
        version: changes whenever somebody's neighbours do.
        schedule: lets links fail and heal, if they do.
    """

    def __init__(
        self, network: Network, agents: Sequence[Agent], seed: int, episode: int, adjacency: Adjacency | None
    ) -> None:
        self.version = 0
        self.schedule: Schedule | None = None
        self._network = network
        self._agents = agents
        self._seed = seed
        self._episode = episode
        self._adjacency = adjacency
        # Equal links share one model.
        given = network.latency
        self._latency = given if callable(given) else resolve(given, "any agent", "any other")
        self._added: dict[int, dict[int, LatencySpec | None]] = {}
        self._down: dict[tuple[int, int], float] = {}

    # -- what there is -------------------------------------------------------------------------------------------

    def neighbours(self, index: int) -> Indices:
        """Indices of the agents that agent ``index`` can reach, ascending; whether a link is down does not matter."""
        if self._adjacency is None:
            reached = np.delete(np.arange(len(self._agents)), index)
        else:
            reached = self._adjacency.row(index)
            if index in self._added:
                reached = np.union1d(reached, np.fromiter(self._added[index], np.int64))
        if self.version:
            reached = reached[[self._agents[i].left_at is None for i in reached.tolist()]] if len(reached) else reached
        return reached

    def pairs(self) -> Pairs:
        """All links as (from, to), ordered."""
        if self._adjacency is not None and not self.version:
            starts, targets = self._adjacency.starts, self._adjacency.targets
            return np.repeat(np.arange(len(starts) - 1), np.diff(starts)), targets
        rows = [(i, self.neighbours(i)) for i, agent in enumerate(self._agents) if agent.left_at is None]
        sources = [np.full(len(row), i) for i, row in rows]
        return np.concatenate([_NOBODY, *sources]), np.concatenate([_NOBODY, *(row for _, row in rows)])

    @property
    def complete(self) -> bool:
        """Whether everybody can reach everybody."""
        return self._adjacency is None

    @property
    def directed(self) -> bool:
        """Whether a link carries messages one way only."""
        return self._network.directed

    def find(self, sender: Agent, receiver: Agent) -> Link | None:
        """A new link from ``sender`` to ``receiver``, if the network has one."""
        own: LatencySpec | None = None
        there = sender.index != receiver.index
        if self._adjacency is not None:
            there, own = self._adjacency.latency(sender.index, receiver.index)
            if not there and receiver.index in self._added.get(sender.index, ()):
                there, own = True, self._added[sender.index][receiver.index]
        if not there:
            return None
        spec = self._latency if own is None else own
        latency = spec if isinstance(spec, Latency) else resolve(spec, sender.name, receiver.name)
        return Link(sender, receiver, latency)

    def is_up(self, sender: Agent, receiver: Agent) -> bool:
        """Whether a message from ``sender`` to ``receiver`` would be delivered now."""
        return (
            receiver.left_at is None
            and (sender.index, receiver.index) not in self._down
            and self.find(sender, receiver) is not None
        )

    def down_since(self, sender: Agent, receiver: Agent) -> float | None:
        """When this link failed; ``None`` if it is up."""
        return self._down.get((sender.index, receiver.index)) if self._down else None

    def oldest_seen(self, publisher: Agent) -> float:
        """The earliest moment that anybody still looks at who is linked from ``publisher``: now less its lag."""
        now, network, index = publisher.now, self._network.latency, publisher.index
        since = min((time for (i, _), time in self._down.items() if i == index), default=now)
        own = self._adjacency is not None and self._adjacency.latencies is not None
        if isinstance(network, int | float) and not own and not self._added:
            return since - network
        links = (publisher.links[name] or publisher.links.asleep(name) for name in publisher.neighbours())
        return since - max((link.lag for link in links), default=0.0)

    # -- what changes --------------------------------------------------------------------------------------------

    def connect(self, sender: Agent, receiver: Agent, latency: LatencySpec | None = None) -> None:
        """Make a link (both ways, unless the network is directed), with a latency of its own or the network's.

        Raises:
            NetworkError: both are the same, or everybody can reach everybody anyway.
        """
        if self._adjacency is None:
            raise NetworkError(f"{sender} can reach {receiver.name!r} already: the network is complete")
        if sender is receiver:
            raise NetworkError(f"{sender} can't be linked to itself")
        for i, j in self._directions(sender, receiver):
            self._added.setdefault(i, {})[j] = latency
            self._agents[i].record(Linked(neighbour=self._agents[j].name))
        self._made(sender, receiver)
        self.version += 1

    def check_admission(self, agent: Agent, neighbours: object, reached_by: object) -> None:
        """Refuse what can't be said of an agent that joins.

        Raises:
            NetworkError: the network has no rule and nothing is said, or it leaves nothing to say.
        """
        told = neighbours is not None or reached_by is not None
        if self.complete and told:
            raise NetworkError(f"{agent} joins a complete network, where it reaches everybody: give no neighbours")
        if not told and not self._network.admits:
            raise NetworkError(f"the network has no rule for whom {agent} is linked to: give its neighbours to add()")
        if reached_by is not None and not self.directed:
            raise NetworkError(f"the links of {agent} go both ways: give its neighbours, and no reached_by")

    def admit(self, agent: Agent, neighbours: Sequence[Agent] | None, reached_by: Sequence[Agent] | None) -> None:
        """Link an agent that has joined: to ``neighbours`` and from ``reached_by``, or as the network's rule says."""
        self.version += 1
        if self.complete:
            for other in self._agents[: agent.index]:
                self._made(agent, other)
                if self.directed:
                    self._made(other, agent)
            return
        if neighbours is None and reached_by is None:
            links = self._network.newcomer(agent, self._agents, self._seed, self._episode)
        else:
            links = [(agent, other) for other in neighbours or ()] + [(other, agent) for other in reached_by or ()]
        for sender, receiver in links:
            self.connect(sender, receiver)

    def _made(self, sender: Agent, receiver: Agent) -> None:
        """Tell whoever lets links fail of a new one."""
        if self.schedule is not None and sender.left_at is receiver.left_at is None:
            self.schedule.add(sender, receiver)

    def fail(self, sender: Agent, receiver: Agent) -> None:
        """Take a link down (both ways, unless the network is directed): what is sent over it now is dropped and logged.

        Messages under way still arrive. Without effect if it is down already.

        Raises:
            NetworkError: there is no such link.
        """
        self._switch(sender, receiver, up=False)

    def heal(self, sender: Agent, receiver: Agent) -> None:
        """Bring a link up again. Without effect if it is up.

        Raises:
            NetworkError: there is no such link.
        """
        self._switch(sender, receiver, up=True)

    def _switch(self, sender: Agent, receiver: Agent, *, up: bool) -> None:
        if self.find(sender, receiver) is None:
            raise NetworkError(f"there is no link from {sender} to {receiver} that could fail or heal")
        for i, j in self._directions(sender, receiver):
            if ((i, j) in self._down) is up:
                owner, other = self._agents[i], self._agents[j]
                if up:
                    del self._down[i, j]
                else:
                    self._down[i, j] = owner.now
                owner.links.switch(other.name, up=up)
                owner.record(Linked(neighbour=other.name, up=up))

    def _directions(self, sender: Agent, receiver: Agent) -> list[tuple[int, int]]:
        there = (sender.index, receiver.index)
        return [there] if self._network.directed else [there, there[::-1]]


class Links(dict[str, "Link | None"]):
    """An agent's outgoing links by receiver's name, filled as they are used.

    Looking up one that is missing refuses; it gives ``None`` if it is down, or if the network drops such messages.
    """

    __slots__ = ("_asleep", "_owner")

    def __init__(self, owner: Agent) -> None:
        super().__init__()
        self._owner = owner
        self._asleep: dict[str, Link | None] | None = None

    def __missing__(self, name: str) -> Link | None:
        owner, world, topology = self._owner, self._owner.world, self._owner.world.topology
        if owner.left_at is not None:
            raise LinkError(f"{owner} can't send at t={owner.now:g}: it left at t={owner.left_at:g}")
        receiver = world.agents.get(name) or world.departed.get(name)
        if receiver is None:
            why = f"no agent in this world has that name{meant(name, world.agents)}"
            raise LinkError(f"{owner} can't reach {name!r} at t={owner.now:g}: {why}")
        link = topology.find(owner, receiver)
        if link is None:
            if name == owner.name:
                raise LinkError(
                    f"{owner} sent a message to itself at t={owner.now:g}: use sleep or a method call instead"
                )
            if topology._network.missing == "refuse":
                raise self._refusal(name)
        elif topology.down_since(owner, receiver) is None:
            self[name] = link
        else:
            return None
        return link

    def switch(self, name: str, *, up: bool) -> None:
        """Hide or show the link to ``name``; it keeps its random stream."""
        self._asleep = {} if self._asleep is None else self._asleep
        if not up and name in self:
            self._asleep[name] = self.pop(name)
        elif up and name in self._asleep:
            self[name] = self._asleep.pop(name)

    def asleep(self, name: str) -> Link:
        """The link to ``name`` that is down."""
        link = (self._asleep or {}).get(name)
        return link or self._owner.world.topology.find(self._owner, self._owner.world.agents[name])  # type: ignore[return-value]

    def _refusal(self, name: str) -> LinkError:
        owner = self._owner
        known = owner.neighbours()
        shown = ", ".join(known[:8]) + (", ..." if len(known) > 8 else "")
        return LinkError(
            f"{owner} has no link to {name!r} at t={owner.now:g}; it is linked to: {shown or 'nobody'}. "
            f'Ask neighbours() first, or give the network missing="drop"'
        )
