"""Handlers: the methods of an agent that messages are handed to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import wraps
from inspect import CO_GENERATOR, CO_VARARGS
from math import inf
from types import CodeType
from typing import TYPE_CHECKING, Any, TypeVar

from .behaviour import Behaviour
from .errors import CatallaxyError, RecordError, WorldError, failure
from .records import Message

if TYPE_CHECKING:
    import simpy

    from .agent import Agent

Handler = TypeVar("Handler", bound=Callable[..., Any])
Handles = Callable[[Any, Any], Any]


def on(*kinds: type[Message]) -> Callable[[Handler], Handler]:
    """Make a method the handler of messages of these kinds (and of their subclasses without a handler of their own).

    A handler with ``yield`` in it runs as a process of its own for every message. A subclass replaces a handler by
    overriding the method, or by another method for the same kind.

    Raises:
        RecordError: something in ``kinds`` is no message class.
    """
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Message)):
            raise RecordError(f"@on takes message classes, got {kind!r}")
    if not kinds:
        raise RecordError("@on takes at least one message class, as in @on(Quote)")

    def mark(method: Handler) -> Handler:
        method.__handles__ = kinds  # type: ignore[attr-defined]
        return method

    return mark


class Handlers(dict[type, "Handles | None"]):
    """Handler by message class; a class without one gets that of its nearest base, found once."""

    def __missing__(self, kind: type) -> Handles | None:
        found = next((self[base] for base in kind.__mro__[1:] if dict.__contains__(self, base)), None)
        self[kind] = found
        return found


def handlers_of(cls: type) -> Handlers:
    """The handlers that a class of agents declares or inherits."""
    names: dict[type, str] = {}
    for base in reversed(cls.__mro__):
        for name, method in vars(base).items():
            names |= dict.fromkeys(getattr(method, "__handles__", ()), name)
    handlers = Handlers()
    for kind, name in names.items():
        method = getattr(cls, name)
        _check_arguments(cls, name, method.__code__, len(method.__defaults__ or ()))
        handlers[kind] = _as_process(method) if method.__code__.co_flags & CO_GENERATOR else method
    return handlers


def _check_arguments(cls: type, name: str, code: CodeType, optional: int) -> None:
    """Refuse a handler that can't be called with a message."""
    least, most = code.co_argcount - optional, inf if code.co_flags & CO_VARARGS else code.co_argcount
    if not least <= 2 <= most:
        place = f"{code.co_filename}:{code.co_firstlineno}"
        raise RecordError(f"{cls.__name__}.{name} is a handler: it must take self and the message ({place})")


class Served(Handlers):
    """The handlers of an agent with a ``capacity``: it handles so many messages at a time, the others wait.

    Waiting messages are taken in order of arrival, each when an earlier one is done: nothing is queued anew.
    """

    def __init__(self, agent: Agent, capacity: int) -> None:
        if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 1:
            raise WorldError(f"{agent}: capacity must be an integer of at least 1, or None, got {capacity!r}")
        super().__init__()
        self.waiting: deque[tuple[Handles, Message]] = deque()
        self._agent = agent
        self._free = capacity

    def __missing__(self, kind: type) -> Handles | None:
        handler = type(self._agent)._handlers[kind]
        self[kind] = None if handler is None else lambda _, message: self._arrive(handler, message)
        return self[kind]

    def _arrive(self, handler: Handles, message: Message) -> None:
        if self._free:
            self._serve(handler, message)
        else:
            self.waiting.append((handler, message))

    def _serve(self, handler: Handles, message: Message) -> None:
        process = handler(self._agent, message)
        if isinstance(process, Behaviour):
            self._free -= 1
            process.callbacks.append(self._done)

    def _done(self, _: simpy.Event) -> None:
        self._free += 1
        agent, world = self._agent, self._agent.world
        while self.waiting and self._free:
            handler, message = self.waiting.popleft()
            world.env.cause = message.sequence
            try:
                self._serve(handler, message)
            except CatallaxyError:
                raise
            except Exception as error:
                raise failure(agent, error, f"while handling {message!r} from {message.sender!r}") from error
            world.env.cause = 0


def _as_process(method: Callable[..., Any]) -> Handles:
    @wraps(method)
    def start(agent: Agent, message: Message) -> Behaviour:
        return Behaviour(agent, method(agent, message))

    return start
