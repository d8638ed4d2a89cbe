"""What goes wrong in an agent's code is named: agent, time, what it was doing, file and line."""

import inspect

import pytest

from catallaxy.engine import (
    Agent,
    AgentError,
    CatallaxyError,
    LinkError,
    Message,
    Network,
    RecordError,
    World,
    WorldError,
    on,
)


class Ping(Message):
    n: int = 0


def line_of(function, text: str) -> int:
    """Number of the first line of ``function`` that holds ``text``."""
    lines, start = inspect.getsourcelines(function)
    return start + next(i for i, line in enumerate(lines) if text in line)


def failure_of(*agents, network=None, until=10.0) -> str:
    with pytest.raises(AgentError) as caught:
        World(agents, network, seed=0).run(until=until)
    return str(caught.value)


def test_an_error_in_a_process_names_agent_time_and_place():
    class Bad(Agent):
        def run(self):
            yield self.sleep(1.5)
            self.fail()

        def fail(self):
            raise ValueError("too bad")

    text = failure_of(Bad("A"))
    place = f"{__file__}:{line_of(Bad, 'raise ValueError')}"
    assert text == f"Bad 'A' failed at t=1.5 in its process run: ValueError: too bad ({place})"


def test_an_error_in_a_handler_names_the_message():
    class Bad(Agent):
        @on(Ping)
        def hear(self, ping):
            return 1 / ping.n

    class Sends(Agent):
        def run(self):
            self.send("A", Ping())
            yield self.sleep(1.0)

    text = failure_of(Bad("A"), Sends("S"), network=Network.complete(latency=0.25))
    place = f"{__file__}:{line_of(Bad, 'return 1')}"
    assert text == (
        f"Bad 'A' failed at t=0.25 while handling Ping(n=0) from 'S': ZeroDivisionError: division by zero ({place})"
    )


def test_an_error_in_a_handler_that_is_a_process_names_it():
    class Bad(Agent):
        @on(Ping)
        def hear(self, ping):
            yield self.sleep(1.0)
            raise KeyError("x")

    class Sends(Agent):
        def run(self):
            self.send("A", Ping())
            yield self.sleep(1.0)

    assert failure_of(Bad("A"), Sends("S")).startswith("Bad 'A' failed at t=1 in its process hear: KeyError: 'x' (")


def test_an_error_in_a_timer_is_named(note):
    def runs(self):
        self.timer(1.0, lambda: [][1])
        yield self.sleep(5.0)

    text = failure_of(note("A", runs))
    assert text.startswith("Note 'A' failed at t=1 in a timer: IndexError: list index out of range (")
    assert text.endswith(f"{__file__}:{line_of(runs, 'lambda')})")


def test_an_error_in_the_first_step_of_a_process_is_named(note):
    def runs(self):
        raise OSError("no")
        yield

    assert "Note 'A' failed at t=0 in its process runs: OSError: no" in failure_of(note("A", runs))


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (None, "a bare yield waits for nothing"),
        (3.0, "yield self.sleep(3.0)"),
        ((i for i in ()), "yield from"),
        ([], "an empty list"),
        (Ping(), "yield self.ask("),
    ],
)
def test_yielding_what_is_no_event_names_the_agents_own_line(note, value, hint):
    def runs(self):
        yield self.sleep(1.0)
        yield value  # here

    text = failure_of(note("A", runs))
    assert text.startswith("Note 'A' failed at t=1 in its process runs: it yielded ")
    assert hint in text or value == []
    assert text.endswith(f"({__file__}:{line_of(runs, '# here')})")
    assert "\n" not in text


def test_a_yield_of_no_event_in_a_delegate_names_the_inner_line(note):
    def inner(self):
        yield "soon"  # inner

    def runs(self):
        yield from inner(self)

    assert failure_of(note("A", runs)).endswith(f"({__file__}:{line_of(inner, '# inner')})")


def test_a_run_that_is_no_generator_is_refused():
    class NoYield(Agent):
        def run(self):
            return 3

    with pytest.raises(AgentError, match="NoYield 'A': a behaviour must be a generator, with a yield in it, got 3"):
        World([NoYield("A")], seed=0)


def test_a_message_without_a_link_is_refused_with_the_alternatives(note):
    def runs(self):
        yield self.sleep(1.0)
        self.send("C", Ping())

    network = Network.bipartite(["A"], ["B"])
    with pytest.raises(LinkError, match=r"Note 'A' has no link to 'C' at t=1; it is linked to: B\. Ask neighbours"):
        World([note("A", runs), note("B"), note("C")], network, seed=0).run(until=2.0)


