"""A forgotten ``yield`` is found before anything runs; endless loops are found while they run."""

import pytest

from catallaxy.engine import Agent, AgentError, Message, World, on

from .test_errors import line_of


class Ping(Message):
    pass


def refusal(cls) -> str:
    with pytest.raises(AgentError) as caught:
        World([cls("A")], seed=0)
    return str(caught.value)


def test_a_sleep_without_yield_is_named():
    class Hasty(Agent):
        def run(self):
            self.sleep(1.0)
            yield self.sleep(2.0)

    place = f"{__file__}:{line_of(Hasty, 'self.sleep(1.0)')}"
    assert refusal(Hasty) == (
        f"Hasty 'A' makes something to wait for and does not wait: write yield self.sleep(...) ({place})"
    )


def test_an_ask_over_several_lines_without_yield_is_named():
    class Hasty(Agent):
        def run(self):
            yield self.sleep(1.0)
            self.ask(
                self.neighbours(),
                Ping(),
            )

    assert f"write yield self.ask(...) ({__file__}:{line_of(Hasty, 'self.ask(')})" in refusal(Hasty)


def test_a_behaviour_called_without_yield_from_is_named():
    class Base(Agent):
        def pause(self):
            yield self.sleep(1.0)

    class Hasty(Base):
        @on(Ping)
        def hear(self, ping):
            self.pause()

    assert f"write yield from self.pause(...) ({__file__}:{line_of(Hasty, 'self.pause()')})" in refusal(Hasty)


def test_what_is_kept_or_passed_on_is_no_fault():
    class Careful(Agent):
        def run(self):
            nap = self.sleep(1.0)
            self.process(self.other())
            yield nap | self.sleep(2.0)
            yield from self.other()
            self.quick()

        def other(self):
            yield self.sleep(1.0)

        def quick(self):
            return 3

        @on(Ping)
        def hear(self, ping):
            yield self.sleep(1.0)

    World([Careful("A")], seed=0).run(until=9.0)


def test_a_loop_that_never_yields_is_named():
    class Endless(Agent):
        def run(self):
            yield self.sleep(1.0)
            while True:
                nap = self.sleep(1.0)  # here
                self.last = nap

    with pytest.raises(AgentError) as caught:
        World([Endless("A")], seed=0).run(until=9.0)
    text = str(caught.value)
    assert text.startswith("Endless 'A' failed at t=1 in its process run: ")
    assert "never yields" in text
    assert text.endswith(f"({__file__}:{line_of(Endless, '# here')})")


def test_a_message_to_a_process_that_never_receives_is_named_at_once():
    class Deaf(Agent):
        def run(self):
            while True:
                yield self.sleep(1.0)

    class Sends(Agent):
        def run(self):
            self.send("D", Ping())
            yield self.sleep(1.0)

    with pytest.raises(AgentError, match=r"Deaf 'D' got Ping\(\) from 'S' at t=0 and does not read it"):
        World([Deaf("D"), Sends("S")], seed=0).run(until=9.0)


def test_a_helper_outside_the_class_may_receive():
    def helper(agent):
        message = yield agent.receive()
        agent.got = message

    class Reads(Agent):
        def run(self):
            yield self.sleep(1.0)
            yield from helper(self)

    class Sends(Agent):
        def run(self):
            self.send("R", Ping())
            yield self.sleep(1.0)

    reads = Reads("R")
    World([reads, Sends("S")], seed=0).run(until=9.0)
    assert reads.got == Ping()
