"""Time and order: ties, the boundary of a run, resumption, and questions to the driver."""

from time import monotonic

import pytest

from catallaxy.engine import LAST, Agent, Message, Network, Question, World, WorldError, on
from catallaxy.engine.latency import UniformLatency


class Tick(Message):
    n: int


class Hears(Agent):
    def __init__(self, name):
        super().__init__(name)
        self.heard = []

    @on(Tick)
    def hear(self, tick):
        self.heard.append((self.now, tick.n))


def test_equal_times_are_delivered_first_sent_first_whoever_sends(note):
    def sends(self):
        yield self.sleep(1.0)
        self.send("H", Tick(n=int(self.name)))

    hears = Hears("H")
    World([hears, *(note(name, sends) for name in ("3", "1", "2"))], Network.complete(latency=0.5), seed=0).run(9.0)
    assert hears.heard == [(1.5, 3), (1.5, 1), (1.5, 2)]


def test_at_equal_times_lower_priority_comes_first(note):
    def sends(self):
        yield self.sleep(1.0)
        for n, priority in enumerate((5, 1, 0, LAST, 1)):
            self.send("H", Tick(n=n), priority=priority)

    hears = Hears("H")
    World([note("S", sends), hears], seed=0).run(until=9.0)
    assert [n for _, n in hears.heard] == [2, 1, 4, 0, 3]


def test_links_do_not_keep_order_when_a_later_message_is_faster(note):
    def sends(self):
        for n in range(200):
            self.send("H", Tick(n=n))
            yield self.sleep(0.01)

    hears = Hears("H")
    World([note("S", sends), hears], Network.complete(latency=UniformLatency(0.1, 0.5)), seed=0).run(until=9.0)
    times, numbers = zip(*hears.heard, strict=True)
    assert sorted(numbers) == list(range(200))
    assert list(times) == sorted(times)
    assert list(numbers) != sorted(numbers)
    assert all(0.1 <= time - 0.01 * n <= 0.5 + 1e-9 for time, n in hears.heard)


def wakes(self):
    while True:
        yield self.sleep(1.0)
        self.seen.append(self.now)


def test_events_at_the_end_of_a_run_belong_to_the_next(note):
    agent = note("A", wakes)
    world = World([agent], seed=0)
    world.run(until=2.0)
    assert (agent.seen, world.now) == ([1.0], 2.0)
    world.run(until=2.0)
    assert agent.seen == [1.0]
    world.run(until=2.5)
    assert (agent.seen, world.now) == ([1.0, 2.0], 2.5)


def test_a_run_in_pieces_is_the_run_in_one(note):
    def walks(self):
        while True:
            yield self.sleep(self.rng.exponential())
            self.send("H", Tick(n=self.rng.integers(100).item()))

    def heard(*ends):
        hears = Hears("H")
        world = World([note("S", walks), hears], Network.complete(latency=UniformLatency(0.0, 1.0)), seed=3)
        for end in ends:
            world.run(until=end)
        return hears.heard

    assert heard(50.0) == heard(0.0, 1.0, 1.0, 7.25, 20.0, 50.0)
    assert len(heard(50.0)) > 20


def test_a_world_can_run_until_nothing_is_left(note):
    def once(self):
        yield self.sleep(4.0)

    world = World([note("A", once)], seed=0)
    world.run(until=float("inf"))
    assert world.now == 4.0


@pytest.mark.parametrize("until", [1.0, float("nan"), -1.0])
def test_time_does_not_run_backwards(note, until):
    world = World([note("A")], seed=0)
    world.run(until=2.0)
    with pytest.raises(WorldError, match="a world can't run until"):
        world.run(until=until)
    assert world.now == 2.0


def asks_driver(self):
    while True:
        yield self.sleep(1.0)
        answer = yield Question(self)
        self.seen.append((self.now, answer))


def test_a_world_stops_at_a_question_and_goes_on_with_the_answer(note):
    agents = [note("A", asks_driver), note("B", asks_driver)]
    world = World(agents, seed=0)
    for step in (1.0, 2.0, 3.0):
        questions = world.advance(until=3.5)
        assert [question.agent.name for question in questions] == ["A", "B"]
        assert world.now == step
        for question in questions:
            question.answer(question.asked_at * 10)
    assert world.advance(until=3.5) == []
    assert world.now == 3.5
    assert agents[0].seen == agents[1].seen == [(1.0, 10.0), (2.0, 20.0), (3.0, 30.0)]


