"""Proof that a run can be repeated, and worlds brought back to a moment of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import NoReturn

import attrs
import pyarrow as pa

from ..errors import AgentError, CatallaxyError, LogError
from ..log import Recorder
from ..records import Level, Record
from ..world import World
from .recording import Difference, Recording, Session, WorldMaker, same


@attrs.frozen(eq=False)
class Verdict:
    """What came of repeating a run.

    Attributes:
        equal: whether the repetition gave every recorded event again, and no other.
        events: how many were the same.
        difference: the first event that was not.
        reasons: what is known to be another than in the run: files, versions.
        failure: how the repeated world failed, as the recorded one did.
        level: how much the run's log holds: what it does not can't be compared.
    """

    equal: bool
    events: int
    difference: Difference | None = None
    reasons: tuple[str, ...] = ()
    failure: str | None = None
    level: Level = "all"

    def __str__(self) -> str:
        if self.equal:
            only = "" if self.level == "all" else f", all that a log of level {self.level!r} holds"
            return f"equal: {self.events:,} events{only}"
        told = [f"not equal; the first event that differs is {self.difference}"] if self.difference else ["not equal"]
        told += self.reasons or [
            "the versions are the same and the files as they were written: the world is built otherwise, or the "
            "code of an agent has changed, or depends on something besides its seed"
        ]
        return "\n  ".join(told)


def verify(folder: str | Path, make_world: WorldMaker) -> Verdict:
    """Run all that a run has recorded again, and compare event by event.

    Args:
        folder: the run. If it was cut short, what can be read of it is compared.
        make_world: makes the worlds again.

    Raises:
        LogError: the folder is no run, or nothing in it can be repeated and compared.
        CatallaxyError: a world can't be made or run.
    """
    recording = Recording(folder)
    sessions = recording.sessions
    if not sessions:
        raise LogError(f"{folder} has no recorded world that could be run again")
    if recording.manifest.get("level") == "off":
        raise LogError(f"{folder} was recorded with level 'off': there are no events to compare")
    damage = recording.damage()
    comparison = _Comparison(recording)
    worlds: dict[tuple[int, int], World] = {}
    failure = None
    try:
        for session in sessions:
            key = (session.seed, session.episode)
            world = worlds.pop(key, None)
            if world is None or world.now != session.start:
                world = _make(make_world, session)
                world.run(session.start)
            failure = comparison.repeat(world, session, recording.end(session))
            if any((later.seed, later.episode, later.start) == (*key, world.now) for later in sessions):
                worlds[key] = world
        comparison.finish()
    except _Differs as found:
        reasons = (*damage, *recording.other_versions())
        return Verdict(False, comparison.events, found.difference, reasons, failure, comparison.level)
    return Verdict(not damage, comparison.events, None, tuple(damage), failure, comparison.level)


def resume(folder: str | Path, at: float, make_world: WorldMaker, *, episode: int | None = None) -> World:
    """The world of a run as it was at time ``at``, to go on from there.

    It is run again from its beginning, and what happens is compared with the log.

    Args:
        folder: the run.
        at: the moment; what happens at it lies ahead.
        make_world: makes the world again.
        episode: which one; needed if the run has several.

    Raises:
        LogError: the run does not reach ``at``, or the repetition is not the same.
        CatallaxyError: the world can't be made or run.
    """
    recording = Recording(folder)
    session = recording.session(episode)
    if not 0 <= at <= recording.end(session):
        end = f"{recording.end(session):g}"
        raise LogError(f"{folder} was recorded from t=0 to t={end}: it can't be resumed at t={at!r}")
    world = _make(make_world, session)
    try:
        _Comparison(recording).repeat(world, session, at)
    except _Differs as found:
        told = Verdict(False, 0, found.difference, (*recording.damage(), *recording.other_versions()))
        raise LogError(f"{folder} can't be resumed at t={at:g}, its repetition is {told}") from None
    return world


def _make(make_world: WorldMaker, session: Session) -> World:
    world = make_world(session.seed, session.episode)
    if (world.seed, world.episode) != (session.seed, session.episode):
        raise LogError(
            f"the run's world has seed {session.seed} and episode {session.episode}; the one that was made again has "
            f"seed {world.seed} and episode {world.episode}: it must be made with those that it is asked for"
        )
    if world.now:
        raise LogError(f"the world that was made again stands at t={world.now:g}: it must not have begun")
    return world


class _Differs(CatallaxyError):
    """Ends a repetition."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(difference)
        self.difference = difference


