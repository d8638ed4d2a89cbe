"""Queues written as agents agree with queueing theory: M/M/1, M/M/c, a tandem and a Jackson network.

Each measure is the mean over independent replications; theory must lie within 4 standard errors, and these must be
small enough for a real error to show. Formulas: Gross, Shortle, Thompson & Harris, Fundamentals of Queueing Theory.
"""

from __future__ import annotations

from collections import defaultdict
from math import factorial

import numpy as np
import pytest

from catallaxy.engine import Agent, Message, World, on

REPLICATIONS, WARM_UP, END = 16, 100.0, 1_600.0


class Job(Message):
    entered: float


class Source(Agent):
    """Poisson arrivals at a station."""

    def __init__(self, name, rate, to):
        super().__init__(name)
        self.rate, self.to = rate, to

    def run(self):
        while True:
            yield self.sleep(self.rng.exponential(1 / self.rate))
            self.send(self.to, Job(entered=self.now))


class Station(Agent):
    """Exponential service; a finished job goes on to another station, by chance, or leaves."""

    def __init__(self, name, rate, servers=1, routes=()):
        super().__init__(name)
        self.rate, self.capacity, self.routes = rate, servers, dict(routes)
        self.serving = 0
        self.waits, self.passages, self.sojourns = [], [], []

    @on(Job)
    def serve(self, job):
        counts = self.now > WARM_UP
        if counts:
            self.waits.append(self.now - job.sent_at)
        self.serving += 1
        yield self.sleep(self.rng.exponential(1 / self.rate))
        self.serving -= 1
        if counts:
            self.passages.append(self.now - job.sent_at)
        place = self.rng.random()
        for name, share in self.routes.items():
            place -= share
            if place < 0:
                self.send(name, Job(entered=job.entered))
                return
        if counts:
            self.sojourns.append(self.now - job.entered)


class Observer(Agent):
    """Counts the jobs at each station at the times of a Poisson process, which see time averages."""

    def __init__(self, stations):
        super().__init__("observer")
        self.stations = stations
        self.counts = defaultdict(list)

    def run(self):
        yield self.sleep(WARM_UP)
        while True:
            yield self.sleep(self.rng.exponential(0.5))
            for station in self.stations:
                self.counts[station.name].append((station.queue_length, station.queue_length + station.serving))


def measure(make):
    """Means over the replications and their standard errors, by name."""
    found = defaultdict(list)
    for episode in range(REPLICATIONS):
        sources, stations = make()
        observer = Observer(stations)
        World([*stations, *sources, observer], seed=1, episode=episode).run(until=END)
        for station in stations:
            found[f"Wq {station.name}"].append(np.mean(station.waits))
            found[f"W {station.name}"].append(np.mean(station.passages))
            queued, present = np.mean(observer.counts[station.name], axis=0)
            found[f"Lq {station.name}"].append(queued)
            found[f"L {station.name}"].append(present)
        found["W"].append(np.mean([time for station in stations for time in station.sojourns]))
    return {name: (np.mean(values), np.std(values, ddof=1) / REPLICATIONS**0.5) for name, values in found.items()}


def check(measured, theory, precision=0.06):
    for name, expected in theory.items():
        mean, error = measured[name]
        assert abs(mean - expected) < 4 * error, f"{name} is {mean:.3f} +- {error:.3f}, theory says {expected:.3f}"
        assert error < precision * expected, f"{name}: standard error {error:.3f} is too large to tell"


def test_one_server():
    """M/M/1: W = 1 / (mu - lambda), Wq = rho W, L = rho / (1 - rho), Lq = rho L."""
    arrivals, service = 0.6, 1.0
    rho = arrivals / service
    measured = measure(lambda: ([Source("in", arrivals, "A")], [Station("A", service)]))
    waiting = 1 / (service - arrivals)
    check(measured, {"W A": waiting, "Wq A": rho * waiting, "L A": rho / (1 - rho), "Lq A": rho**2 / (1 - rho)})


@pytest.mark.parametrize("servers", [2, 4])
def test_several_servers(servers):
    """M/M/c: Wq = C(c, a) / (c mu - lambda) with Erlang's C; Lq = lambda Wq; L = Lq + a."""
    service = 0.5
    arrivals = 0.7 * servers * service
    load = arrivals / service
    last = load**servers / factorial(servers) / (1 - load / servers)
    erlang_c = last / (sum(load**k / factorial(k) for k in range(servers)) + last)
    wait = erlang_c / (servers * service - arrivals)
    measured = measure(lambda: ([Source("in", arrivals, "A")], [Station("A", service, servers)]))
    theory = {"Wq A": wait, "W A": wait + 1 / service, "Lq A": arrivals * wait, "L A": arrivals * wait + load}
    check(measured, theory, precision=0.1)


def test_a_tandem_of_two():
    """By Burke's theorem the second station is an M/M/1 of its own."""
    arrivals, first, second = 0.5, 1.0, 0.8
    measured = measure(
        lambda: ([Source("in", arrivals, "A")], [Station("A", first, routes={"B": 1.0}), Station("B", second)])
    )
    through = [1 / (rate - arrivals) for rate in (first, second)]
    check(measured, {"W A": through[0], "W B": through[1], "W": sum(through), "L B": arrivals * through[1]}, 0.07)


def test_a_jackson_network():
    """Three stations with feedback: each is an M/M/c of its total arrivals, independent of the others."""
    outside = {"A": 0.3, "B": 0.2}
    service = {"A": 1.0, "B": 1.2, "C": 0.9}
    routes = {"A": {"B": 0.4, "C": 0.4}, "B": {"C": 0.5, "A": 0.2}, "C": {"A": 0.2, "B": 0.1}}
    names = list(service)
    moves = np.array([[routes[i].get(j, 0.0) for j in names] for i in names])
    totals = np.linalg.solve(np.eye(3) - moves.T, [outside.get(name, 0.0) for name in names])
    rho = totals / np.array(list(service.values()))
    assert (rho < 0.75).all()

    def make():
        sources = [Source(f"into {name}", rate, name) for name, rate in outside.items()]
        return sources, [Station(name, service[name], routes=routes[name]) for name in names]

    numbers = rho / (1 - rho)
    theory = {f"L {name}": number for name, number in zip(names, numbers, strict=True)}
    theory["W"] = numbers.sum() / sum(outside.values())
    check(measure(make), theory, 0.08)
