"""What a process can wait for: replies, messages, time, resources, and any mixture of them."""

import pytest
import simpy

from catallaxy.engine import Agent, AgentError, DelayError, Message, Network, World, on


class Ping(Message):
    n: int = 0


class Pong(Message):
    n: int = 0


class Slow(Agent):
    """Answers a ping after ``delay``, ``times`` times."""

    def __init__(self, name, delay, times=1):
        super().__init__(name)
        self.delay, self.times = delay, times

    @on(Ping)
    def answer(self, ping):
        yield self.sleep(self.delay)
        for _ in range(self.times):
            self.reply(ping, Pong(n=ping.n))


def ask_once(note, answerers, timeout=None, network=None, until=100.0):
    """What an agent gets that asks everybody at t=1, and when."""

    def asks(self):
        yield self.sleep(1.0)
        replies = yield self.ask(self.neighbours(), Ping(), timeout=timeout)
        self.seen.append((self.now, [reply.sender for reply in replies]))

    asker = note("asker", asks)
    world = World([asker, *answerers], network, seed=0)
    world.run(until=until)
    return asker.seen, world


def test_replies_come_in_order_of_arrival_as_soon_as_all_are_there(note):
    seen, _ = ask_once(note, [Slow("A", 3.0), Slow("B", 1.0), Slow("C", 2.0)], timeout=50.0)
    assert seen == [(4.0, ["B", "C", "A"])]


def test_a_time_out_gives_the_replies_so_far(note):
    seen, _ = ask_once(note, [Slow("A", 3.0), Slow("B", 1.0), Slow("C", 2.0)], timeout=2.5)
    assert seen == [(3.5, ["B", "C"])]


def test_an_answer_at_the_very_deadline_counts(note):
    seen, _ = ask_once(note, [Slow("A", 3.0), Slow("B", 1.0)], timeout=3.0)
    assert seen == [(4.0, ["B", "A"])]


def test_repeated_and_late_replies_are_discarded(note):
    seen, world = ask_once(note, [Slow("A", 1.0, times=3), Slow("B", 2.0, times=2)], timeout=1.5)
    assert seen == [(2.5, ["A"])]
    assert world.now == 100.0


def test_asking_nobody_gives_an_empty_list_at_once(note):
    seen, _ = ask_once(note, [])
    assert seen == [(1.0, [])]


def test_asking_only_those_without_a_link_gives_an_empty_list_at_once(note):
    def asks(self):
        yield self.sleep(1.0)
        replies = yield self.ask(["A"], Ping(), timeout=5.0)
        self.seen.append((self.now, replies))

    asker = note("asker", asks)
    World([asker, Slow("A", 1.0)], Network.erdos_renyi(0.0, missing="drop"), seed=0).run(until=10.0)
    assert asker.seen == [(1.0, [])]


def test_one_receiver_may_be_given_by_name_or_as_agent(note):
    other = Slow("A", 1.0)

    def asks(self):
        for receiver in ("A", other, ["A"]):
            replies = yield self.ask(receiver, Ping())
            self.seen.append([reply.sender for reply in replies])

    asker = note("asker", asks)
    World([asker, other], seed=0).run(until=10.0)
    assert asker.seen == [["A"]] * 3


def test_time_outs_leave_nothing_in_the_queue(note):
    def asks(self):
        for _ in range(5_000):
            yield self.ask("A", Ping(), timeout=1e6)
            yield self.receive() | self.sleep(0.0)
            yield self.sleep(1e6) | self.sleep(0.001)

    world = World([note("asker", asks), Slow("A", 0.0)], seed=0)
    world.run(until=10.0)
    assert world.env.scheduled <= 2
    assert len(world.env._queue) < 200


def test_an_abandoned_ask_leaves_no_time_out_behind(note):
    def asks(self):
        for _ in range(500):
            yield self.ask("A", Ping(), timeout=1e6) | self.sleep(0.001)

    world = World([note("asker", asks), Slow("A", 1.0)], seed=0)
    world.run(until=10.0)
    assert world.env.scheduled == 0


def test_an_ask_can_be_returned_to(note):
    def asks(self):
        ask = self.ask(["A", "B"], Ping(), timeout=3.0)
        yield ask | self.sleep(1.5)
        self.seen.append((self.now, ask.processed))
        replies = yield ask
        self.seen.append((self.now, [reply.sender for reply in replies]))

    asker = note("asker", asks)
    World([asker, Slow("A", 1.0), Slow("B", 9.0)], seed=0).run(until=10.0)
    assert asker.seen == [(1.5, False), (3.0, ["A"])]


def test_an_ask_whose_time_ran_out_while_nobody_waited_has_ended_then(note):
    def asks(self):
        ask = self.ask(["A", "B"], Ping(), timeout=3.0)
        yield ask | self.sleep(0.5)
        yield self.sleep(5.0)
        replies = yield ask
        self.seen.append((self.now, [reply.sender for reply in replies]))

    asker = note("asker", asks)
    World([asker, Slow("A", 1.0), Slow("B", 4.0)], seed=0).run(until=10.0)
    assert asker.seen == [(5.5, ["A"])]


def sender_of(note, *times):
    def sends(self):
        for n, time in enumerate(times):
            yield self.sleep(time - self.now)
            self.send("reader", Ping(n=n))

    return note("sender", sends)


def test_receive_takes_messages_in_order_kept_until_then(note):
    def reads(self):
        yield self.sleep(5.0)
        for _ in range(3):
            message = yield self.receive()
            self.seen.append((self.now, message.n))

    reader = note("reader", reads)
    World([reader, sender_of(note, 1.0, 2.0, 7.0)], seed=0).run(until=10.0)
    assert reader.seen == [(5.0, 0), (5.0, 1), (7.0, 2)]


