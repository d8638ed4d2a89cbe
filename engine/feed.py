"""What an agent publishes: kept once, read by everybody with a delay of their own."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

_KEPT = 1024


class Feed:
    """The published messages of one kind in order of time, and who wants an event for each.

    Attributes:
        subscribers: names, in order of subscription.
    """

    __slots__ = ("_full", "_messages", "_times", "subscribers")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._messages: list[Any] = []
        self._full = _KEPT
        self.subscribers: tuple[str, ...] = ()

    def append(self, time: float, message: Any) -> bool:
        """Add the newest message, published at ``time``; returns whether :meth:`forget` is due."""
        self._times.append(time)
        self._messages.append(message)
        return len(self._times) > self._full

    def at(self, time: float) -> Any:
        """The newest message published at or before ``time``; ``None`` if there is none."""
        times = self._times
        if times and times[-1] <= time:
            return self._messages[-1]
        place = bisect_right(times, time)
        return self._messages[place - 1] if place else None

    def forget(self, before: float) -> None:
        """Drop what nobody asks for any more: all that :meth:`at` gives only for times earlier than ``before``."""
        place = max(0, bisect_right(self._times, before) - 1)
        del self._times[:place], self._messages[:place]
        self._full = max(_KEPT, 2 * len(self._times))

    def __len__(self) -> int:
        return len(self._times)
