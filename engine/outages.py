"""Links that fail and heal, at given times or at random."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush, heapreplace
from math import inf, log
from typing import TYPE_CHECKING

import attrs
import numpy as np

from .clock import check_delay
from .errors import DelayError, NetworkError
from .streams import keys, pair_uniform
from .waiting import Alarm

if TYPE_CHECKING:
    from .agent import Agent
    from .world import World


def _time(instance: object, attribute: attrs.Attribute[float], value: float) -> None:
    check_delay(value, f"{type(instance).__name__}.{attribute.name}")


@attrs.frozen
class Outage:
    """The link between two agents (from ``source`` to ``target``, in a directed network) is down for a while.

    Args:
        source: an agent's name.
        target: another's.
        start: when the link fails.
        end: when it heals; never, by default.
    """

    source: str
    target: str
    start: float = attrs.field(validator=_time)
    end: float = inf

    def __attrs_post_init__(self) -> None:
        if not self.end > self.start:
            raise DelayError(f"Outage.end must be after start, got start={self.start!r} and end={self.end!r}")


@attrs.frozen
class RandomOutages:
    """Every link fails and heals on its own: exponential times of mean ``up``, and then ``down``, in turns.

    A link's times depend on the seed and the two names alone, and begin when the link is there: those of an agent that
    joins, when it does.
    """

    up: float = attrs.field(validator=_time)
    down: float = attrs.field(validator=_time)

    def __attrs_post_init__(self) -> None:
        for name, mean in (("up", self.up), ("down", self.down)):
            if mean == 0:
                raise DelayError(f"RandomOutages.{name} must be positive, got {mean!r}")


class Schedule:
    """The failures and recoveries of a world's links: one scheduled event, whatever their number."""

    def __init__(self, world: World, outages: Iterable[Outage | RandomOutages]) -> None:
        self._world = world
        self._agents = world.everybody
        self._heap: list[tuple[float, int, int, int, _Renewal | None, bool]] = []
        self._renewals: list[_Renewal] = []
        self._alarm: Alarm | None = None
        for outage in outages:
            if isinstance(outage, Outage):
                self._plan(outage)
            else:
                renewal = _Renewal(world, outage)
                self._renewals.append(renewal)
                self._heap += ((time, 0, i, j, renewal, False) for time, i, j in renewal.first())
        heapify(self._heap)
        self._wait()

    def _plan(self, outage: Outage) -> None:
        ends = []
        for name in (outage.source, outage.target):
            if name not in self._world.agents:
                raise NetworkError(f"{outage} names {name!r}, which is no agent of this world")
            ends.append(self._world.agents[name])
        if self._world.topology.find(*ends) is None:
            raise NetworkError(f"{outage}: there is no link from {outage.source!r} to {outage.target!r}")
        for time, up in ((outage.start, False), (outage.end, True)):
            if time < inf:
                self._heap.append((time, 0, ends[0].index, ends[1].index, None, up))

    def add(self, source: Agent, target: Agent) -> None:
        """Let a new link fail at random, too."""
        for renewal in self._renewals:
            i, j = source.index, target.index
            heappush(self._heap, (source.now + renewal.duration(i, j, 0), 0, i, j, renewal, False))
        if self._renewals:
            if self._alarm is not None:
                self._alarm.cancel()
            self._wait()

    def _wait(self) -> None:
        if self._heap:
            env = self._world.env
            self._alarm = Alarm(env, max(0.0, self._heap[0][0] - env.now), self._switch)

    def _switch(self, _: object) -> None:
        heap, topology = self._heap, self._world.topology
        now = heap[0][0]
        while heap and heap[0][0] <= now:
            _, turn, i, j, renewal, up = heap[0]
            source, target = self._agents[i], self._agents[j]
            if renewal is None or source.left_at is not None or target.left_at is not None:
                heappop(heap)
            else:
                heapreplace(heap, (heap[0][0] + renewal.duration(i, j, turn + 1), turn + 1, i, j, renewal, not up))
            if source.left_at is None and target.left_at is None:
                (topology.heal if up else topology.fail)(source, target)
        self._wait()


class _Renewal:
    """The times of one :class:`RandomOutages`, by link and turn; even turns are up."""

    def __init__(self, world: World, model: RandomOutages) -> None:
        self._world = world
        self._model = model
        self._from = self._to = np.empty(0, np.uint64)
        self._know_everybody()

    def _know_everybody(self) -> None:
        """Make the keys of those who have joined."""
        world = self._world
        names = [agent.name for agent in world.everybody[len(self._from) :]]
        self._from = np.append(self._from, keys(world.seed, world.episode, "outage", names))
        if world.topology.directed:
            self._to = np.append(self._to, keys(world.seed, world.episode, "outage to", names))
        else:
            self._to = self._from

    def first(self) -> Iterator[tuple[float, int, int]]:
        """When each link fails first."""
        sources, targets = self._world.topology.pairs()
        if not self._world.topology.directed:
            once = sources < targets
            sources, targets = sources[once], targets[once]
        times = -self._model.up * np.log1p(-pair_uniform(self._from[sources], self._to[targets]))
        return zip(times.tolist(), sources.tolist(), targets.tolist(), strict=True)

    def duration(self, source: int, target: int, turn: int) -> float:
        """How long the link stays as it is from its ``turn``-th change on."""
        if max(source, target) >= len(self._from):
            self._know_everybody()
        step = np.uint64(turn * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
        with np.errstate(over="ignore"):
            uniform = pair_uniform(self._from[[source]] + step, self._to[[target]])[0]
        return -(self._model.down if turn % 2 else self._model.up) * log(1.0 - uniform)
