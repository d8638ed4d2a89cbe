"""The measurements: messages, log, network, ticks."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import attrs

from catallaxy.engine import Agent, ExponentialLatency, Message, Network, World, stream

from .book import market, matching, operations
from .dealer import Workload, build
from .measure import Cost, measure
from .peers import StoresMarket, Trace, bare_heap


@attrs.frozen
class Line:
    """One line of a report.

    Attributes:
        what: what was measured.
        value: what it costs, or the ratio.
        target: what is aimed at; empty if nothing in particular.
    """

    what: str
    value: str
    target: str = ""


def messages(rounds: int = 3, until: float = 400.0) -> Iterator[Line]:
    """The dealer workload beside plain SimPy Stores and a bare heap; 60 agents and 6,000."""
    small = Workload(until=until)
    large = attrs.evolve(small, makers=1_000, investors=5_000, until=until / 100)
    trace, large_trace = record_trace(small), record_trace(large)
    costs = measure(
        {
            "engine": lambda: _world(small),
            "Stores, a process a message": lambda: StoresMarket(small).run,
            "bare heap": lambda: lambda: bare_heap(trace) and len(trace),
            "engine, 6,000 agents": lambda: _world(large),
            "bare heap, 6,000 agents": lambda: lambda: bare_heap(large_trace) and len(large_trace),
        },
        rounds,
    )
    yield from _each(costs, "message")
    engine = costs["engine"]
    per_message = len(trace) / engine.work
    yield Line("times Stores", f"{costs['Stores, a process a message'].seconds / engine.seconds:.2f}", "5")
    yield Line("of the bare heap's rate", f"{costs['bare heap'].seconds * per_message / engine.seconds:.2f}", "0.3")
    yield Line("6,000 agents, of the rate of 60", _ratio(engine, costs["engine, 6,000 agents"]), "0.6")
    yield Line(
        "the bare heap with the same events, of its rate", _ratio(costs["bare heap"], costs["bare heap, 6,000 agents"])
    )


def log(rounds: int = 5, until: float = 400.0) -> Iterator[Line]:
    """The dealer workload without a log and with one, its latencies constant and drawn."""
    constant = Workload(until=until)
    drawn = attrs.evolve(constant, latency=ExponentialLatency(0.01))
    with _folder() as folder:
        costs = measure(
            {
                "no log": lambda: _world(constant),
                "log": lambda: _world(constant, folder / "constant"),
                "no log, drawn latencies": lambda: _world(drawn),
                "log, drawn latencies": lambda: _world(drawn, folder / "drawn"),
            },
            rounds,
        )
        yield from _each(costs, "message")
        for name, before, after in (
            ("constant", "no log", "log"),
            ("drawn", "no log, drawn latencies", "log, drawn latencies"),
        ):
            yield Line(f"with log, of the rate without ({name})", _ratio(costs[before], costs[after]), "0.75")
            size = sum(path.stat().st_size for path in (folder / name / "events").iterdir())
            yield Line(f"bytes an event ({name})", f"{size / costs[after].work:.1f}", "< 20")


def network(rounds: int = 3, agents: int = 100_000, links: int = 1_000_000) -> Iterator[Line]:
    """A large sparse network: to build, to look up, to hold."""
    ends = stream(1, 0, "ends").integers(0, agents, (2, links))

    def make() -> World:
        return World([Agent(f"agent {i}") for i in range(agents)], Network(lambda *_: (ends[0], ends[1])), seed=1)

    def look_up() -> Callable[[], int]:
        world = make()
        return lambda: sum(1 for agent in world.agents.values() if agent.neighbours() is not None)

    costs = measure({"build, an agent": lambda: lambda: len(make().agents), "neighbours, an agent": look_up}, rounds)
    yield from _each(costs, "agent")
    yield Line(f"{agents:,} agents and {links:,} links built in", f"{costs['build, an agent'].seconds * agents:.2f} s")
    tracemalloc.start()
    world = make()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield Line("memory an idle agent, its links included", f"{size / len(world.agents):,.0f} B", "< 4,000")


class Tick(Message):
    """A reference price."""

    price: float


class Source(Agent):
    """Publishes prices."""

    def run(self) -> Any:
        """For ever, once a unit of time."""
        while True:
            self.publish(Tick(price=self.now))
            yield self.sleep(1.0)


class Subscriber(Agent):
    """Wants an event for each price."""

    def run(self) -> Any:
        """Read them."""
        self.subscribe("source", Tick)
        while True:
            yield self.receive(Tick)


def ticks(rounds: int = 3, agents: int = 10_000, until: float = 2_000.0) -> Iterator[Line]:
    """A reference price that many agents can read at any time, and one that is sent to each."""

    def market(kind: type[Agent], number: int, end: float) -> Callable[[], int]:
        world = World([Source("source"), *(kind(f"agent {i}") for i in range(number))], seed=1)
        world.run(0.5)

        def run() -> int:
            world.run(end)
            return int(end)

        return run

    costs = measure(
        {
            "a tick that one agent can read": lambda: market(Agent, 1, until),
            f"a tick that {agents:,} can read": lambda: market(Agent, agents, until),
            f"a tick sent to {agents // 10:,}": lambda: market(Subscriber, agents // 10, until / 100),
        },
        rounds,
    )
    yield from _each(costs, "tick")
    one, many, _ = costs.values()
    yield Line(f"a tick that {agents:,} can read, times that of one", f"{many.seconds / one.seconds:.2f}", "< 2")


def learning() -> Iterator[Line]:
    """Gathering decisions, worker processes, PPO's update: see `learning.py`, which loads torch."""
    from . import learning as suite

    yield from suite.learning()


