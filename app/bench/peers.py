"""What the engine is measured against: the same market on plain SimPy Stores, and a bare heap of the same events."""

from __future__ import annotations

from collections.abc import Generator
from heapq import heappop, heappush
from itertools import count
from typing import Any

import attrs
import simpy

from .dealer import Workload


@attrs.frozen
class Letter:
    """A message as one writes it without a framework."""

    kind: str
    sender: Party
    value: float


class Party:
    """An agent with a Store for a mailbox."""

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.mailbox = simpy.Store(env)


class StoresMarket:
    """The workload with a Store for every agent and a process for every message on its way."""

    def __init__(self, workload: Workload) -> None:
        if not isinstance(workload.latency, int | float):
            raise TypeError(f"the peers know constant latencies only, got {workload.latency!r}")
        self.env = simpy.Environment()
        self.latency = float(workload.latency)
        self.messages = 0
        self._until = workload.until
        makers = [Party(self.env) for _ in range(workload.makers)]
        for i, maker in enumerate(makers):
            self.env.process(self._make(maker, 0.1 * i))
        for i, row in enumerate(workload.links()):
            known = [maker for maker, linked in zip(makers, row, strict=True) if linked]
            self.env.process(self._invest(Party(self.env), known, workload.waits(i).tolist()))

    def run(self) -> int:
        """Let time pass; returns how many messages were sent."""
        self.env.run(until=self._until)
        return self.messages

    def _send(self, receiver: Party, letter: Letter) -> None:
        self.messages += 1
        self.env.process(self._carry(receiver, letter))

    def _carry(self, receiver: Party, letter: Letter) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(self.latency)
        yield receiver.mailbox.put(letter)

    def _make(self, me: Party, spread: float) -> Generator[simpy.Event, Any, None]:
        inventory = 0.0
        while True:
            letter = yield me.mailbox.get()
            if letter.kind == "request":
                self._send(letter.sender, Letter("quote", me, 100.0 + spread))
            else:
                inventory -= letter.value
                self._send(letter.sender, Letter("fill", me, 100.0 + spread))

    def _invest(self, me: Party, makers: list[Party], waits: list[float]) -> Generator[simpy.Event, Any, None]:
        position = 0.0
        for wait in waits:
            yield self.env.timeout(wait)
            for maker in makers:
                self._send(maker, Letter("request", me, 1.0))
            quotes = []
            for _ in makers:
                quotes.append((yield me.mailbox.get()))
            best = min(quotes, key=lambda quote: quote.value)
            self._send(best.sender, Letter("order", me, 1.0))
            yield me.mailbox.get()
            position += 1.0


Trace = list[tuple[float, float]]
"""When each event was scheduled, and for when; in order of scheduling."""


def bare_heap(trace: Trace) -> int:
    """Push and pop the events of a run, each an event object with a frozen message, and do nothing with them.

    No program that schedules one event a message through a heap can be faster. Returns how many were popped.
    """
    env = simpy.Environment()
    queue: list[tuple[float, int, int, simpy.Event]] = []
    numbers = count()
    popped = 0
    for now, due in trace:
        while queue and queue[0][0] <= now:
            heappop(queue)
            popped += 1
        event = simpy.Event(env)
        event._value = Letter("quote", None, 1.0)  # type: ignore[arg-type]
        heappush(queue, (due, 1, next(numbers), event))
    while queue:
        heappop(queue)
        popped += 1
    return popped
