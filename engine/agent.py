"""What an agent is to the engine: a name, a mailbox, processes and handlers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from heapq import heappush
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import simpy
from simpy.events import NORMAL

from .behaviour import Behaviour, Process
from .clock import Act
from .departure import Drop
from .errors import AgentError, CatallaxyError, LinkError, RecordError, WorldError, failure
from .feed import Feed
from .handlers import Handlers, Served, handlers_of
from .inspection import may_read
from .records import Message, Record, mark_sent
from .streams import Stream, stream
from .topology import Links
from .view import View
from .waiting import Alarm, Ask, Receive, Sleep, Wait, settled

if TYPE_CHECKING:
    from .world import World

M = TypeVar("M", bound=Message)

_UNREAD = 100_000


class Agent:
    """A party with private state, which acts by processes (``run``) and message handlers (:func:`on`), or both.

    Subclass it; what it needs to know goes into ``__init__``, which calls ``super().__init__(name)``.
    Agents know one another by name; a message's ``sender`` and :meth:`neighbours` are names.

    Attributes:
        name: unique in a world.
        world: the world it lives in, once there is one; ``world.env`` is the SimPy environment.
        index: its place in the order of the world's agents.
        links: its outgoing links, by receiver's name.
        left_at: when it left the world; ``None`` while it is there.
        capacity: how many messages it handles at a time, if that is limited: a handler with ``yield`` in it keeps it
            busy until it is through, and further messages wait, first come first served. Replies to what it asks, and
            messages without a handler, do not wait.
        visible: names of the attributes that agents with a link from here may see, by :meth:`view`.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_door",
        "_feeds",
        "_inbox",
        "_neighbours",
        "_processes",
        "_receiving",
        "index",
        "links",
        "name",
        "world",
    )  # what every message touches lies together; what subclasses add goes into the dictionary
    name: str
    world: World
    index: int
    links: Links
    left_at: float | None = None
    capacity: int | None = None
    visible: ClassVar[tuple[str, ...]] = ()
    _handlers: Handlers = Handlers()
    _neighbours: tuple[int, dict[type[Agent] | None, tuple[str, ...]]] | None

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise WorldError(f"an agent's name must be a non-empty string, got {name!r}")
        self.name = name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._handlers = handlers_of(cls)
        if not isinstance(cls.visible, tuple):
            raise WorldError(f"{cls.__name__}.visible must be a tuple of names, got {cls.visible!r}")

    def __str__(self) -> str:
        return f"{type(self).__name__} {getattr(self, 'name', '(no name)')!r}"

    def __repr__(self) -> str:
        return f"<{self}>"

    # -- what it knows -------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Simulated time."""
        return self.world.env._now

    @cached_property
    def rng(self) -> Stream:
        """Its own random stream, with the methods of NumPy's Generator."""
        return self.stream("behaviour")

    def stream(self, purpose: str) -> Stream:
        """A new stream of its own that depends on the seed, the episode, its name and ``purpose`` alone."""
        return stream(self.world.seed, self.world.episode, "agent", self.name, purpose)

    def neighbours(self, kind: type[Agent] | None = None) -> tuple[str, ...]:
        """Names of the agents that it can reach (of class ``kind``), in the order of the world's agents."""
        topology = self.world.topology
        if self._neighbours is None or self._neighbours[0] != topology.version:
            self._neighbours = (topology.version, {})
        known = self._neighbours[1].get(kind)
        if known is None:
            everybody = self.world.everybody
            reached = [everybody[i] for i in topology.neighbours(self.index).tolist()]
            known = tuple(agent.name for agent in reached if kind is None or isinstance(agent, kind))
            self._neighbours[1][kind] = known
        return known

    @property
    def queue_length(self) -> int:
        """How many messages wait for it while it is busy, see ``capacity``."""
        return len(self._handlers.waiting) if isinstance(self._handlers, Served) else 0

    # -- messages ------------------------------------------------------------------------------------------------

    def send(self, receiver: str | Agent, message: Message, *, priority: int = NORMAL) -> int:
        """Send ``message`` over the link to ``receiver`` (a name or an agent); returns its sequence number.

        At equal times messages of lower ``priority`` arrive first, then those sent first. A message that has been
        sent before is sent as a copy.

        Raises:
            LinkError: there is no such link, and the network refuses such messages (if it drops them, returns 0).
        """
        return self._post(receiver if receiver.__class__ is str else receiver.name, message, priority, 0, None)  # type: ignore[union-attr]

    def reply(self, request: Message, message: Message, *, priority: int = NORMAL) -> int:
        """Send ``message`` to the sender of ``request``, as the answer to it."""
        sender, _, sequence, _, ask = request._header or request._sent()
        return self._post(sender.name, message, priority, sequence, ask)

    def broadcast(
        self, receivers: Iterable[str | Agent], message: Message, *, priority: int = NORMAL
    ) -> tuple[int, ...]:
        """Send ``message`` to each of ``receivers``; returns their sequence numbers."""
        return tuple(self.send(receiver, message, priority=priority) for receiver in receivers)

    def ask(
        self, receivers: Iterable[str | Agent] | str | Agent, request: Message, timeout: float | None = None
    ) -> Wait:
        """Send ``request`` to all ``receivers``: ``replies = yield self.ask(...)``.

        The value is the list of their replies in order of arrival: complete as soon as everybody has answered, else
        what has come within ``timeout`` (an answer at the very deadline counts; later ones are discarded). Nobody to
        ask gives an empty list at once.
        """
        if isinstance(receivers, (str, Agent)):
            receivers = (receivers,)
        ask = Ask(self, timeout)
        post = self._post
        ask.expect({post(to if to.__class__ is str else to.name, request, NORMAL, 0, ask) for to in receivers})  # type: ignore[union-attr]
        return ask

    def receive(self, *kinds: type[M]) -> Wait:
        """The next message (of these kinds) for which there is no handler: ``message = yield self.receive()``."""
        message = self._take(kinds)
        return Receive(self, kinds) if message is None else settled(self.world.env, message)

    def sleep(self, delay: float) -> Sleep:
        """Let ``delay`` pass: ``yield self.sleep(1.5)``. What nobody waits for any more leaves nothing behind.

        Raises:
            DelayError: the delay is negative, infinite or not a number.
        """
        return Sleep(self.world.env, delay)

    def timer(self, delay: float, callback: Callable[[], Any]) -> Alarm:
        """Call ``callback`` after ``delay``, unless the returned timer's ``cancel()`` is called before."""
        return Alarm(self.world.env, delay, partial(self._ring, callback))

    def process(self, behaviour: Process) -> simpy.Process:
        """Start a further process of this agent; it can be waited for, and interrupted."""
        return Behaviour(self, behaviour)

    # -- what others may see, and the log ------------------------------------------------------------------------

    def publish(self, message: Message) -> int:
        """Make ``message`` this agent's newest of its kind, which every linked agent reads with :meth:`latest`.

        Costs no event, however many read it; those who :meth:`subscribe` are sent it.
        """
        world = self.world
        world.sequence = sequence = world.sequence + 1
        now = world.env._now
        message = message if message._header is None else message._copy()
        mark_sent(message, (self, now, sequence, 0, None))
        feed = self._feeds.get(type(message)) or self._feeds.setdefault(type(message), Feed())
        if feed.append(now, message):
            feed.forget(world.topology.oldest_seen(self))
        if world.log is not None:
            world.log.tables[type(message)].append(message, now, sequence, world.env.cause, self.index, -1, 0, 0.0)
        if feed.subscribers:
            cause, world.env.cause = world.env.cause, sequence
            for name in feed.subscribers:
                if name in world.agents:
                    self._post(name, message, NORMAL, 0, None)
            world.env.cause = cause
        return sequence

    def subscribe(self, publisher: str | Agent, kind: type[Message]) -> None:
        """Be sent every ``kind`` that ``publisher`` publishes from now on, as a message over the link from there.

        Raises:
            LinkError: there is no such link.
        """
        source = self._publisher(publisher)
        feed = source._feeds.setdefault(kind, Feed())
        if self.name not in feed.subscribers:
            feed.subscribers += (self.name,)

    def unsubscribe(self, publisher: str | Agent, kind: type[Message]) -> None:
        """Be sent them no more. Without effect if it was not subscribed."""
        feed = self._publisher(publisher)._feeds.get(kind)
        if feed is not None:
            feed.subscribers = tuple(name for name in feed.subscribers if name != self.name)

    def view(self, neighbour: str | Agent) -> View:
        """What a neighbour shows, i.e. its ``visible`` attributes, along the link from there.

        Raises:
            LinkError: there is no such link.
        """
        return View(self, self._publisher(neighbour))

    def latest(self, publisher: str | Agent, kind: type[M]) -> M | None:
        """The newest ``kind`` published by ``publisher``, as late as the link from there to here is slow.

        Raises:
            LinkError: ``publisher`` has no link to this agent.
        """
        name = publisher if isinstance(publisher, str) else publisher.name
        source = self.world.agents.get(name)
        if source is None:
            return self._last_of(name, kind)
        feed, link = source._feeds.get(kind), source.links[self.name]
        if link is None:
            since = self.world.topology.down_since(source, self)
            return None if feed is None or since is None else feed.at(since - source.links.asleep(self.name).lag)
        return None if feed is None else feed.at(self.now - link.lag)

    def record(self, row: Record) -> int:
        """Write a row that is no message into the event log; returns its sequence number.

        Raises:
            RecordError: it is no record, or a message.
        """
        world = self.world
        if not isinstance(row, Record) or isinstance(row, Message):
            what = "a message is sent or published" if isinstance(row, Message) else "make a class of Record for it"
            raise RecordError(f"{self} can't record {row!r} at t={self.now:g}: {what}")
        world.sequence += 1
        if world.log is not None:
            world.log.recorded(self, row, self.now, world.sequence, world.env.cause)
        return world.sequence

    def describe(self) -> Any:
        """What the log says of this agent when a run begins (JSON-compatible): its type, say."""
        return None

    # -- the engine's side ---------------------------------------------------------------------------------------

    def _join(self, world: World, index: int) -> None:
        self.world = world
        self.index = index
        self.links = Links(self)
        self._door = self._deliver
        self._neighbours = None
        self._receiving: list[Receive] = []
        self._inbox: deque[Message] | None = None
        self._feeds: dict[type[Message], Feed] = {}
        self._processes: dict[Behaviour, None] = {}
        if self.capacity is not None:
            self._handlers = Served(self, self.capacity)

    def _publisher(self, publisher: str | Agent) -> Agent:
        """The agent that something is to be seen of."""
        name = publisher if isinstance(publisher, str) else publisher.name
        source = self.world.agents.get(name)
        if source is None or self.world.topology.find(source, self) is None:
            why = "it has no link to here" if source else "no agent in this world has that name"
            raise LinkError(f"{self} can't see {name!r} at t={self.now:g}: {why}")
        return source

    def _last_of(self, name: str, kind: type[M]) -> M | None:
        """The newest ``kind`` of one that has left."""
        world = self.world
        source = world.departed.get(name)
        if source is None:
            raise LinkError(f"{self} can't see {name!r} at t={self.now:g}: no agent in this world has that name")
        feed, link = source._feeds.get(kind), world.topology.find(source, self)
        return None if feed is None or link is None else feed.at(self.now - link.lag)

    def _undeliverable(self, message: Message, name: str) -> int:
        """Drop a message for which there is no link, and say why."""
        receiver = self.world.agents.get(name)
        down = receiver is not None and self.world.topology.down_since(self, receiver) is not None
        reason = "has left" if receiver is None else "link is down" if down else "no link"
        self.record(Drop(kind=type(message).__name__, addressee=name, reason=reason))
        return 0

    def _post(self, name: str, message: Message, priority: int, in_reply_to: int, ask: Ask | None) -> int:
        world = self.world
        link = self.links[name]
        if link is None:
            return self._undeliverable(message, name)
        world.sequence = sequence = world.sequence + 1
        env = world.env
        now = env._now
        delay = link.delay
        if delay is None:
            delay = link.draw()
        deliver: Act = link.deliver
        if in_reply_to and ask is not None:
            deliver, ask = ask.answer, None  # an answer to this answer is a message like any other
        header = (self, now, sequence, in_reply_to, ask)
        try:
            if message._header is None:
                mark_sent(message, header)
            else:
                message = message._copy(header)
        except (AttributeError, TypeError):
            raise RecordError(f"{self} can't send {message!r} at t={now:g}: only a Message can be sent") from None
        heappush(env._queue, (now + delay, priority, next(env._eid), message, deliver))
        if world.log is not None:
            cause = env.cause or in_reply_to  # an answer after a pause is still caused by the question
            world.log.tables[message.__class__].append(
                message, now, sequence, cause, self.index, link.receiver.index, in_reply_to, delay
            )
        return sequence

    def _ring(self, callback: Callable[[], Any], _: simpy.Event) -> None:
        """The time of a timer has come."""
        if self.left_at is not None:
            return
        try:
            callback()
        except CatallaxyError:
            raise
        except Exception as error:
            raise failure(self, error, "in a timer") from error

    def _deliver(self, message: Message) -> None:
        """Take in a message that has arrived."""
        env = self.world.env
        env.cause = message._header[2]  # type: ignore[index]
        handler = self._handlers[message.__class__]
        if handler is None:
            self._keep(message)
        else:
            try:
                handler(self, message)
            except CatallaxyError:
                raise
            except Exception as error:
                raise failure(self, error, f"while handling {message!r} from {message.sender!r}") from error
        env.cause = 0

    def _keep(self, message: Message) -> None:
        """Hand the message to the process that waits for it, or put it into the inbox."""
        for waiting in [w for w in self._receiving if not w.kinds or isinstance(message, w.kinds)]:
            self._receiving.remove(waiting)
            if waiting.attended:
                waiting.resume(message)
                return
        if self._inbox is None:
            self._inbox = deque()
        if not (self._processes or hasattr(self, "run")) or not may_read(self) or len(self._inbox) >= _UNREAD:
            kind = type(message).__name__
            raise AgentError(
                f"{self} got {message!r} from {message.sender!r} at t={self.now:g} and does not read it: "
                f"give it a handler, @on({kind}), or a process that yields self.receive({kind})"
            )
        self._inbox.append(message)

    def _take(self, kinds: tuple[type[Message], ...]) -> Message | None:
        """The oldest unread message of these kinds."""
        for message in self._inbox or ():
            if not kinds or isinstance(message, kinds):
                assert self._inbox is not None
                self._inbox.remove(message)
                return message
        return None
