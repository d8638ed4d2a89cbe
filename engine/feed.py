"""What an agent publishes: kept once, read by everybody with a delay of their own."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any


class Feed:
    """The published messages of one kind in order of time."""

    __slots__ = ("_messages", "_times")

    def __init__(self) -> None:
        self._times: list[float] = []
        self._messages: list[Any] = []

    def append(self, time: float, message: Any) -> None:
        """Add the newest message, published at ``time``."""
        self._times.append(time)
        self._messages.append(message)

    def at(self, time: float) -> Any:
        """The newest message published at or before ``time``; ``None`` if there is none."""
        times = self._times
        if times and times[-1] <= time:
            return self._messages[-1]
        place = bisect_right(times, time)
        return self._messages[place - 1] if place else None
