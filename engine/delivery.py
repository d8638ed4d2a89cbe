"""A message on its way: one scheduled event, whose callback is its receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy

from .records import Message, mark_delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from .agent import Agent
    from .waiting import Ask


class Delivery(simpy.Event):
    """Pre-triggered event that hands ``message`` to its receiver; the message's header lives here.

    Its callbacks are the receiver's one shared tuple, so that nobody can wait for it by accident.
    """

    __slots__ = ("ask", "callbacks", "in_reply_to", "message", "sender", "sent_at", "sequence")
    _ok = True
    _value = None

    def __init__(
        self,
        message: Message,
        callbacks: tuple[Callable[[Any], None], ...],
        sender: Agent,
        sent_at: float,
        sequence: int,
        in_reply_to: int,
        ask: Ask | None,
    ) -> None:
        self.callbacks = callbacks  # type: ignore[assignment]
        self.message: Message | None = message
        self.sender = sender
        self.sent_at = sent_at
        self.sequence = sequence
        self.in_reply_to = in_reply_to
        self.ask: Ask | None = ask
        mark_delivery(message, self)

    def take(self) -> Message:
        """The message, once: letting go of it here breaks the circle between the two."""
        message, self.message = self.message, None
        assert message is not None
        return message
