"""Behaviours written as generators, run as SimPy processes that know whose they are."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from .errors import AgentError
from .records import Message

if TYPE_CHECKING:
    from .agent import Agent

Process = Generator[simpy.Event, Any, Any]
"""What ``run`` and other behaviours written as processes return."""


class Behaviour(simpy.Process):
    """A process of an agent. It ends with its generator, or when the agent leaves."""

    def __init__(self, agent: Agent, generator: Process) -> None:
        if not hasattr(generator, "throw"):
            raise AgentError(f"{agent}: a behaviour must be a generator, with a yield in it, got {generator!r}")
        world = agent.world
        if agent.left_at is not None:
            generator.close()
            name = getattr(generator, "__name__", "a process")
            raise AgentError(f"{agent} starts {name} at t={agent.now:g}, but left at t={agent.left_at:g}")
        super().__init__(world.env, generator)
        self.agent = agent
        agent._processes[self] = None
        self.callbacks.append(self._ended)

    def abort(self, _: object = None) -> None:
        """End the process where it stands; what it holds by ``with`` or ``finally`` is released."""
        if not self.is_alive:
            return
        waits_for = self.target.callbacks
        if waits_for is not None and self._resume in waits_for:
            waits_for.remove(self._resume)
        self._generator.close()
        self._ok, self._value = True, None
        self.env.schedule(self)

    def _ended(self, _: simpy.Event) -> None:
        self.agent._processes.pop(self, None)


def bad_yield(process: Behaviour, error: BaseException) -> AgentError | None:
    """The error for a process that has yielded something that is no event, if ``error`` is SimPy's complaint of it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code is not simpy.Process._resume.__code__ or not process.is_alive:
        return None
    value = trace.tb_frame.f_locals["event"]
    generator: Any = process._generator
    while inspect.isgenerator(generator.gi_yieldfrom):
        generator = generator.gi_yieldfrom
    frame = generator.gi_frame
    return AgentError(
        f"{process.agent} failed at t={process.agent.now:g} in its process {process.name}: it yielded {value!r}, which "
        f"is no event: {_hint(value)} ({frame.f_code.co_filename}:{frame.f_lineno})"
    )


def _hint(value: object) -> str:
    """What was probably meant."""
    if value is None:
        return "a bare yield waits for nothing, and so does the yield of a call that returns nothing"
    if isinstance(value, int | float):
        return f"to let time pass, yield self.sleep({value!r})"
    if inspect.isgenerator(value):
        return f"to run {value.__name__} as a part of this process, write yield from"
    if isinstance(value, Message):
        kind = type(value).__name__
        return f"to send it and wait for the reply, yield self.ask(receivers, {kind}(...))"
    return "yield self.sleep(...), self.ask(...), self.receive(...) or another SimPy event"
