"""What happens when an agent leaves, and to the messages that come too late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simpy.events import URGENT

from .handlers import Handlers, Handles, Served
from .records import Message, Record
from .waiting import Alarm

if TYPE_CHECKING:
    from .agent import Agent


class Departure(Record, level="decisions"):
    """An agent has left."""


class Drop(Record):
    """A message of the agent's that was not delivered, and why; ``message`` is its number, 0 if it never set out."""

    kind: str
    addressee: str
    reason: str
    message: int = 0


class Gone(Handlers):
    """The handlers of an agent that has left: every message is dropped, and the log says so."""

    def __missing__(self, kind: type) -> Handles:
        return bounce


def leave(agent: Agent) -> None:
    """Stop an agent: processes end, and what arrives from now on is dropped."""
    world, served = agent.world, agent._handlers
    agent.record(Departure())
    agent.left_at = agent.now
    agent._handlers = Gone()
    agent.links.clear()
    agent._receiving.clear()
    agent._inbox = None
    if isinstance(served, Served):
        for _, message in served.waiting:
            bounce(agent, message)
    for question in [question for question in world._questions if question.agent is agent]:
        del world._questions[question]
    for process in list(agent._processes):
        if process is world.env.active_process:  # it can't be ended before its next yield
            Alarm(world.env, 0.0, process.abort, URGENT)
        else:
            process.abort()


def bounce(agent: Agent, message: Message) -> None:
    """Drop a message that has come too late: ``agent`` has left. Whoever asks by it goes on without an answer."""
    sender, _, sequence, _, ask = message._sent()
    world = agent.world
    world.sequence += 1
    if world.log is not None:
        drop = Drop(kind=type(message).__name__, addressee=agent.name, reason="has left", message=sequence)
        world.log.recorded(sender, drop, agent.now, world.sequence, sequence)
    if ask is not None:
        ask.give_up(sequence)
