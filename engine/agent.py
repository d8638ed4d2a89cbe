"""What an agent is to the engine: a name, a mailbox, processes and handlers."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Generator, Iterable
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import simpy
from simpy.events import NORMAL

from .delivery import Delivery
from .errors import AgentError, CatallaxyError, LinkError, RecordError, WorldError, failure
from .feed import Feed
from .records import Message, Record
from .streams import Stream, stream
from .waiting import Alarm, Ask, Receive, Sleep, Wait, settled

if TYPE_CHECKING:
    from .network import Links
    from .world import World

Process = Generator[simpy.Event, Any, Any]
"""What ``run`` and other behaviours written as processes return."""

Handler = TypeVar("Handler", bound=Callable[..., Any])
M = TypeVar("M", bound=Message)

_UNREAD = 100_000


def on(*kinds: type[Message]) -> Callable[[Handler], Handler]:
    """Make a method the handler of messages of these kinds (and of their subclasses without a handler of their own).

    A handler with ``yield`` in it runs as a process of its own for every message.

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


class _Handlers(dict[type, "Callable[[Any, Any], Any] | None"]):
    """Handler by message class; a class without one gets that of its nearest base, found once."""

    def __missing__(self, kind: type) -> Callable[[Any, Any], Any] | None:
        found = next((self[base] for base in kind.__mro__[1:] if dict.__contains__(self, base)), None)
        self[kind] = found
        return found


class Agent:
    """A party with private state, which acts by processes (``run``) and message handlers (:func:`on`), or both.

    Subclass it; what it needs to know goes into ``__init__``, which calls ``super().__init__(name)``.
    Agents know one another by name; a message's ``sender`` and :meth:`neighbours` are names.

    Attributes:
        name: unique in a world.
        world: the world it lives in, once there is one; ``world.env`` is the SimPy environment.
        index: its place in the order of the world's agents.
    """

    name: str
    world: World
    index: int
    _handlers: ClassVar[_Handlers] = _Handlers()

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not name:
            raise WorldError(f"an agent's name must be a non-empty string, got {name!r}")
        self.name = name

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        handlers = _Handlers()
        for base in reversed(cls.__mro__):
            for method in vars(base).values():
                for kind in getattr(method, "__handles__", ()):
                    handlers[kind] = _as_process(method) if inspect.isgeneratorfunction(method) else method
        cls._handlers = handlers

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
        known = self._neighbours.get(kind)
        if known is None:
            agents = self.world.agents
            known = tuple(name for name in self.links if kind is None or isinstance(agents[name], kind))
            self._neighbours[kind] = known
        return known

    @cached_property
    def links(self) -> Links:
        """Its outgoing links, by receiver's name."""
        return self.world.topology.links(self)

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
        received = request._delivery or request._sent()
        return self._post(received.sender.name, message, priority, received.sequence, received.ask)

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
        names = [receiver if isinstance(receiver, str) else receiver.name for receiver in receivers]
        env = self.world.env
        if not names:
            return settled(env, [])
        ask = Ask(env, timeout)
        ask.expect([self._post(name, request, NORMAL, 0, ask) for name in names])
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

        def ring(_: simpy.Event) -> None:
            try:
                callback()
            except CatallaxyError:
                raise
            except Exception as error:
                raise failure(self, error, "in a timer") from error

        return Alarm(self.world.env, delay, ring)

    def process(self, behaviour: Process) -> simpy.Process:
        """Start a further process of this agent; it can be waited for, and interrupted."""
        return self.world._start(self, behaviour)

    # -- what others may see, and the log ------------------------------------------------------------------------

    def publish(self, message: Message) -> int:
        """Make ``message`` this agent's newest of its kind, which every linked agent reads with :meth:`latest`.

        Costs no event, however many read it.
        """
        world = self.world
        world.sequence += 1
        message = message if message._delivery is None else message._copy()
        delivery = Delivery(message, (), self, self.now, world.sequence, 0, None)
        delivery.take()
        self._feeds.setdefault(type(message), Feed()).append(self.now, message)
        if world.log is not None:
            world.log.tables[message.__class__].append(
                message, (self.now, world.sequence, world.cause, self.index, -1, 0, 0.0)
            )
        return world.sequence

    def latest(self, publisher: str | Agent, kind: type[M]) -> M | None:
        """The newest ``kind`` published by ``publisher``, as late as the link from there to here is slow.

        Raises:
            LinkError: ``publisher`` has no link to this agent.
        """
        name = publisher if isinstance(publisher, str) else publisher.name
        source = self.world.agents.get(name)
        if source is None:
            raise LinkError(f"{self} can't see {name!r} at t={self.now:g}: no agent in this world has that name")
        feed, link = source._feeds.get(kind), source.links[self.name]
        return None if feed is None or link is None else feed.at(self.now - link.lag)

    def record(self, row: Record) -> int:
        """Write a row that is no message into the event log; returns its sequence number."""
        world = self.world
        world.sequence += 1
        if world.log is not None:
            world.log.recorded(self, row, self.now, world.sequence, world.cause)
        return world.sequence

    def describe(self) -> Any:
        """What the log says of this agent when a run begins (JSON-compatible): its type, say."""
        return None

    # -- the engine's side ---------------------------------------------------------------------------------------

    def _join(self, world: World, index: int) -> None:
        self.world = world
        self.index = index
        self._callbacks = (self._deliver,)
        self._neighbours: dict[type[Agent] | None, tuple[str, ...]] = {}
        self._receiving: list[Receive] = []
        self._inbox: deque[Message] | None = None
        self._feeds: dict[type[Message], Feed] = {}

    def _post(self, name: str, message: Message, priority: int, in_reply_to: int, ask: Ask | None) -> int:
        world = self.world
        link = self.links[name]
        if link is None:
            self.record(Drop(kind=type(message).__name__, addressee=name, reason="no link"))
            return 0
        world.sequence = sequence = world.sequence + 1
        if message._delivery is not None:
            message = message._copy()
        env = world.env
        now = env._now
        delay = link.delay
        if delay is None:
            delay = link.draw()
        receiver = link.receiver
        delivery = Delivery(message, receiver._callbacks, self, now, sequence, in_reply_to, ask)
        env.schedule(delivery, priority, delay)
        log = world.log
        if log is not None:
            header = (now, sequence, world.cause, self.index, receiver.index, in_reply_to, delay)
            log.tables[message.__class__].append(message, header)
        return sequence

    def _deliver(self, delivery: Delivery) -> None:
        """The callback of every delivery to this agent."""
        message = delivery.take()
        world = self.world
        world.cause = delivery.sequence
        ask = delivery.ask
        if ask is not None and delivery.in_reply_to:
            delivery.ask = None
            ask.answer(message, delivery.in_reply_to)
        else:
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
        world.cause = 0

    def _keep(self, message: Message) -> None:
        """Hand the message to the process that waits for it, or put it into the inbox."""
        for waiting in self._receiving:
            if not waiting.kinds or isinstance(message, waiting.kinds):
                self._receiving.remove(waiting)
                waiting.resume(message)
                return
        if self._inbox is None:
            self._inbox = deque()
        if not hasattr(self, "run") or len(self._inbox) >= _UNREAD:
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


class Drop(Record):
    """A message that was not delivered, and why."""

    kind: str
    addressee: str
    reason: str


def _as_process(method: Callable[..., Process]) -> Callable[[Agent, Message], None]:
    @wraps(method)
    def start(agent: Agent, message: Message) -> None:
        agent.process(method(agent, message))

    return start
