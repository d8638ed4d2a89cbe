"""Simulated time: a SimPy environment that checks delays, forgets cancelled timers and stops where it is told.

Order of events: by time; at equal times by priority (lower first, :data:`NORMAL` = 1 unless told otherwise), then
first scheduled first.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import repeat
from math import inf
from typing import Any

import simpy
from simpy.core import EmptySchedule
from simpy.events import NORMAL, EventPriority

from .errors import DelayError
from .standstill import acting, standstill

LAST = EventPriority(1_000_000)
"""Priority of a request's time-out: an answer that arrives at the very deadline still counts."""

_PURGE_ABOVE = 64
_COLLECT_AFTER = 50_000
_BATCH = 100_000

Act = Callable[[Any], None]
"""What happens to the subject of an entry in the queue when its time has come."""

Entry = tuple[float, int, int, Any, Act]
"""An entry of the queue: time, priority, number, subject, act."""


class Clock(simpy.Environment):
    """The ``env`` of a world.

    The queue holds (time, priority, number, subject, act): when its time has come, ``act(subject)`` is called. So a
    message needs no event around it, and a SimPy event is a subject like any other.

    Attributes:
        cause: sequence number of the message that is being handled; 0 if a process acts on its own.
        pause_after: nothing after this time happens until it is raised.
        failed: the event whose failure nobody took care of.
        made: number of waits made by the entry that is being processed.
        most_at_once: how often an agent may act at one moment; more than that is taken for an endless loop.
    """

    most_at_once = 100_000

    _queue: list[Entry]  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(0.0)
        self.cause = 0
        self.pause_after = inf
        self.failed: simpy.Event | None = None
        self.made = 0
        self._cancelled = 0
        self._occur = self.occur

    def schedule(self, event: simpy.Event, priority: int = NORMAL, delay: float = 0) -> None:
        """Schedule a SimPy event after ``delay``.

        What happens at once because of a message (an event that succeeds, a condition that holds, a process that
        starts, ends or is interrupted) is caused by it. A timer is not: what a process does later, it does on its own.

        Raises:
            DelayError: the delay is negative, infinite or not a number.
        """
        act = self._occur
        if self.cause and not delay and not isinstance(event, simpy.Timeout):
            act = partial(self._occur_because, self.cause)
        self.post(act, event, delay, priority)

    def post(self, act: Act, subject: Any, delay: float, priority: int = NORMAL) -> None:
        """Call ``act(subject)`` after ``delay``, as no consequence of what is being handled now.

        Raises:
            DelayError: the delay is negative, infinite or not a number.
        """
        try:
            possible = 0 <= delay < inf
        except TypeError:
            possible = False
        if not possible:
            raise DelayError(f"a delay must be a finite number and not negative, got {delay!r} at t={self._now:g}")
        heappush(self._queue, (self._now + delay, priority, next(self._eid), subject, act))

    def schedule_at(self, event: simpy.Event, time: float, priority: int = NORMAL) -> None:
        """Schedule ``event`` at exactly ``time``, which a delay may miss by a rounding.

        Raises:
            DelayError: the time is past, infinite or not a number.
        """
        if not self._now <= time < inf:
            raise DelayError(f"a time to come must be finite and not before t={self._now:g}, got {time!r}")
        heappush(self._queue, (time, priority, next(self._eid), event, self._occur))

    def step(self) -> None:
        """Process the next event.

        Raises:
            EmptySchedule: nothing is scheduled.
        """
        if not self._queue:
            raise EmptySchedule
        self._now, _, _, subject, act = heappop(self._queue)
        self.made = 0
        act(subject)

    def run_before(self, until: float) -> None:
        """Process all events before ``until`` that are not after ``pause_after``, and no other.

        The clock stands at ``until`` afterwards unless ``pause_after`` held it back.
        """
        with _rare_collections():
            began = -inf
            while self._run(until):
                if self._now == began:
                    self._watch()
                began = self._now
        if self.pause_after >= until and until < inf:
            self._now = until

    def _run(self, until: float) -> bool:
        """The event loop: process up to :data:`_BATCH` events; returns whether more are to come."""
        queue = self._queue
        for _ in repeat(None, _BATCH):
            if not queue or (time := queue[0][0]) >= until or time > self.pause_after:
                return False
            self._now, _, _, subject, act = heappop(queue)
            self.made = 0
            act(subject)
        return True

    def _watch(self) -> None:
        """Time has stood still for a whole batch: look whose doing that is, until it moves on.

        Raises:
            AgentError: one agent has acted more than ``most_at_once`` times at this moment.
        """
        queue, now, times = self._queue, self._now, Counter[Any]()
        while queue and queue[0][0] == now <= self.pause_after:
            subject, act = queue[0][3:]
            found = acting(subject, act)
            times[found] += 1
            if found is not None and times[found] > self.most_at_once:
                raise standstill(*found, subject, times[found])
            self.step()

    def occur(self, event: simpy.Event) -> None:
        """Process a SimPy event (as SimPy does, but a failed event's exception is raised itself, not a copy)."""
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
        try:
            for callback in callbacks:
                callback(event)
        except simpy.core.StopSimulation:
            event.callbacks = callbacks[callbacks.index(callback) + 1 :]
            self.schedule(event, EventPriority(-1))
            raise
        if not event._ok and not event.defused:
            self.failed = event
            raise event._value

    def _occur_because(self, cause: int, event: simpy.Event) -> None:
        self.cause = cause
        self.occur(event)
        self.cause = 0

    def cancel(self, event: simpy.Event) -> None:
        """Forget a scheduled event. The caller has marked it: ``event.cancelled`` is true.

        Cancelled events are swept out of the queue once they outnumber the others, so that
        they cost no time later and no memory beyond that.
        """
        self._cancelled += 1
        if self._cancelled > _PURGE_ABOVE and 2 * self._cancelled > len(self._queue):
            self._queue[:] = [entry for entry in self._queue if not _is_cancelled(entry[3])]
            heapify(self._queue)
            self._cancelled = 0

    @property
    def scheduled(self) -> int:
        """Number of events still to come, cancelled ones not counted."""
        return sum(not _is_cancelled(entry[3]) for entry in self._queue)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let the collector of circular garbage look less often: messages come and go by the thousand and leave none.

    At the interpreter's own threshold it takes a seventh of the time.
    """
    thresholds = gc.get_threshold()
    if thresholds[0]:
        gc.set_threshold(max(thresholds[0], _COLLECT_AFTER), *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def check_delay(delay: float, what: str) -> float:
    """``delay`` itself, if it is a finite number and not negative.

    Raises:
        DelayError: it is not; the message says ``what`` it was meant for.
    """
    if not 0 <= delay < inf:
        raise DelayError(f"a {what} must be a finite number and not negative, got {delay!r}")
    return delay


def _is_cancelled(subject: Any) -> bool:
    return isinstance(subject, simpy.Event) and getattr(subject, "cancelled", False)
