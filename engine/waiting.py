"""The events that an agent's process waits for. All can be combined with any SimPy event or condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import NORMAL, PENDING, EventPriority

from .clock import LAST, Clock, check_delay
from .errors import WorldError

if TYPE_CHECKING:
    from .agent import Agent
    from .records import Message


class _Watched(list[Callable[[Any], None]]):
    """Callbacks of a wait that must know whether anybody waits for it."""

    __slots__ = ("wait",)

    def __init__(self, wait: Wait) -> None:
        self.wait = wait

    def append(self, callback: Callable[[Any], None]) -> None:
        super().append(callback)
        self.wait._attended()

    def remove(self, callback: Callable[[Any], None]) -> None:
        super().remove(callback)
        if not self:
            self.wait._abandoned()


class Wait(simpy.Event):
    """An event made for an agent's process. It is resumed in place, without a further trip through the queue."""

    __slots__ = ("_value", "callbacks", "env")
    env: Clock
    _ok = True

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.callbacks = []
        self._value = PENDING

    def resume(self, value: Any) -> None:
        """Trigger and process the event now: whoever waits goes on before this call returns."""
        callbacks, self.callbacks = self.callbacks, None  # type: ignore[assignment]
        self._value = value
        for callback in callbacks:
            callback(self)

    def _attended(self) -> None:
        """Somebody waits for this event (again)."""

    def _abandoned(self) -> None:
        """Nobody waits for this event any more: another event of an ``AnyOf`` came first, or an interrupt."""


def settled(env: Clock, value: Any) -> Wait:
    """An event that has already happened: a process that yields it goes on at once with ``value``."""
    wait = Wait(env)
    wait._value = value
    wait.callbacks = None  # type: ignore[assignment]
    return wait


class Alarm(simpy.Event):
    """Calls ``callback`` after a delay, unless cancelled. A cancelled alarm leaves nothing behind."""

    __slots__ = ("callbacks", "cancelled", "env")
    env: Clock
    _ok = True
    _value = None

    def __init__(
        self, env: Clock, delay: float, callback: Callable[[Any], None], priority: EventPriority = NORMAL
    ) -> None:
        self.env = env
        self.callbacks = [callback]
        self.cancelled = False
        env.schedule(self, priority, delay)

    def cancel(self) -> None:
        """Never ring. Without effect once it has rung or been cancelled."""
        if self.callbacks is not None and not self.cancelled:
            self.cancelled = True
            self.callbacks = []
            self.env.cancel(self)


class Sleep(Wait):
    """Happens after a delay. Leaves the queue when nobody waits for it, and returns when somebody does again."""

    __slots__ = ("_alarm", "due")

    def __init__(self, env: Clock, delay: float) -> None:
        self.env = env
        self.callbacks = _Watched(self)
        self._value = None
        self._alarm = Alarm(env, delay, self._ring)
        self.due = env.now + delay

    @property
    def processed(self) -> bool:
        """Whether the delay has passed, waited for or not."""
        return self.callbacks is None or (self._alarm.cancelled and self.due < self.env.now)

    def _ring(self, _: Any) -> None:
        if self.callbacks is not None:
            self.resume(None)

    def _attended(self) -> None:
        if self._alarm.cancelled:
            self._alarm = Alarm(self.env, max(0.0, self.due - self.env.now), self._ring)

    def _abandoned(self) -> None:
        self._alarm.cancel()


class Ask(Wait):
    """Replies to a request: happens when all have come or the time is out; its value is the list of replies.

    Replies stand in their order of arrival. Late and repeated ones are discarded (the log has them).
    """

    __slots__ = ("_alarm", "_pending", "_replies")

    def __init__(self, env: Clock, timeout: float | None) -> None:
        super().__init__(env)
        self._pending: set[int] = set()
        self._replies: list[Message] = []
        self._alarm = None if timeout is None else Alarm(env, timeout, self._close, LAST)

    def expect(self, requests: list[int]) -> None:
        """Wait for answers to the messages with these sequence numbers (0: a dropped one)."""
        self._pending.update(filter(None, requests))
        if not self._pending:
            self._finish()

    def answer(self, reply: Message, request: int) -> None:
        """Take in the answer to ``request``."""
        pending = self._pending
        if request in pending and self.callbacks is not None:
            pending.remove(request)
            self._replies.append(reply)
            if not pending:
                self._finish()

    def _finish(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._close(None)

    def _close(self, _: Any) -> None:
        if self.callbacks is not None:
            self._pending.clear()
            self.resume(self._replies)


class Receive(Wait):
    """The next message to an agent (of some kinds); its value is the message."""

    __slots__ = ("_agent", "kinds")

    def __init__(self, agent: Agent, kinds: tuple[type[Message], ...]) -> None:
        self.env = agent.world.env
        self.callbacks = _Watched(self)
        self._value = PENDING
        self._agent = agent
        self.kinds = kinds
        agent._receiving.append(self)

    def _attended(self) -> None:
        if self._value is PENDING and self not in self._agent._receiving:
            message = self._agent._take(self.kinds)
            if message is None:
                self._agent._receiving.append(self)
            else:
                self.succeed(message)

    def _abandoned(self) -> None:
        if self in self._agent._receiving:
            self._agent._receiving.remove(self)


class Question(Wait):
    """A wait that only the world's driver can end, by :meth:`answer`; see ``World.advance``."""

    __slots__ = ("agent", "asked_at", "cause", "due")

    def __init__(self, agent: Agent, thinking: float = 0.0) -> None:
        world = agent.world
        self.env = world.env
        self.callbacks = _Watched(self)
        self._value = PENDING
        self.agent = agent
        self.asked_at = world.env.now
        self.cause = world.cause
        self.due = self.asked_at + check_delay(thinking, "thinking time")
        world._questions.append(self)
        world.env.pause_after = min(world.env.pause_after, self.due)

    def answer(self, value: Any) -> None:
        """Resume the waiting process with ``value``, at once.

        Raises:
            WorldError: it has been answered.
        """
        if self.callbacks is None:
            raise WorldError(f"the question of {self.agent} asked at t={self.asked_at:g} has been answered already")
        world = self.agent.world
        world._withdraw(self)
        world.cause = self.cause
        self.resume(value)
        world.cause = 0

    def _abandoned(self) -> None:
        self.agent.world._withdraw(self)
