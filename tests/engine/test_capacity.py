"""Busy agents: a limited number of messages at a time, the others in order of arrival."""

import pytest

from catallaxy.engine import Agent, Message, World, WorldError, on


class Job(Message):
    n: int = 0
    work: float = 1.0


class Note_(Message):
    pass


class Desk(Agent):
    def __init__(self, name, capacity):
        super().__init__(name)
        self.capacity = capacity
        self.seen = []

    @on(Job)
    def work(self, job):
        self.seen.append(("begin", job.n, self.now))
        yield self.sleep(job.work)
        self.seen.append(("end", job.n, self.now))

    @on(Note_)
    def look(self, note):
        self.seen.append(("note", self.now))


def at_desk(note, capacity, *jobs):
    def sends(self):
        for message in jobs:
            self.send("D", message)
        yield self.sleep(0.0)

    desk = Desk("D", capacity)
    world = World([note("S", sends), desk], seed=0)
    world.run(until=50.0)
    assert world.env.scheduled == 0
    return desk.seen


def test_one_at_a_time_in_order_of_arrival(note):
    seen = at_desk(note, 1, Job(1, 2.0), Job(2, 1.0), Note_(), Job(3, 1.0))
    assert seen == [
        ("begin", 1, 0.0), ("end", 1, 2.0), ("begin", 2, 2.0), ("end", 2, 3.0), ("note", 3.0),
        ("begin", 3, 3.0), ("end", 3, 4.0),
    ]  # fmt: skip


def test_two_at_a_time(note):
    seen = at_desk(note, 2, Job(1, 2.0), Job(2, 1.0), Job(3, 0.5))
    assert [entry for entry in seen if entry[0] == "end"] == [("end", 2, 1.0), ("end", 3, 1.5), ("end", 1, 2.0)]


def test_without_a_capacity_all_at_once(note):
    seen = at_desk(note, None, Job(1, 2.0), Job(2, 1.0))
    assert [entry for entry in seen if entry[0] == "end"] == [("end", 2, 1.0), ("end", 1, 2.0)]


def test_a_busy_agent_costs_no_event_for_a_waiting_message(note):
    def sends(self):
        for n in range(1_000):
            self.send("D", Job(n, 1.0))
        yield self.sleep(0.0)

    world = World([note("S", sends), Desk("D", 1)], seed=0)
    world.run(until=500.0)
    assert world.env.scheduled == 1


@pytest.mark.parametrize("capacity", [0, 1.5, True, "2"])
def test_a_capacity_is_a_positive_integer(capacity):
    with pytest.raises(WorldError, match="Desk 'D': capacity must be an integer of at least 1, or None"):
        World([Desk("D", capacity)], seed=0)


def test_what_a_waiting_message_causes_is_logged_as_its_doing(note, tmp_path, read):
    class Clerk(Desk):
        @on(Job)
        def work(self, job):
            self.send("S", Note_())
            yield self.sleep(1.0)

    def sends(self):
        self.send("D", Job(1))
        self.send("D", Job(2))
        while True:
            yield self.receive()

    World([note("S", sends), Clerk("D", 1)], seed=0).run(until=9.0, log=tmp_path / "run")
    jobs, notes = read(tmp_path / "run", "jobs"), read(tmp_path / "run", "note_s")
    assert [row["cause"] for row in notes] == [row["sequence"] for row in jobs]
