"""Recorded agents act from the log while others act anew: a new market maker against yesterday's flow.

The tape does not react: what it does was decided when it was recorded, whatever the live agents do now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import simpy
from simpy.events import NORMAL

from ..agent import Agent
from ..errors import LogError, WorldError
from ..handlers import Handlers
from ..log import EventLog
from ..records import Message
from ..topology import Links
from ..world import World
from .recording import Recording, Session, WorldMaker
from .restore import RecordKinds

if TYPE_CHECKING:
    from ..behaviour import Process
    from ..clock import Clock

_ENGINE_TABLES = frozenset(["agents", "links"])


@attrs.frozen(eq=False)
class Replayed:
    """What came of driving recorded agents from a log.

    Attributes:
        world: the world, at its end.
        played: how many recorded events of the recorded agents were played.
        unanswered: how many recorded replies to former messages of the live agents were left out.
        unknown: how many were left out because their sender or receiver joined later and is not there now.
        live: names of the agents that acted anew.
    """

    world: World
    played: int
    unanswered: int
    unknown: int
    live: tuple[str, ...]

    def __str__(self) -> str:
        told = [
            f"{', '.join(self.live)} acted anew; {self.played:,} events of all others came from the log. The tape does "
            f"not react: it does what it did, whatever the live agents do now"
        ]
        if self.unanswered:
            told.append(f"{self.unanswered:,} replies to what the live agents had asked then were left out")
        if self.unknown:
            told.append(f"{self.unknown:,} events of or to agents that are not there now were left out")
        return "; ".join(told)


def drive(
    folder: str | Path,
    live: Mapping[str, Callable[[str], Agent] | None],
    make_world: WorldMaker,
    *,
    episode: int | None = None,
    until: float = inf,
    log: str | Path | EventLog | None = None,
) -> Replayed:
    """Play a recorded run, with some agents acting anew.

    The recorded agents send what they sent, when they sent it and with the latency that it had; what they receive
    changes nothing. A live agent's messages take the links' latencies. Replies to what a live agent had asked in the
    recorded run are left out: it has not asked. Name those who should answer it as live too.

    Args:
        folder: the recorded run; its log must be of level "all".
        live: for each agent that acts anew what makes it, given its name; ``None`` for what it was in the world. A
            subclass of its class with the same ``__init__`` takes over what it was made with: its type, its policy.
        make_world: makes the recorded world again.
        episode: which one; needed if the run has several.
        until: where to end; by default where the recording ends.
        log: where the events go, as in :meth:`World.run`.

    Raises:
        LogError: the folder is no run, or not one that can be played.
        WorldError: a live agent is not in the world.
        CatallaxyError: the world can't be made, or a live agent failed.
    """
    return stage(folder, live, make_world, episode=episode).play(until, log)


@attrs.frozen(eq=False)
class Stage:
    """A recorded world made again, its recorded agents silenced and its live ones in their places."""

    world: World
    _tape: _Tape
    _end: float
    _live: tuple[str, ...]

    def play(self, until: float = inf, log: str | Path | EventLog | None = None) -> Replayed:
        """Play it, once; see :func:`drive`."""
        tape = self._tape
        self.world.env.process(tape.play())
        self.world.run(min(until, self._end), log)
        return Replayed(self.world, tape.played, tape.unanswered, tape.unknown, self._live)


def stage(
    folder: str | Path,
    live: Mapping[str, Callable[[str], Agent] | None],
    make_world: WorldMaker,
    *,
    episode: int | None = None,
) -> Stage:
    """Make everything ready for :func:`drive`, which says what the arguments are, and find what is wrong with them.

    Raises:
        LogError: the folder is no run, or not one that can be played.
        WorldError: a live agent is not in the world.
        CatallaxyError: the world can't be made.
    """
    recording = Recording(folder)
    session = recording.session(episode)
    level = recording.manifest.get("level", "all")
    if level != "all":
        raise LogError(f"{folder} was recorded with level {level!r}: only a log of everything can be played")
    world = make_world(session.seed, session.episode)
    if world.now:
        raise LogError(f"the world that was made again stands at t={world.now:g}: it must not have begun")
    for name, make in live.items():
        agent = world._find(name)
        if make is not None:
            _replace(agent, make)
    for agent in world.agents.values():
        if agent.name not in live:
            _silence(agent)
    tape = _Tape(world, recording, session, frozenset(live))
    return Stage(world, tape, recording.end(session), tuple(live))


class _Tape:
    """Plays the recorded agents' part."""

    def __init__(self, world: World, recording: Recording, session: Session, live: frozenset[str]) -> None:
        self.world = world
        self.played = self.unanswered = self.unknown = 0
        self._live = live
        self._events = recording.events(session, leave_out=_ENGINE_TABLES)
        self._kinds = RecordKinds(recording, world.everybody)
        self._sent_live: set[int] = set()
        self._published: set[int] = set()
        self._sequences: dict[int, int] = {}

    def play(self) -> Process:
        """A SimPy process: every event at its time."""
        env = self.world.env
        for table, row in self._events:
            if row["time"] > env.now:
                yield _moment(env, row["time"])
            if self._is_played(row):
                self._play(table, row)

    def _is_played(self, row: dict[str, Any]) -> bool:
        """Whether this event is the tape's part."""
        present = self.world.agents
        actor, receiver = row.get("sender") or row["agent"], row.get("receiver")
        if actor in self._live:
            self._sent_live.add(row["sequence"])
        elif row.get("in_reply_to") in self._sent_live:
            self.unanswered += 1
        elif actor not in present or (receiver is not None and receiver not in present):
            self.unknown += 1
        else:
            # What a live agent has subscribed to is sent to it when it is published.
            return receiver not in self._live or row["cause"] not in self._published
        return False

    def _play(self, table: str, row: dict[str, Any]) -> None:
        world = self.world
        agent = world.agents[row.get("sender") or row["agent"]]
        record = self._kinds.restore(table, row)
        self.played += 1
        world.env.cause = self._sequences.get(row["cause"], 0)
        if not isinstance(record, Message):
            sequence = agent.record(record)
        elif row["receiver"] is None:
            sequence = agent.publish(record)
            self._published.add(row["sequence"])
        else:
            links = agent.links
            assert isinstance(links, _TapedLinks)
            links.recorded = _RecordedLink(world.agents[row["receiver"]], row["latency"])
            sequence = agent._post(row["receiver"], record, NORMAL, self._sequences.get(row["in_reply_to"], 0), None)
            links.recorded = None
        world.env.cause = 0
        self._sequences[row["sequence"]] = sequence


