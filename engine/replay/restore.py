"""Rows of a log as the records that they were."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import LogError
from ..log.columns import columns_of, field_types, own_fields
from ..records import Record, RecordType

if TYPE_CHECKING:
    from ..agent import Agent
    from .recording import Recording


class RecordKinds:
    """The record classes of a recording's tables, among those that have been defined by now.

    Where several fit, as after a notebook's cell has been run again, it is the one that the agents' code sees.
    """

    def __init__(self, recording: Recording, agents: Iterable[Agent]) -> None:
        self._recording = recording
        self._seen = _seen_by({type(agent) for agent in agents})
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
        if hasattr(kind, "_header"):
            kind._header.__set__(record, None)
        return record

    def _find(self, table: str) -> tuple[type[Record], dict[str, Any]]:
        schema = self._recording.tables[table].schema
        fitting = [
            kind for kind in _subclasses(Record) if kind.__table__ == table and columns_of(kind).schema == schema
        ]
        fitting = [kind for kind in fitting if kind in self._seen] or fitting
        if len(fitting) != 1:
            told = " and ".join(f"{kind.__module__}.{kind.__qualname__}" for kind in fitting) or "none"
            raise LogError(
                f"which record class was logged in the table {table!r}, with the columns {', '.join(schema.names)}? "
                f"Of the classes defined by now these fit: {told}"
            )
        self._known[table] = fitting[0], field_types(fitting[0])
        return self._known[table]


def _seen_by(classes: Iterable[type]) -> set[type[Record]]:
    """The record classes that the global names of these classes' methods stand for."""
    methods = [method for cls in classes for base in cls.__mro__ for method in vars(base).values()]
    scopes = {id(scope): scope for method in methods if (scope := getattr(method, "__globals__", None)) is not None}
    return {value for scope in scopes.values() for value in scope.values() if isinstance(value, RecordType)}  # type: ignore[misc]


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
