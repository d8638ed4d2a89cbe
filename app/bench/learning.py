"""The measurements of learning: decisions a second on the dealer workload, worker processes, PPO's update."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from time import perf_counter, process_time
from typing import Any, Self

import numpy as np
from gymnasium.spaces import Box

from catallaxy.agents import LearningAgent
from catallaxy.engine import EventLog, Network, World
from catallaxy.learners import PPO, Acted, Fleet, PolicySpec, PPOConfig, Workers, policy_specs

from .dealer import Maker, Order, Quote, Request, Workload
from .suites import Line

FAMILY = "investors"
WORLDS = 16


class Investor(LearningAgent):
    """Decides now and then what to trade, up to 1 either way; what is less than a half it does not bother to trade.

    To trade, it asks all makers whom it knows and hits the best quote.
    """

    family = FAMILY
    discount_rate = 0.05
    observation_space = Box(-np.inf, np.inf, (3,), np.float64)
    action_space = Box(-1.0, 1.0, (1,), np.float64)

    def __init__(self, name: str, waits: Any, patience: float) -> None:
        super().__init__(name)
        self.waits, self.features, self.position = waits, (patience,), 0.0

    def run(self) -> Any:
        """Trade for ever."""
        makers = self.neighbours(Maker)
        paid = 0.0
        for wait in self.waits:
            yield self.sleep(wait)
            size = float((yield self.decide((self.position / 10.0, paid, wait)))[0])
            if abs(size) < 0.5:
                continue
            quotes = yield self.ask(makers, Request(size=size))
            best = min(quotes, key=_price)
            yield self.ask(best.sender, Order(size=size))
            self.position += size
            paid = best.price - 100.0
            self.reward(-paid)
            self.flow(-0.01 * self.position**2)


def _price(quote: Quote) -> float:
    return quote.price


def build(workload: Workload, episode: int) -> World:
    """The dealer workload with a learner for every investor."""
    makers = [Maker(f"maker {i}", 0.1 * i) for i in range(workload.makers)]
    investors = [
        Investor(f"investor {i}", workload.waits(i).tolist(), i / workload.investors) for i in range(workload.investors)
    ]
    rows, columns = np.nonzero(workload.links())

    def pairs(agents: object, seed: int, episode: int) -> tuple[Any, Any]:
        return rows + workload.makers, columns

    return World([*makers, *investors], Network(pairs, latency=workload.latency), seed=1, episode=episode)


class Eager:
    """What one writes at first: torch, eagerly, with its distributions, for whoever asks."""

    def __init__(self, learner: PPO) -> None:
        self.policy = learner.policy

    def act(self, observations: Any, noise: Any = None) -> Acted:
        """Answer in torch."""
        import torch

        with torch.no_grad():
            rows = torch.from_numpy(observations)
            policy: Any = self.policy
            law = torch.distributions.Normal(policy.actor(rows), policy.log_std.exp())
            raw = law.sample()  # type: ignore[no-untyped-call]
            logp = law.log_prob(raw).sum(1)  # type: ignore[no-untyped-call]
            values = policy.value(rows)
        return Acted(raw.clamp(-1, 1).double().numpy(), raw.numpy(), logp.numpy(), values.numpy())


def gathering(rounds: int = 3, decisions: int = 20_000) -> Iterator[Line]:
    """Decisions a second on one core, with the log of decisions, beside one world at a time with eager torch.

    Worlds are simulated, decisions answered and their transitions gathered; nothing is learned.
    """
    workload = Workload(until=400.0)
    learner = _learner(workload)
    with _folder() as folder, _Logged(workload, folder / "many", WORLDS) as many, _Logged(workload, folder, 1) as one:
        plain = partial(build, workload)
        fleets = {
            f"{WORLDS} worlds, logged": (Fleet(many, {FAMILY: learner}, workload.until, WORLDS), decisions),
            f"{WORLDS} worlds": (Fleet(plain, {FAMILY: learner}, workload.until, WORLDS), decisions),
            "1 world": (Fleet(plain, {FAMILY: learner}, workload.until, 1), decisions // 4),
            "1 world, eager torch, logged": (Fleet(one, {FAMILY: Eager(learner)}, workload.until, 1), decisions // 10),
        }
        seconds: dict[str, list[float]] = {name: [] for name in fleets}
        for fleet, _ in fleets.values():
            fleet.gather(fleet.worlds)  # builds the worlds
        for _ in range(rounds):
            for name, (fleet, share) in fleets.items():
                gc.collect()
                begun, before = process_time(), fleet.decisions
                fleet.gather(share)
                seconds[name].append((process_time() - begun) / (fleet.decisions - before))
    rates = {name: 1.0 / median(times) for name, times in seconds.items()}
    for name, rate in rates.items():
        yield Line(f"{name}: decisions a second", f"{rate:,.0f}")
    yield Line("messages a decision", f"{_messages(workload, learner):.1f}")
    logged, *_, eager = rates.values()
    yield Line("logged fleet, times one world with eager torch", f"{logged / eager:.1f}", "6, or 50,000 a second")


def workers(rounds: int = 3, decisions: int = 40_000) -> Iterator[Line]:
    """Two worker processes against one, wall-clock time."""
    workload = Workload(until=400.0)
    learner = _learner(workload)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    fleets = {
        number: Workers(partial(build, workload), {FAMILY: learner}, workload.until, WORLDS, processes=number)
        for number in seconds
    }
    try:
        for round_ in range(rounds + 1):
            for number, fleet in fleets.items():
                begun = perf_counter()
                fleet.gather(decisions if round_ else WORLDS)  # the first starts the processes
                if round_:
                    seconds[number].append(perf_counter() - begun)
    finally:
        for fleet in fleets.values():
            fleet.close()
    one, two = (median(times) for times in seconds.values())
    yield Line("1 worker: decisions a second", f"{decisions / one:,.0f}")
    yield Line("2 workers: decisions a second", f"{decisions / two:,.0f}")
    yield Line("2 workers, times 1", f"{one / two:.2f}", "1.8 on a quiet machine")


def update(rounds: int = 3, transitions: int = 100_000) -> Iterator[Line]:
    """PPO's update, 4 epochs, beside the time of gathering what it learns from."""
    workload = Workload(until=400.0)
    learner = PPO(_spec(workload), PPOConfig(epochs=4), seed=0)
    fleet = Fleet(partial(build, workload), {FAMILY: learner}, workload.until, WORLDS)
    gathered, updated = [], []
    for _ in range(rounds):
        begun = process_time()
        buffer = fleet.gather(transitions)[FAMILY]
        between = process_time()
        learner.update(buffer)
        gathered.append(between - begun)
        updated.append(process_time() - between)
    yield Line(f"gathering {transitions:,} transitions: s", f"{median(gathered):.2f}")
    yield Line("updating on them, 4 epochs: s", f"{median(updated):.2f}")
    yield Line("updating, of the time of gathering", f"{median(updated) / median(gathered):.2f}", "< 1")


def learning(rounds: int = 3) -> Iterator[Line]:
    """All three."""
    yield from gathering(rounds)
    yield from workers(rounds)
    yield from update(max(rounds - 1, 1))


class _Logged:
    """Makes worlds that log their decisions, each place of a fleet into a folder of its own."""

    def __init__(self, workload: Workload, folder: Path, worlds: int) -> None:
        self.workload = workload
        self.logs = [EventLog(folder / f"place {place}", seed=1, level="decisions") for place in range(worlds)]

    def __call__(self, episode: int) -> World:
        world = build(self.workload, episode)
        self.logs[episode % len(self.logs)].attach(world)
        return world

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        for log in self.logs:
            log.close()


def _spec(workload: Workload) -> PolicySpec:
    return policy_specs(build(workload, 0))[FAMILY]


def _learner(workload: Workload) -> PPO:
    return PPO(_spec(workload), seed=0)


def _messages(workload: Workload, learner: PPO) -> float:
    """How many messages a decision comes with."""
    world = build(workload, 0)
    fleet = Fleet(lambda episode: world, {FAMILY: learner}, 50.0, 1)
    fleet.gather(2000)
    return world.sequence / fleet.decisions - 1.0  # a decision has a number of its own


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="catallaxy-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
