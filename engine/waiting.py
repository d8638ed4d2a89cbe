"""The events that an agent's process waits for. All can be combined with any SimPy event or condition."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import NORMAL, PENDING, EventPriority

from .clock import LAST, Clock, check_delay
from .errors import CatallaxyError, WorldError

if TYPE_CHECKING:
    from .agent import Agent
    from .records import Message


_MANY = 100_000


class _Attended(list[Callable[[Any], None]]):
    """Callbacks of a wait, which hears when nobody waits for it any more."""

    __slots__ = ("wait",)
    wait: Wait

    def remove(self, callback: Callable[[Any], None]) -> None:
        super().remove(callback)
        if not self:
            self.wait.callbacks = _Abandoned(self.wait)
            self.wait._abandoned()


class _Abandoned(list[Callable[[Any], None]]):
    """Callbacks of a wait that nobody waits for any more, which hears when somebody does again."""

    __slots__ = ("wait",)

    def __init__(self, wait: Wait) -> None:
        self.wait = wait

    def append(self, callback: Callable[[Any], None]) -> None:
        wait = self.wait
        wait.callbacks = callbacks = _Attended([callback])
        callbacks.wait = wait
        wait._attended()


class Wait(simpy.Event):
    """An event made for an agent's process. It is resumed in place, without a further trip through the queue."""

    __slots__ = ("_value", "callbacks", "env")
    env: Clock
    _ok = True

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.callbacks = callbacks = _Attended()
        callbacks.wait = self
        self._value = PENDING
        env.made += 1
        if env.made > _MANY:
            raise RuntimeError("it makes waits without end at this moment and never yields one")

    def resume(self, value: Any) -> None:
        """Trigger and process the event now: whoever waits goes on before this call returns."""
        callbacks, self.callbacks = self.callbacks, None  # type: ignore[assignment]
        self._value = value
        for callback in callbacks:
            callback(self)

    def _attended(self) -> None:
        """Somebody waits for this event again."""

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
        env.post(env.occur, self, delay, priority)

    def cancel(self) -> None:
        """Never ring. Without effect once it has rung or been cancelled."""
        if self.callbacks is not None and not self.cancelled:
            self.cancelled = True
            self.callbacks = []
            self.env.cancel(self)


class Sleep(Wait):
    """Happens after a delay. Leaves the queue when nobody waits for it, and returns when somebody does again."""

    __slots__ = ("_again", "cancelled", "due")

    def __init__(self, env: Clock, delay: float) -> None:
        Wait.__init__(self, env)
        self._value = None
        self.cancelled = False
        env.post(_wake, self, delay)
        self.due = env._now + delay

    @property
    def processed(self) -> bool:
        """Whether the delay has passed, waited for or not."""
        return self.callbacks is None or (self.due < self.env._now and self.callbacks.__class__ is _Abandoned)

    def _attended(self) -> None:
        self._again = Alarm(self.env, max(0.0, self.due - self.env._now), self.resume)

    def _abandoned(self) -> None:
        if self.cancelled:
            self._again.cancel()
        else:
            self.cancelled = True
            self.env.cancel(self)


def _wake(sleep: Sleep) -> None:
    """The time of a sleep has come."""
    if not sleep.cancelled:
        sleep.resume(None)


