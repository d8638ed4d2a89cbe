"""Behaviours that go on without end while time stands still: whose they are, and where."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import simpy

from .behaviour import Behaviour
from .errors import AgentError
from .records import Message

if TYPE_CHECKING:
    from .agent import Agent
    from .clock import Act


def acting(subject: Any, act: Act) -> tuple[Agent, Behaviour | None] | None:
    """The agent whose turn it is by this entry of the queue, and its process if one goes on; ``None`` if unknown."""
    return next((_whose(owner) for owner in _owners(subject, act) if _whose(owner)), None)


def standstill(agent: Agent, process: Behaviour | None, subject: Any, times: int) -> AgentError:
    """The error for an agent that has acted ``times`` times at one moment."""
    told = f"{agent} has acted {times:,} times at t={agent.now:g} without letting time pass"
    if process is not None:
        file, line = _place(process)
        return AgentError(
            f"{told}: its process {process.name} goes round and round ({file}:{line}). Let it sleep for more than 0, "
            f"or wait for something that takes time"
        )
    if isinstance(subject, Message):
        handler = type(agent)._handlers[type(subject)]
        code = inspect.unwrap(handler).__code__ if handler else None
        where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
        return AgentError(
            f"{told}: it handles {subject!r} from {subject.sender!r}{where}, and so on without end. Give the links a "
            f"latency, or let somebody stop answering"
        )
    return AgentError(f"{told}: its timers set one another. Give them a delay of more than 0")


def _owners(subject: Any, act: Callable[..., Any]) -> Iterator[object]:
    """Whom an entry of the queue reaches: those who wait for it, or whose method is called with it."""
    if isinstance(subject, simpy.Event):
        for callback in subject.callbacks or ():
            method = getattr(callback, "func", callback)
            owner = getattr(method, "__self__", None)
            yield owner
            if isinstance(owner, simpy.events.Condition) and owner is not subject:
                yield from _owners(owner, act)
    else:
        owner = getattr(act, "__self__", None)
        yield owner
        if isinstance(owner, simpy.Event):  # a reply reaches whoever has asked
            yield from _owners(owner, act)


def _whose(owner: object) -> tuple[Agent, Behaviour | None] | None:
    if isinstance(owner, Behaviour):
        return owner.agent, owner
    return (owner, None) if hasattr(owner, "_handlers") else None  # type: ignore[return-value]


def _place(process: Behaviour) -> tuple[str, int]:
    """File and line at which a process waits, or has just been."""
    generator: Any = process._generator
    while inspect.isgenerator(generator.gi_yieldfrom):
        generator = generator.gi_yieldfrom
    frame = generator.gi_frame
    return generator.gi_code.co_filename, frame.f_lineno if frame else generator.gi_code.co_firstlineno
