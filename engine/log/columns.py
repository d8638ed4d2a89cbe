"""How a record class becomes the columns of its table, and a row of the table the record again."""

from __future__ import annotations

import inspect
import types
import typing
from typing import Any

import attrs
import numpy as np
import pyarrow as pa

from ..errors import RecordError
from ..records import Message, Record

PACKED: dict[Any, tuple[str, np.dtype[Any], pa.DataType]] = {
    float: ("d", np.dtype("<f8"), pa.float64()),
    int: ("q", np.dtype("<i8"), pa.int64()),
    bool: ("?", np.dtype("?"), pa.bool_()),
}
"""Types of fixed size: their ``struct`` code, NumPy and Arrow type."""

_LISTED: dict[Any, pa.DataType] = {
    str: pa.string(),
    float: pa.float64(),
    int: pa.int64(),
    bool: pa.bool_(),
}
_AGENT = pa.dictionary(pa.int32(), pa.string())

Header = tuple[tuple[str, type], ...]
TRAFFIC: Header = (
    ("time", float),
    ("sequence", int),
    ("cause", int),
    ("sender", str),
    ("receiver", str),
    ("in_reply_to", int),
    ("latency", float),
)
"""The columns of a message's table before its own fields; agents (``str``) are given by their index."""
NOTE: Header = (("time", float), ("sequence", int), ("cause", int), ("agent", str))
"""The columns before the fields of a record that is no message."""
OPTIONAL = ("cause", "in_reply_to")
"""Columns that are null where there is none (written as 0)."""


@attrs.frozen(eq=False)
class Columns:
    """The columns of one record class.

    Attributes:
        kind: the class.
        header: the columns that every such table has.
        packed: own fields of fixed size, by name, with their types.
        listed: the other own fields, by name, with their Arrow types.
    """

    kind: type[Record]
    header: Header
    packed: dict[str, type]
    listed: dict[str, pa.DataType]

    @property
    def schema(self) -> pa.Schema:
        """Of the table: the episode, the header, the fields in their order of declaration."""
        own = [(field.name, field_type(self, field.name)) for field in own_fields(self.kind)]
        head = [(name, _AGENT if type_ is str else PACKED[type_][2]) for name, type_ in self.header]
        return pa.schema([("episode", pa.int32()), *head, *own])


def columns_of(kind: type[Record]) -> Columns:
    """The columns of a record class.

    Raises:
        RecordError: a field is of a type that can't be logged.
    """
    packed: dict[str, type] = {}
    listed: dict[str, pa.DataType] = {}
    hints = field_types(kind)
    for field in own_fields(kind):
        hint = hints[field.name]
        if hint in PACKED:
            packed[field.name] = hint
        else:
            listed[field.name] = _arrow_type(kind, field.name, hint)
    return Columns(kind, TRAFFIC if issubclass(kind, Message) else NOTE, packed, listed)


def own_fields(kind: type[Record]) -> list[attrs.Attribute[Any]]:
    """The fields that a record class declares (itself or in its bases)."""
    return [field for field in attrs.fields(kind) if field.name != "_header"]


def field_types(kind: type[Record]) -> dict[str, Any]:
    """The types of a record class's fields, strings resolved.

    Raises:
        RecordError: one can't be resolved.
    """
    hints: dict[str, Any] = {}
    try:
        for base in reversed(kind.__mro__[: kind.__mro__.index(Record)]):
            if base is not Message:
                hints |= inspect.get_annotations(base, eval_str=True)
    except NameError as error:
        raise RecordError(f"{kind.__name__}: the annotation of a field can't be resolved: {error}") from None
    return hints


def field_type(columns: Columns, name: str) -> pa.DataType:
    """Arrow type of an own field."""
    return PACKED[columns.packed[name]][2] if name in columns.packed else columns.listed[name]


def _arrow_type(kind: type[Record], name: str, hint: Any) -> pa.DataType:
    if hint in _LISTED:
        return _LISTED[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        if len(inner) == 1:
            return _arrow_type(kind, name, inner[0])
    if origin in (tuple, list) and arguments and arguments[0] in _LISTED and set(arguments[1:]) <= {arguments[0], ...}:
        return pa.list_(_LISTED[arguments[0]])
    if origin is np.ndarray or hint is np.ndarray:
        return pa.list_(pa.float64())
    if origin is typing.Literal and all(isinstance(value, str) for value in arguments):
        return pa.string()
    raise RecordError(
        f"{kind.__name__}.{name}: a field of type {hint!r} can't be logged; use float, int, bool, str, an optional one "
        f"of these, or a list or tuple of one of them"
    )
