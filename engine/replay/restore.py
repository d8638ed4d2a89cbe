"""Rows of a log as the records that they were."""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import LogError
from ..log.columns import columns_of, field_types, own_fields
from ..records import Record

if TYPE_CHECKING:
    from .recording import Recording


class RecordKinds:
    """The record classes of a recording's tables, among those that have been defined by now."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._known: dict[str, tuple[type[Record], dict[str, Any]]] = {}

    def restore(self, table: str, row: dict[str, Any]) -> Any:
        """The record that was logged as ``row``.

        Raises:
            LogError: no record class fits the table, or several do.
        """
        kind, hints = self._known.get(table) or self._find(table)
        record = kind.__new__(kind)
        for field in own_fields(kind):
            getattr(kind, field.name).__set__(record, _as_declared(row[field.name], hints[field.name]))
        if hasattr(kind, "_delivery"):
            kind._delivery.__set__(record, None)
        return record

    def _find(self, table: str) -> tuple[type[Record], dict[str, Any]]:
        schema = self._recording.tables[table].schema
        fitting = [
            kind for kind in _subclasses(Record) if kind.__table__ == table and columns_of(kind).schema == schema
        ]
        fitting = [kind for kind in fitting if _is_current(kind)] or fitting
        if len(fitting) != 1:
            told = " and ".join(f"{kind.__module__}.{kind.__qualname__}" for kind in fitting) or "none"
            raise LogError(
                f"which record class was logged in the table {table!r}, with the columns {', '.join(schema.names)}? "
                f"Of the classes defined by now these fit: {told}"
            )
        self._known[table] = fitting[0], field_types(fitting[0])
        return self._known[table]


def _is_current(kind: type[Record]) -> bool:
    """Whether a class is what its name stands for, not an earlier one of a module that has been run again."""
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is kind


def _subclasses(cls: type[Record]) -> Iterator[type[Record]]:
    """All finished ones, oldest first: attrs makes each class twice, and the first has no fields."""
    for kind in cls.__subclasses__():
        if "__attrs_attrs__" in vars(kind):
            yield kind
            yield from _subclasses(kind)


def _as_declared(value: Any, hint: Any) -> Any:
    """What was read, as the type that the field declares."""
    if isinstance(value, list):
        if typing.get_origin(hint) is tuple:
            return tuple(value)
        if hint is np.ndarray or typing.get_origin(hint) is np.ndarray:
            return np.array(value)
    return value