def _moment(env: Clock, time: float) -> simpy.Event:
    """An event at exactly ``time``."""
    moment = simpy.Event(env)
    moment._ok, moment._value = True, None
    env.schedule_at(moment, time)
    return moment


def _silence(agent: Agent) -> None:
    """Take an agent's own behaviour from it: its processes end before they have begun, its handlers do nothing."""
    for process in list(agent._processes):
        process.abort()
    agent._handlers = _Deaf()
    agent.links = _TapedLinks(agent)


def _replace(agent: Agent, make: Callable[[str], Agent]) -> None:
    """Put another agent in the place of one in a world that has not begun."""
    world, cls = agent.world, type(agent)
    for process in list(agent._processes):
        process.abort()
    if isinstance(make, type) and issubclass(make, cls) and make.__init__ is cls.__init__:
        by = agent
        by.__class__ = make
    else:
        by = make(agent.name)
        if not isinstance(by, Agent) or getattr(by, "name", None) != agent.name or hasattr(by, "world"):
            raise WorldError(f"the live agent for {agent.name!r} must be a new Agent of that name, got {by!r}")
    by._join(world, agent.index)
    world.everybody[agent.index] = world._agents[agent.name] = by
    world._start(by)


class _Deaf(Handlers):
    """Handlers that do nothing, for any message."""

    def __missing__(self, kind: type) -> Callable[[Any, Any], None]:
        return _do_nothing


def _do_nothing(agent: Any, message: Any) -> None:
    pass


class _RecordedLink:
    """The way that a recorded message took."""

    __slots__ = ("delay", "deliver", "receiver")

    def __init__(self, receiver: Agent, delay: float) -> None:
        self.receiver = receiver
        self.deliver = receiver._door
        self.delay = delay


class _TapedLinks(Links):
    """Links of an agent on the tape: while a message is played, the way that it took."""

    __slots__ = ("recorded",)

    def __init__(self, owner: Agent) -> None:
        super().__init__(owner)
        self.recorded: _RecordedLink | None = None

    def __getitem__(self, name: str) -> Any:
        return self.recorded or super().__getitem__(name)