class _Comparison(Recorder):
    """Takes in what worlds tell, as a log does, and compares it with a recording."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording.manifest.get("level", "all"))
        self._recording = recording
        self._compared = {name: _Compared(name, table.batches()) for name, table in recording.tables.items()}

    @property
    def events(self) -> int:
        """How many rows were the same."""
        return sum(table.equal for table in self._compared.values())

    def repeat(self, world: World, session: Session, until: float) -> str | None:
        """Run ``world``; returns how it failed, if the recorded one did not come to its end either.

        Raises:
            _Differs: something else happened.
        """
        failed: AgentError | None = None
        reached: float = inf
        for table in self._compared.values():
            table.begin(session)
        try:
            self.attach(world)
            world.run(until)
        except AgentError as error:
            failed = error
        except _Differs:
            reached = world.sequence
        self._settle(reached, until if failed is None else world.now)
        if failed is not None and self._recording.complete:
            raise failed
        return None if failed is None else str(failed)

    def finish(self) -> None:
        """Nothing more is to come.

        Raises:
            _Differs: the recording goes on.
        """
        if self._recording.complete:
            self._raise(table.missing(inf, inf) for table in self._compared.values())

    def _settle(self, reached: float, until: float) -> None:
        """Compare what has gathered; of several differences the first event counts."""
        for table in self.tables.values():
            with suppress(_Differs):
                self._flush(table)
        self.detach()
        self._raise(table.difference or table.missing(reached, until) for table in self._compared.values())

    def _raise(self, differences: Iterable[Difference | None]) -> None:
        found = [difference for difference in differences if difference is not None]
        if found:
            raise _Differs(min(found, key=lambda difference: difference.sequence))

    def _sink(self, kind: type[Record], schema: pa.Schema) -> _Compared:
        return self._compared.setdefault(kind.__table__, _Compared(kind.__table__, iter(())))


class _Compared:
    """One table of a recording, compared with the batches that come."""

    def __init__(self, name: str, batches: Iterator[pa.RecordBatch]) -> None:
        self.difference: Difference | None = None
        self.equal = 0
        self._name = name
        self._batches = batches
        self._batch: pa.RecordBatch | None = None
        self._passed = 0
        self._left: float = inf

    def begin(self, session: Session) -> None:
        """Go on to the rows of a session."""
        while (ahead := session.skipped.get(self._name, 0) - self._passed) and (rows := self._next()) is not None:
            self._pass(min(ahead, len(rows)))
        self._left = inf if session.rows is None else session.rows.get(self._name, 0)

    def write(self, batch: pa.RecordBatch) -> None:
        """Compare the next rows.

        Raises:
            _Differs: they are not the same.
        """
        while len(batch) and self.difference is None:
            recorded = self._next()
            if recorded is None:
                if self._left == inf:  # the recording was cut short
                    return
                self._differ(None, batch, 0)
            count = min(len(batch), len(recorded))
            one, other = recorded.slice(0, count), batch.slice(0, count)
            if not _equal(one, other):
                place = next(place for place in range(count) if not _equal(one.slice(place, 1), other.slice(place, 1)))
                self.equal += place
                self._differ(one, other, place)
            self.equal += count
            self._pass(count)
            batch = batch.slice(count)

    def missing(self, reached: float, until: float) -> Difference | None:
        """The next recorded row, if it should have come: up to event ``reached``, before time ``until``."""
        recorded = self._next()
        if recorded is None:
            return None
        row = recorded.slice(0, 1).to_pylist()[0]
        due = row["sequence"] <= reached and row["time"] < until and self._left < inf
        return Difference(self._name, row, None) if due else None

    def _next(self) -> pa.RecordBatch | None:
        """Recorded rows of the session that have not been compared, at least one."""
        while self._batch is None or not len(self._batch):
            self._batch = next(self._batches, None)
            if self._batch is None:
                return None
        rows = self._batch.slice(0, int(min(self._left, len(self._batch))))
        return rows if len(rows) else None

    def _pass(self, count: int) -> None:
        """Leave rows behind."""
        assert self._batch is not None
        self._batch = self._batch.slice(count)
        self._passed += count
        self._left -= count

    def _differ(self, recorded: pa.RecordBatch | None, repeated: pa.RecordBatch, place: int) -> NoReturn:
        one = None if recorded is None else recorded.slice(place, 1).to_pylist()[0]
        self.difference = Difference(self._name, one, repeated.slice(place, 1).to_pylist()[0])
        raise _Differs(self.difference)


def _equal(one: pa.RecordBatch, other: pa.RecordBatch) -> bool:
    """Whether two batches hold the same rows, whatever their dictionaries; NaN is NaN."""
    if one.equals(other):
        return True
    if one.schema.names != other.schema.names:
        return False
    left, right = one.to_pylist(), other.to_pylist()
    return all(same(a[name], b[name]) for a, b in zip(left, right, strict=True) for name in a)