def test_an_unanswered_question_keeps_the_clock(note):
    world = World([note("A", asks_driver)], seed=0)
    assert world.advance(until=5.0) == world.advance(until=5.0)
    assert world.now == 1.0


def test_a_thinking_agent_does_not_stop_the_clock_before_its_answer_is_due(note):
    def thinks(self):
        answer = yield Question(self, thinking=0.5)
        self.seen.append((self.now, answer))

    hears = Hears("H")

    def ticks(self):
        for n in range(5):
            self.send("H", Tick(n=n))
            yield self.sleep(0.2)

    agent = note("A", thinks)
    world = World([agent, note("S", ticks), hears], seed=0)
    (question,) = world.advance(until=9.0)
    assert [time for time, _ in hears.heard] == pytest.approx([0.0, 0.2, 0.4])
    question.answer("yes")
    assert world.advance(until=9.0) == []
    assert agent.seen == [(0.5, "yes")]


def test_a_question_can_be_answered_once(note):
    world = World([note("A", asks_driver)], seed=0)
    (question,) = world.advance(until=5.0)
    question.answer(1)
    with pytest.raises(WorldError, match=r"question of Note 'A' asked at t=1 has been answered already"):
        question.answer(2)


def test_run_refuses_a_question_that_nobody_answers(note):
    with pytest.raises(WorldError, match="Note 'A' waits for a decision at t=1 and nobody answers"):
        World([note("A", asks_driver)], seed=0).run(until=5.0)


def test_an_abandoned_question_is_withdrawn_and_may_be_asked_again(note):
    def hesitates(self):
        question = Question(self)
        yield question | self.sleep(0.0)
        yield self.sleep(1.0)
        answer = yield question
        self.seen.append((self.now, answer))

    agent = note("A", hesitates)
    world = World([agent], seed=0)
    (question,) = world.advance(until=5.0)
    assert world.now == 1.0
    question.answer("at last")
    assert agent.seen == [(1.0, "at last")]


def test_a_world_can_be_stepped_event_by_event(note):
    agent = note("A", wakes)
    world = World([agent], seed=0)
    assert world.peek == 0.0
    assert [world.step() for _ in range(3)] == [0.0, 1.0, 2.0]
    assert (agent.seen, world.peek) == ([1.0, 2.0], 3.0)
    world.run(until=3.5)
    assert agent.seen == [1.0, 2.0, 3.0]


def test_steps_are_the_run(note):
    def walks(self):
        for _ in range(50):
            yield self.sleep(self.rng.exponential())
            self.send("H", Tick(n=1))

    def heard(drive):
        hears = Hears("H")
        world = World([note("S", walks), hears], Network.complete(latency=UniformLatency(0.0, 1.0)), seed=3)
        drive(world)
        return hears.heard

    def step(world):
        while world.peek < float("inf"):
            world.step()

    assert heard(step) == heard(lambda world: world.run(until=float("inf")))


def test_stepping_ends_with_the_events_and_waits_for_answers(note):
    world = World([note("A")], seed=0)
    with pytest.raises(WorldError, match="nothing is left to happen in this world at t=0"):
        world.step()
    world = World([note("A", asks_driver), note("B", wakes)], seed=0)
    world.run(until=1.0)
    world.step()
    world.step()
    with pytest.raises(WorldError, match="Note 'A' waits for a decision at t=1 and nobody answers"):
        world.step()


def test_a_paced_run_takes_its_time_and_changes_nothing(note):
    def seen(pace):
        agent = note("A", wakes)
        World([agent], seed=0).run(until=10.5, pace=pace)
        return agent.seen

    began = monotonic()
    assert seen(0.02) == seen(None)
    assert monotonic() - began >= 10.5 * 0.02
    with pytest.raises(WorldError, match="pace must be a finite number of seconds and not negative, got -1"):
        seen(-1)
