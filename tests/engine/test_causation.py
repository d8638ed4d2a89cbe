"""What the log gives as the cause of an event: the message that led to it there and then, and nothing otherwise."""

import pytest
import simpy

from catallaxy.engine import Agent, Message, Record, World, on


class Question(Message):
    pass


class Answer(Message):
    pass


class Noted(Record, table="noted"):
    what: str


class Answers(Agent):
    """Answers after half a unit of time."""

    @on(Question)
    def answer(self, question):
        yield self.sleep(0.5)
        self.reply(question, Answer())


def causes(note, tmp_path, read, behaviour) -> tuple[list, list]:
    """Causes of what ``behaviour`` notes, and the sequence numbers of the answers that it got."""
    World([note("A", behaviour), Answers("B")], seed=0).run(until=10.0, log=tmp_path / "run")
    answers = [row["sequence"] for row in read(tmp_path / "run", "answers")]
    return [row["cause"] for row in read(tmp_path / "run", "noted")], answers


def noted(me, what=""):
    me.record(Noted(what=what))


@pytest.mark.parametrize("combine", [lambda ask, sleep: ask | sleep, lambda ask, sleep: ask | (sleep & sleep)])
def test_a_condition_that_an_answer_fulfils_is_caused_by_it(note, tmp_path, read, combine):
    def behaviour(me):
        yield combine(me.ask("B", Question()), me.sleep(5.0))
        noted(me)

    (cause,), (answer,) = causes(note, tmp_path, read, behaviour)
    assert cause == answer


def test_all_of_several_answers_is_caused_by_the_last(note, tmp_path, read):
    def behaviour(me):
        first = me.ask("B", Question())
        yield me.sleep(1.0) | me.sleep(2.0)
        yield first & me.ask("B", Question())
        noted(me)

    (cause,), answers = causes(note, tmp_path, read, behaviour)
    assert cause == answers[-1]


def test_what_follows_a_sleep_is_ones_own_doing(note, tmp_path, read):
    def behaviour(me):
        yield me.ask("B", Question())
        noted(me, "at once")
        yield me.sleep(1.0)
        noted(me, "after a sleep")
        yield me.sleep(0.0) | me.ask("B", Question())
        noted(me, "the sleep came first")
        yield me.world.env.timeout(0)
        noted(me, "after a SimPy time-out")

    found, answers = causes(note, tmp_path, read, behaviour)
    assert found == [answers[0], None, None, None]


def test_simpy_events_that_a_message_sets_off_are_caused_by_it(note, tmp_path, read):
    def behaviour(me):
        env = me.world.env
        bell, shelf = env.event(), simpy.Store(env)

        def rings():
            yield me.ask("B", Question())
            bell.succeed()
            yield shelf.put("something")

        process = me.process(rings())
        yield bell
        noted(me, "an event")
        yield shelf.get()
        noted(me, "a store")
        yield process
        noted(me, "a process")

    found, (answer,) = causes(note, tmp_path, read, behaviour)
    assert found == [answer] * 3


def test_an_interrupt_is_caused_by_the_message_that_led_to_it(note, tmp_path, read):
    def behaviour(me):
        def sleeps():
            try:
                yield me.sleep(9.0)
            except simpy.Interrupt:
                noted(me)

        sleeper = me.process(sleeps())
        yield me.ask("B", Question())
        sleeper.interrupt()

    (cause,), (answer,) = causes(note, tmp_path, read, behaviour)
    assert cause == answer