class Ask(Wait):
    """Replies to a request: happens when all have come or the time is out; its value is the list of replies.

    Replies stand in their order of arrival. Late and repeated ones are discarded (the log has them).
    """

    __slots__ = ("_agent", "_alarm", "_due", "_pending", "_replies")

    def __init__(self, agent: Agent, timeout: float | None) -> None:
        env = agent.world.env
        Wait.__init__(self, env)
        self._agent = agent
        self._pending: set[int] = set()
        self._replies: list[Message] = []
        if timeout is None:
            self._alarm, self._due = None, inf
        else:
            self._alarm = Alarm(env, timeout, self._close, LAST)
            self._due = env._now + timeout

    def expect(self, requests: set[int]) -> None:
        """Wait for answers to the messages with these sequence numbers (0: a dropped one)."""
        requests.discard(0)
        self._pending = requests
        if not requests:
            self._finish()

    def answer(self, reply: Message) -> None:
        """Take in a reply that has arrived."""
        pending, header = self._pending, reply._header
        assert header is not None
        request = header[3]
        if self._agent.left_at is not None:
            bounce = self._agent._handlers[type(reply)]
            assert bounce is not None
            bounce(self._agent, reply)
        elif request in pending and self.env._now <= self._due:
            pending.remove(request)
            self._replies.append(reply)
            if not pending:
                self.env.cause = header[2]
                self._finish()
                self.env.cause = 0

    def give_up(self, request: int) -> None:
        """Expect no answer to ``request`` any more: it can't be delivered."""
        if request in self._pending:
            self._pending.remove(request)
            if not self._pending:
                self._finish()

    def _finish(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._close(None)

    def _close(self, _: Any) -> None:
        if self.callbacks is not None:
            self._pending.clear()
            self.resume(self._replies)

    def _attended(self) -> None:
        if self._alarm is not None:
            self._alarm = Alarm(self.env, max(0.0, self._due - self.env._now), self._close, LAST)

    def _abandoned(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()


class Receive(Wait):
    """The next message to an agent (of some kinds); its value is the message."""

    __slots__ = ("_agent", "kinds")

    def __init__(self, agent: Agent, kinds: tuple[type[Message], ...]) -> None:
        super().__init__(agent.world.env)
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

    @property
    def attended(self) -> bool:
        """Whether a message would reach anybody: false if an interrupt has ended the condition that this is part of."""
        return not self.callbacks or any(map(_leads_on, self.callbacks))


def _leads_on(callback: Callable[[Any], None]) -> bool:
    """Whether somebody goes on after this callback of a wait."""
    condition = getattr(callback, "__self__", None)
    if not isinstance(condition, simpy.events.Condition):
        return True
    return any(
        _leads_on(further)
        for further in condition.callbacks or ()
        if getattr(further, "__self__", None) is not condition
    )


class Question(Wait):
    """A wait that only the world's driver can end, by :meth:`answer`; see ``World.advance``.

    Attributes:
        agent: who asks.
        asked_at: when.
        due: when the answer takes effect: ``asked_at`` plus the ``thinking`` time, during which others act.
    """

    __slots__ = ("_answered", "agent", "asked_at", "cause", "due")

    def __init__(self, agent: Agent, thinking: float = 0.0) -> None:
        world = agent.world
        super().__init__(world.env)
        self.agent = agent
        self.asked_at = world.env.now
        self.cause = world.env.cause
        self._answered = False
        self.due = self.asked_at + check_delay(thinking, "thinking time")
        self._ask()

    def answer(self, value: Any) -> None:
        """Resume the waiting process with ``value``: at once, or when its thinking time has passed.

        Raises:
            WorldError: it has been answered.
        """
        world = self.agent.world
        if self._answered:
            raise WorldError(f"the question of {self.agent} asked at t={self.asked_at:g} has been answered already")
        self._answered = True
        world._questions.pop(self, None)
        if self.due > self.env._now:
            Alarm(self.env, self.due - self.env._now, lambda _: self._go_on(value))
        else:
            self._go_on(value)

    def _go_on(self, value: Any) -> None:
        world = self.agent.world
        world.env.cause = self.cause
        world.env.made = 0
        try:
            self.resume(value)
        except CatallaxyError:
            raise
        except Exception as error:
            raise world._diagnose(error) from error
        world.env.cause = 0

    def _ask(self) -> None:
        self.agent.world._questions[self] = None
        self.env.pause_after = min(self.env.pause_after, self.due)

    def _attended(self) -> None:
        if not self._answered and self not in self.agent.world._questions:
            self._ask()

    def _abandoned(self) -> None:
        self.agent.world._questions.pop(self, None)