def test_receive_of_a_kind_leaves_the_others_for_later(note):
    def sends(self):
        yield self.sleep(1.0)
        for message in (Pong(n=1), Ping(n=2), Pong(n=3)):
            self.send("reader", message)

    def reads(self):
        yield self.sleep(2.0)
        for kinds in ((Ping,), (), (Ping, Pong)):
            message = yield self.receive(*kinds)
            self.seen.append(message.n)

    reader = note("reader", reads)
    World([reader, note("sender", sends)], seed=0).run(until=10.0)
    assert reader.seen == [2, 1, 3]


def test_an_abandoned_receive_does_not_swallow_the_next_message(note):
    def reads(self):
        result = yield self.receive() | self.sleep(0.5)
        self.seen.append(len(result.todict()))
        yield self.sleep(2.0)
        message = yield self.receive()
        self.seen.append(message.n)

    reader = note("reader", reads)
    World([reader, sender_of(note, 1.0)], seed=0).run(until=10.0)
    assert reader.seen == [1, 0]


def test_an_interrupted_receive_does_not_swallow_the_next_message(note):
    def waits(self):
        try:
            yield self.receive() | self.sleep(100.0)
        except simpy.Interrupt as interrupt:
            self.seen.append((self.now, interrupt.cause))

    def reads(self):
        waiting = self.process(waits(self))
        yield self.sleep(0.5)
        waiting.interrupt("enough")
        yield self.sleep(2.0)
        message = yield self.receive()
        self.seen.append((self.now, message.n))

    reader = note("reader", reads)
    World([reader, sender_of(note, 1.0)], seed=0).run(until=10.0)
    assert reader.seen == [(0.5, "enough"), (2.5, 0)]


def test_a_receive_can_be_returned_to(note):
    def reads(self):
        get = self.receive()
        yield get | self.sleep(0.5)
        yield self.sleep(2.0)
        message = yield get
        self.seen.append((self.now, message.n))

    reader = note("reader", reads)
    World([reader, sender_of(note, 1.0)], seed=0).run(until=10.0)
    assert reader.seen == [(2.5, 0)]


def test_all_of_messages_and_time(note):
    def reads(self):
        first, second = self.receive(), self.receive()
        result = yield first & second & self.sleep(3.0)
        self.seen.append((self.now, result[first].n, result[second].n))

    reader = note("reader", reads)
    World([reader, sender_of(note, 1.0, 2.0)], seed=0).run(until=10.0)
    assert reader.seen == [(3.0, 0, 1)]


def test_simpy_resources_and_events_can_be_waited_for(note):
    def uses(self):
        if not hasattr(self.world.env, "desk"):
            self.world.env.desk = simpy.Resource(self.world.env, capacity=1)
        with self.world.env.desk.request() as request:
            yield request
            self.seen.append(self.now)
            yield self.sleep(2.0) & self.world.env.timeout(1.0)

    agents = [note(name, uses) for name in "ABC"]
    World(agents, seed=0).run(until=10.0)
    assert [agent.seen for agent in agents] == [[0.0], [2.0], [4.0]]


def test_processes_of_one_agent_can_be_waited_for_and_interrupted(note):
    def counts(self, step):
        total = 0
        try:
            while True:
                yield self.sleep(step)
                total += 1
        except simpy.Interrupt:
            return total

    def runs(self):
        fast, slow = self.process(counts(self, 1.0)), self.process(counts(self, 3.0))
        yield self.sleep(10.5)
        fast.interrupt()
        slow.interrupt()
        result = yield fast & slow
        self.seen.append((result[fast], result[slow]))

    agent = note("A", runs)
    world = World([agent], seed=0)
    world.run(until=20.0)
    assert agent.seen == [(10, 3)]
    assert world.env.scheduled == 0


def test_a_sleep_may_be_waited_for_again_after_an_interrupt(note):
    def sleeps(self):
        nap = self.sleep(5.0)
        try:
            yield nap
        except simpy.Interrupt:
            self.seen.append(self.now)
        yield nap
        self.seen.append(self.now)

    def runs(self):
        napping = self.process(sleeps(self))
        yield self.sleep(2.0)
        napping.interrupt()

    agent = note("A", runs)
    World([agent], seed=0).run(until=20.0)
    assert agent.seen == [2.0, 5.0]


def test_timers_call_back_and_can_be_cancelled(note):
    def runs(self):
        self.timer(1.0, lambda: self.seen.append(self.now))
        late = self.timer(3.0, lambda: self.seen.append("never"))
        yield self.sleep(2.0)
        late.cancel()
        late.cancel()

    agent = note("A", runs)
    world = World([agent], seed=0)
    world.run(until=10.0)
    assert agent.seen == [1.0]
    assert world.env.scheduled == 0


@pytest.mark.parametrize("delay", [-1.0, float("nan"), float("inf"), -1e-300])
@pytest.mark.parametrize("how", ["sleep", "timeout", "timer", "env"])
def test_impossible_delays_are_refused_where_they_enter(note, delay, how):
    def runs(self):
        yield self.sleep(1.0)
        if how == "sleep":
            yield self.sleep(delay)
        elif how == "timeout":
            yield self.ask("B", Ping(), timeout=delay)
        elif how == "timer":
            self.timer(delay, print)
        else:
            yield self.world.env.timeout(delay)

    with pytest.raises((DelayError, AgentError), match=r"[Dd]elay|time-out"):
        World([note("A", runs), Slow("B", 1.0)], seed=0).run(until=10.0)