def book(rounds: int = 5, count: int = 200_000, minutes: float = 30.0) -> Iterator[Line]:
    """The matching engine on a small and on a large book, and a market on it without a log."""
    narrow, wide = operations(count, 5), operations(count, 500)
    costs = measure({"some 70 orders": lambda: matching(narrow), "some 10,000 orders": lambda: matching(wide)}, rounds)
    yield from _each(costs, "operation")
    yield Line("10,000 orders, of the rate of 70", _ratio(*costs.values()), "0.5")
    yield from _each(measure({"market": lambda: market(minutes)}, rounds), "message or tick")


SUITES: dict[str, Callable[[], Iterator[Line]]] = {
    "messages": messages,
    "log": log,
    "network": network,
    "ticks": ticks,
    "book": book,
    "learning": learning,
}


def record_trace(workload: Workload) -> Trace:
    """When each entry of the workload's queue is scheduled, and for when."""
    world = build(workload)
    queue: list[Any] = world.env._queue
    due: dict[int, float] = {entry[2]: entry[0] for entry in queue}
    scheduled = [0.0] * len(due)

    def numbers() -> Iterator[int]:
        while True:
            scheduled.append(world.now)
            yield len(scheduled) - 1

    world.env._eid = numbers()  # type: ignore[assignment]
    while world.peek < workload.until:
        due[queue[0][2]] = queue[0][0]
        world.step()
    due |= {entry[2]: entry[0] for entry in queue}
    return [(time, due[number]) for number, time in enumerate(scheduled)]


def _world(workload: Workload, folder: Path | None = None) -> Callable[[], int]:
    world = build(workload)

    def run() -> int:
        world.run(workload.until, folder)
        return world.sequence

    return run


def _each(costs: dict[str, Cost], unit: str) -> Iterator[Line]:
    for name, cost in costs.items():
        yield Line(f"{name}: us a {unit}", f"{1e6 * cost.seconds:.2f}")


def _ratio(one: Cost, other: Cost) -> str:
    return f"{one.seconds / other.seconds:.2f}"


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="catallaxy-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
