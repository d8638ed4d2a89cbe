"""A behaviour that never lets time pass is stopped, and named with its file and line."""

import pytest

from catallaxy.engine import Agent, AgentError, Message, World, on

from .test_errors import line_of


class Ping(Message):
    number: int


class Restless(Agent):
    def run(self):
        yield self.sleep(2.0)
        while True:
            yield self.sleep(0)  # round and round


class Echo(Agent):
    @on(Ping)
    def back(self, ping):
        self.reply(ping, Ping(number=ping.number + 1))


class Starter(Echo):
    def run(self):
        yield self.sleep(1.0)
        self.send("echo", Ping(number=0))


class Alarmed(Agent):
    def run(self):
        self.ring()
        yield self.sleep(1.0)

    def ring(self):
        self.timer(0.0, self.ring)


class Either(Agent):
    def run(self):
        while True:
            yield self.sleep(0.0) | self.sleep(1.0)


class Busy(Agent):
    """Much at one moment, but no more than allowed."""

    def run(self):
        for _ in range(150):
            yield self.sleep(0.0)
        yield self.sleep(1.0)


def failure(monkeypatch: pytest.MonkeyPatch, *agents: Agent) -> str:
    monkeypatch.setattr("catallaxy.engine.clock._BATCH", 1_000)
    world = World(agents, seed=0)
    world.env.most_at_once = 200
    with pytest.raises(AgentError) as caught:
        world.run(5.0)
    return str(caught.value)


def test_a_process_that_sleeps_for_no_time_is_named_with_its_line(monkeypatch):
    told = failure(monkeypatch, Busy("quiet"), Restless("R"))
    assert "Restless 'R' has acted 201 times at t=2 without letting time pass: its process run" in told
    assert f"({__file__}:{line_of(Restless, 'round and round')})" in told


def test_handlers_that_answer_each_other_over_links_without_latency_are_named(monkeypatch):
    told = failure(monkeypatch, Starter("starter"), Echo("echo"))
    assert "at t=1 without letting time pass: it handles Ping(number=" in told
    assert f"({__file__}:{line_of(Echo, '@on(Ping)')})" in told


def test_timers_that_set_one_another_are_named(monkeypatch):
    assert "Alarmed 'A' has acted 201 times at t=0" in failure(monkeypatch, Alarmed("A"))


def test_a_condition_that_holds_at_once_is_seen_through(monkeypatch):
    assert "Either 'E' has acted 201 times at t=0" in failure(monkeypatch, Either("E"))


def test_many_agents_may_do_much_at_one_moment(monkeypatch):
    monkeypatch.setattr("catallaxy.engine.clock._BATCH", 1_000)
    world = World([Busy(f"agent {i}") for i in range(100)], seed=0)
    world.env.most_at_once = 200
    world.run(5.0)
    assert world.now == 5.0


def test_it_is_the_same_at_the_limits_that_hold_unless_told_otherwise():
    with pytest.raises(AgentError, match="Restless 'R' has acted 100,001 times at t=2"):
        World([Restless("R")], seed=0).run(5.0)
