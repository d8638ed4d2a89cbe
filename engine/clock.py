"""Simulated time: a SimPy environment that checks delays, forgets cancelled timers and stops where it is told.

Order of events: by time; at equal times by priority (lower first, :data:`NORMAL` = 1 unless told otherwise), then
first scheduled first.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from math import inf
from typing import Any

import simpy
from simpy.core import EmptySchedule
from simpy.events import NORMAL, EventPriority

from .errors import DelayError

LAST = EventPriority(1_000_000)
"""Priority of a request's time-out: an answer that arrives at the very deadline still counts."""

_PURGE_ABOVE = 64
_COLLECT_AFTER = 50_000


class Clock(simpy.Environment):
    """The ``env`` of a world."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.pause_after = inf
        self.failed: simpy.Event | None = None
        self._cancelled = 0
        self.unheeded = 0
        self._unheeded_at = -inf

    def schedule(self, event: simpy.Event, priority: int = NORMAL, delay: float = 0) -> None:
        """Schedule ``event`` after ``delay``. Every event enters here, SimPy's own included.

        Raises:
            DelayError: the delay is negative, infinite or not a number.
        """
        if not 0 <= delay < inf:
            raise DelayError(f"a delay must be a finite number and not negative, got {delay!r} at t={self._now:g}")
        heappush(self._queue, (self._now + delay, priority, next(self._eid), event))  # type: ignore[misc]

    def schedule_at(self, event: simpy.Event, time: float, priority: int = NORMAL) -> None:
        """Schedule ``event`` at exactly ``time``, which a delay may miss by a rounding.

        Raises:
            DelayError: the time is past, infinite or not a number.
        """
        if not self._now <= time < inf:
            raise DelayError(f"a time to come must be finite and not before t={self._now:g}, got {time!r}")
        heappush(self._queue, (time, priority, next(self._eid), event))  # type: ignore[misc]

    def step(self) -> None:
        """Process the next event (as SimPy does, but a failed event's exception is raised itself, not a copy).

        Raises:
            EmptySchedule: nothing is scheduled.
        """
        if not self._queue:
            raise EmptySchedule
        self._process(inf, once=True)

    def run_before(self, until: float) -> None:
        """Process all events before ``until`` that are not after ``pause_after``, and no other.

        The clock stands at ``until`` afterwards unless ``pause_after`` held it back.
        """
        with _rare_collections():
            self._process(until)
        if self.pause_after >= until and until < inf:
            self._now = until

    def _process(self, until: float, once: bool = False) -> None:
        """The event loop. It is one function because a call for every event would cost a twentieth of the time."""
        queue = self._queue
        while queue and (time := queue[0][0]) < until:
            if time > self.pause_after and not once:
                return
            self._now, _, _, event = heappop(queue)
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
            if once:
                return

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

    def refuse_endless_loop(self) -> None:
        """Called when many waits have been made that nobody waits for: it is a fault if time stands still meanwhile."""
        if self._unheeded_at == self._now:
            raise RuntimeError("it makes waits without end at this moment and never yields one")
        self._unheeded_at = self._now
        self.unheeded = 0

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


def _is_cancelled(event: Any) -> bool:
    return getattr(event, "cancelled", False)
