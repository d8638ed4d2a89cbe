"""Records: immutable typed rows. Messages: records that travel from one agent to another.

A subclass declares its fields by annotation, as with ``attrs.frozen``, which does the work::

    class Quote(Message):
        price: float
        size: float = 1.0

Every class is one table of the event log, named after it: ``Quote`` is logged as ``quotes``.
``class Quote(Message, table="offers")`` names it otherwise.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform

import attrs

from .errors import RecordError

if TYPE_CHECKING:
    from .delivery import Delivery


HEADER = frozenset(
    ["time", "sequence", "cause", "agent", "sender", "receiver", "sent_at", "in_reply_to", "latency", "episode"]
)
"""Names of the columns that tables have besides a record's own fields."""


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
        meta, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, table: str | None = None
    ) -> RecordType:
        namespace.setdefault("__slots__", ())
        cls = super().__new__(meta, name, bases, namespace)
        if "__attrs_attrs__" in namespace:  # attrs rebuilds the class with slots: this is its second coming
            return cls
        cls.__table__ = table or table_name(name)
        made: RecordType = attrs.frozen(cls, slots=True, weakref_slot=False)
        for field in attrs.fields(made):  # type: ignore[arg-type]
            if field.name in HEADER:
                raise RecordError(f"{name}.{field.name}: every row has a column of this name already, choose another")
        return made

    __table__: str

    def __init__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, table: str | None = None
    ) -> None:
        super().__init__(name, bases, namespace)


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

    Once sent it also knows its ``sender``, ``sent_at``, ``sequence`` and ``in_reply_to``.
    """

    _delivery: Delivery | None = attrs.field(init=False, default=None, repr=False, eq=False)

    @property
    def sender(self) -> str:
        """Name of the agent that sent it; an address for ``send`` and ``ask``."""
        return self._sent().sender.name

    @property
    def sent_at(self) -> float:
        """Simulated time at which it was sent."""
        return self._sent().sent_at

    @property
    def sequence(self) -> int:
        """Its place in the order of everything that happened in its world, from 1."""
        return self._sent().sequence

    @property
    def in_reply_to(self) -> int | None:
        """Sequence number of the message that it answers, if it is a reply."""
        return self._sent().in_reply_to or None

    def _sent(self) -> Delivery:
        if self._delivery is None:
            raise RecordError(f"{self!r} has not been sent yet: it has no sender, time or sequence number")
        return self._delivery

    def _copy(self) -> Self:
        """The same content as a new, unsent message."""
        cls = type(self)
        copy = cls.__new__(cls)
        for slot in _slots(cls):
            slot.__set__(copy, slot.__get__(self))
        mark_delivery(copy, None)
        return copy


@cache
def _slots(cls: type[Message]) -> tuple[Any, ...]:
    """The slot descriptors of a message class's own fields: the way past its frozen ``__setattr__``."""
    return tuple(getattr(cls, field.name) for field in attrs.fields(cls) if field.init)


mark_delivery = Message._delivery.__set__  # type: ignore[union-attr]
"""Bind a message to its delivery; the one place where a frozen message is written to."""