def test_a_message_to_an_unknown_name_or_oneself_is_refused(note):
    def sends_to(name):
        def runs(self):
            self.send(name, Ping())
            yield self.sleep(1.0)

        return runs

    with pytest.raises(LinkError, match="Note 'A' can't reach 'Z' at t=0: no agent in this world has that name"):
        World([note("A", sends_to("Z"))], seed=0).run(until=2.0)
    with pytest.raises(LinkError, match="Note 'A' sent a message to itself at t=0"):
        World([note("A", sends_to("A"))], seed=0).run(until=2.0)


def test_an_agent_may_catch_a_missing_link(note):
    def runs(self):
        try:
            self.send("B", Ping())
        except LinkError:
            self.seen.append("caught")
        yield self.sleep(1.0)

    agent = note("A", runs)
    World([agent, note("B")], Network.erdos_renyi(0.0), seed=0).run(until=2.0)
    assert agent.seen == ["caught"]


def test_a_dropped_message_is_logged(note, tmp_path, read):
    def runs(self):
        yield self.sleep(1.0)
        assert self.send("B", Ping()) == 0

    network = Network.erdos_renyi(0.0, missing="drop")
    World([note("A", runs), note("B")], network, seed=0).run(until=2.0, log=tmp_path / "run")
    (row,) = read(tmp_path / "run", "drops")
    assert (row["time"], row["agent"], row["kind"], row["addressee"]) == (1.0, "A", "Ping", "B")
    assert row["reason"] == "no link"


def test_a_message_that_nobody_reads_is_named(note):
    def runs(self):
        yield self.sleep(1.0)
        self.send("B", Ping(n=4))

    text = failure_of(note("A", runs), note("B"))
    assert text == (
        "Note 'B' got Ping(n=4) from 'A' at t=1 and does not read it: give it a handler, @on(Ping), "
        "or a process that yields self.receive(Ping)"
    )


def test_a_world_is_set_up_with_agents_of_its_own(note):
    with pytest.raises(WorldError, match="two agents have the name 'A'"):
        World([note("A"), note("A")], seed=0)
    agent = note("A")
    World([agent], seed=0)
    with pytest.raises(WorldError, match="Note 'A' lives in another world already"):
        World([agent], seed=0)
    with pytest.raises(WorldError, match="must be Agents, got 'A'"):
        World(["A"], seed=0)
    with pytest.raises(WorldError, match="non-empty string, got ''"):
        note("")

    class Nameless(Agent):
        def __init__(self):
            pass

    with pytest.raises(WorldError, match=r"a Nameless has no name: its __init__ must call super\(\)"):
        World([Nameless()], seed=0)


@pytest.mark.parametrize("seed", [None, -1, 1.0, True, "7"])
def test_seeds_are_explicit(note, seed):
    with pytest.raises(WorldError, match="seed must be an integer of at least 0"):
        World([note("A")], seed=seed)


def test_on_takes_message_classes():
    with pytest.raises(RecordError, match="@on takes message classes, got 'Ping'"):
        on("Ping")
    with pytest.raises(RecordError, match="@on takes at least one message class"):
        on()


class Bell(Message):
    loud: bool = True


@pytest.mark.parametrize(
    ("mistake", "fault"),
    [
        (lambda me: me.send("B", "hello"), "Note 'A' can't send 'hello' at t=0: only a Message can be sent"),
        (lambda me: me.send("B", Bell), "can't send <class .*Bell'> at t=0: only a Message can be sent"),
        (lambda me: me.sleep("1"), "a delay must be a finite number and not negative, got '1'"),
        (lambda me: me.record(Bell()), r"can't record Bell\(loud=True\) at t=0: a message is sent or published"),
        (lambda me: me.record({"a": 1}), "can't record {'a': 1} at t=0: make a class of Record for it"),
    ],
)
def test_what_is_of_the_wrong_kind_is_named(note, mistake, fault):
    def behaviour(me):
        mistake(me)
        yield me.sleep(1.0)

    with pytest.raises(CatallaxyError, match=fault):
        World([note("A", behaviour), note("B")], seed=0).run(2.0)


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda note: World(note("A"), seed=0), "must be a list or the like, got <Note 'A'> alone"),
        (lambda note: World([note("A")], "complete", seed=0), "must be a Network, such as .*, got 'complete'"),
        (lambda note: World([note("A")], seed=0).run(None), "until must be a number, got None"),
    ],
)
def test_a_world_of_the_wrong_things_is_refused(note, make, fault):
    with pytest.raises(WorldError, match=fault):
        make(note)


def test_a_handler_that_can_not_take_the_message_is_refused_with_its_line():
    with pytest.raises(RecordError, match=r"Deaf.hear is a handler: it must take self and the message \(.*errors.py:"):

        class Deaf(Agent):
            @on(Bell)
            def hear(self):
                pass

    class Willing(Agent):
        @on(Bell)
        def hear(self, bell, more=None, *others):
            pass
