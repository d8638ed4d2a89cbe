"""Records: immutable typed rows. Messages: records that travel from one agent to another.

A subclass declares its fields by annotation, as with ``attrs.frozen``, which does the work::

    class Quote(Message):
        price: float
        size: float = 1.0

Every class is one table of the event log, named after it: ``Quote`` is logged as ``quotes``.
``class Quote(Message, table="offers")`` names it otherwise. ``class Fill(Message, level="trades")`` is also logged
by a log that leaves out what is of the level ``"all"``, as everything is unless it or its base says otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, dataclass_transform

import attrs

from .errors import RecordError

if TYPE_CHECKING:
    from .agent import Agent
    from .waiting import Ask

    Header = tuple[Agent, float, int, int, Ask | None]


HEADER = frozenset(
    ["time", "sequence", "cause", "agent", "sender", "receiver", "sent_at", "in_reply_to", "latency", "episode"]
)
"""Names of the columns that tables have besides a record's own fields."""


Level = Literal["off", "decisions", "trades", "all"]
LEVELS: tuple[Level, ...] = ("off", "decisions", "trades", "all")
"""How much a log holds, least first: each level has what the ones before it have."""


def table_name(class_name: str) -> str:
    """Snake-case plural of a class name: ``QuoteRequest`` -> ``quote_requests``, ``Entry`` -> ``entries``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name).lower()
    if words.endswith("y") and words[-2:-1] not in ("a", "e", "i", "o", "u"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("s", "x", "ch", "sh")) else "s")


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
class RecordType(type):
    """Metaclass of records: turns annotations into the fields of a frozen, slotted attrs class."""

    def __new__(
        meta,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        table: str | None = None,
        level: Level | None = None,
    ) -> RecordType:
        namespace.setdefault("__slots__", ())
        cls = super().__new__(meta, name, bases, namespace)
        if "__attrs_attrs__" in namespace:  # attrs rebuilds the class with slots: this is its second coming
            return cls
        cls.__table__ = table or table_name(name)
        if level is not None:
            if level not in LEVELS[1:]:
                raise RecordError(f"{name}: level must be one of {', '.join(LEVELS[1:])}, got {level!r}")
            cls.__level__ = level
        made: RecordType = attrs.frozen(cls, slots=True, weakref_slot=False)
        for field in attrs.fields(made):  # type: ignore[arg-type]
            if field.name in HEADER:
                raise RecordError(f"{name}.{field.name}: every row has a column of this name already, choose another")
        _compile(made)
        return made

    __table__: str
    __level__: Level = "all"

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)


def _compile(cls: Any) -> None:
    """Give ``cls`` a ``_copy`` and, if all its fields are plain, an ``__init__`` that write to its slots directly.

    That is twice as fast as attrs' way past a frozen ``__setattr__``. A class with converters, validators, factories,
    hooks, or fields that are keyword-only or not set by ``__init__`` keeps the one that attrs has made.
    """
    fields = {field.name: field for field in attrs.fields(cls)}
    header = fields.pop("_header", None)
    names = {f"_set_{name}": getattr(cls, name).__set__ for name in fields}
    names |= {f"_default_{name}": field.default for name, field in fields.items()}
    names |= {"_cls": cls, "_new": cls.__new__, "_mark": header and cls._header.__set__}
    parameters = [
        name if field.default is attrs.NOTHING else f"{name}=_default_{name}" for name, field in fields.items()
    ]
    source = [
        f"def __init__({', '.join(['self', *parameters])}):",
        *(f"    _set_{name}(self, {name})" for name in fields),
        "    _mark(self, None)" if header else "    return",
        "def _copy(self, header=None):",
        "    copy = _new(_cls)",
        *(f"    _set_{name}(copy, self.{name})" for name in fields),
        "    _mark(copy, header)" if header else "",
        "    return copy",
    ]
    exec("\n".join(source), names)
    methods = ["_copy", "__init__"] if all(map(_is_plain, fields.values())) and not _hooks(cls) else ["_copy"]
    for method in methods:
        names[method].__qualname__ = f"{cls.__qualname__}.{method}"
        names[method].__module__ = cls.__module__
        setattr(cls, method, names[method])
    cls.__init__.__annotations__ = {name: field.type for name, field in fields.items()} | {"return": None}


def _is_plain(field: attrs.Attribute[Any]) -> bool:
    factory = isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]
    return field.init and not (field.kw_only or field.validator or field.converter or factory or field.name[0] == "_")


def _hooks(cls: type) -> bool:
    return hasattr(cls, "__attrs_pre_init__") or hasattr(cls, "__attrs_post_init__")


class Record(metaclass=RecordType):
    """An immutable typed row of the event log."""

    if TYPE_CHECKING:
        __attrs_attrs__: ClassVar[Any]

    @classmethod
    def table(cls) -> str:
        """Name of the log table that holds records of this class."""
        return cls.__table__


class Message(Record):
    """A record sent over a link.

    Once sent it also knows its ``sender``, ``sent_at``, ``sequence`` and ``in_reply_to``. They lie in its header:
    (sender, sent at, sequence, in reply to or 0, the wait of whoever asks by it); ``None`` before it is sent.
    """

    _header: Header | None = attrs.field(init=False, default=None, repr=False, eq=False)

    @property
    def sender(self) -> str:
        """Name of the agent that sent it; an address for ``send`` and ``ask``."""
        return (self._header or self._sent())[0].name

    @property
    def sent_at(self) -> float:
        """Simulated time at which it was sent."""
        return self._sent()[1]

    @property
    def sequence(self) -> int:
        """Its place in the order of everything that happened in its world, from 1."""
        return self._sent()[2]

    @property
    def in_reply_to(self) -> int | None:
        """Sequence number of the message that it answers, if it is a reply."""
        return self._sent()[3] or None

    def _sent(self) -> Header:
        if self._header is None:
            raise RecordError(f"{self!r} has not been sent yet: it has no sender, time or sequence number")
        return self._header

    def _copy(self, header: Header | None = None) -> Self:
        """The same content as a new message, sent with ``header``; compiled for every class."""
        raise NotImplementedError


mark_sent = Message._header.__set__  # type: ignore[union-attr]
"""Give a message its header; the one place where a frozen message is written to."""
