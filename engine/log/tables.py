"""One table of the event log: rows gather as they come, and are turned into Arrow batches many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from struct import Struct, calcsize
from struct import error as StructError
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import RecordError
from ..records import Record
from .columns import OPTIONAL, PACKED, columns_of, own_fields

ROWS_PER_BATCH = 8192
_ROWS_PER_BLOCK = 128


class Sink(Protocol):
    """Where a table's batches go."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Take the next batch."""


class Table:
    """The rows of one record class, on their way to a sink.

    Args:
        kind: the record class.
        open_sink: makes the sink, given the schema.
        full: called when :meth:`flush` is due.

    Attributes:
        append: adds a row, ``append(row, *header)``. What it holds is looked at a little later, with other rows: a
            value that is not of its declared type raises :class:`RecordError` then.
    """

    def __init__(
        self, kind: type[Record], open_sink: Callable[[pa.Schema], Sink], full: Callable[[Table], None]
    ) -> None:
        self.kind = kind
        columns = self._columns = columns_of(kind)
        self.schema = columns.schema
        self._codes = "".join("i" if type_ is str else PACKED[type_][0] for _, type_ in columns.header)
        self._codes += "".join(PACKED[type_][0] for type_ in columns.packed.values())
        self._block = Struct("<" + self._codes * _ROWS_PER_BLOCK)
        self._dtype = np.dtype(
            [(name, "<i4" if type_ is str else PACKED[type_][1]) for name, type_ in columns.header]
            + [(f"field {name}", PACKED[type_][1]) for name, type_ in columns.packed.items()]
        )
        assert self._dtype.itemsize == calcsize("<" + self._codes)
        self._cells: list[Any] = []
        self._lists: list[Any] = []
        self._packed: list[bytes] = []
        self._full = full
        self.append = self._compile()
        self.sink = open_sink(self.schema)

    def _compile(self) -> Callable[..., None]:
        """The method ``append(row, *header)``, in one piece for this class, since every event goes through it."""
        header = ", ".join(name for name, _ in self._columns.header)
        packed, listed = (
            "".join(f"row.{name}, " for name in names) for names in (self._columns.packed, self._columns.listed)
        )
        source = [
            f"def append(row, {header}):",
            f"    add_cells(({header}, {packed}))",
            f"    add_lists(({listed}))" if listed else "",
            f"    if len(cells) >= {len(self._codes) * _ROWS_PER_BLOCK}:",
            "        pack()",
        ]
        names: dict[str, Any] = {"add_cells": self._cells.extend, "add_lists": self._lists.extend, "cells": self._cells}
        names["pack"] = self._pack_block
        exec("\n".join(source), names)
        compiled: Callable[..., None] = names["append"]
        return compiled

    def _pack_block(self) -> None:
        self._pack(self._block)
        if len(self._packed) * _ROWS_PER_BLOCK >= ROWS_PER_BATCH:
            self._full(self)

    def flush(self, episode: int, names: pa.Array) -> None:
        """Write what has gathered, as rows of ``episode``; ``names`` are the agents' by index.

        Raises:
            RecordError: a value is not of its declared type; the rows are lost.
        """
        if self._cells:
            self._pack(Struct("<" + self._codes * (len(self._cells) // len(self._codes))))
        if not self._packed:
            return
        rows = np.frombuffer(b"".join(self._packed), dtype=self._dtype)
        fields = {name: pa.array(np.ascontiguousarray(rows[f"field {name}"])) for name in self._columns.packed}
        lists, names_listed = self._lists.copy(), list(self._columns.listed)
        self._packed.clear()
        self._lists.clear()
        for place, name in enumerate(names_listed):
            fields[name] = self._convert(name, lists[place :: len(names_listed)])
        self.write({name: np.ascontiguousarray(rows[name]) for name, _ in self._columns.header}, fields, episode, names)

    def write(
        self, header: Mapping[str, npt.NDArray[Any]], fields: Mapping[str, pa.Array], episode: int, names: pa.Array
    ) -> None:
        """Write rows given as columns: the header's (agents by index, -1 for none) and the fields', by name."""
        columns: list[pa.Array] = [pa.array(np.full(len(header["time"]), episode, dtype=np.int32))]
        for name, type_ in self._columns.header:
            values = header[name]
            if type_ is str:
                columns.append(pa.DictionaryArray.from_arrays(pa.array(values, mask=values < 0), names))
            else:
                columns.append(pa.array(values, mask=values == 0 if name in OPTIONAL else None))
        columns += [fields[field.name] for field in own_fields(self.kind)]
        self.sink.write(pa.record_batch(columns, schema=self.schema))

    def _pack(self, layout: Struct) -> None:
        """Turn the gathered cells into bytes, laid out as the table's dtype. So they stay in the processor's cache."""
        try:
            self._packed.append(layout.pack(*self._cells))
        except StructError:
            raise self._mismatch() from None
        finally:
            self._cells.clear()

    def _mismatch(self) -> RecordError:
        """What is wrong in the gathered cells."""
        width, packed = len(self._codes), self._columns.packed
        for start in range(0, len(self._cells), width):
            row = self._cells[start : start + width]
            for (name, type_), value in zip(packed.items(), row[width - len(packed) :], strict=True):
                try:
                    Struct("<" + PACKED[type_][0]).pack(value)
                except StructError:
                    return RecordError(
                        f"{self.kind.__name__}.{name} must be {type_.__name__} as declared, "
                        f"got {value!r} at t={row[0]:g} (event {row[1]})"
                    )
        return RecordError(f"a {self.kind.__name__} can't be logged")

    def _convert(self, name: str, values: Sequence[Any]) -> pa.Array:
        type_ = self._columns.listed[name]
        values = [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
        try:
            return pa.array(values, type=type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            value = next(value for value in values if not _fits(value, type_))
            raise RecordError(
                f"{self.kind.__name__}.{name}: a value does not fit its declared type {type_}: {value!r}"
            ) from None


def _fits(value: Any, type_: pa.DataType) -> bool:
    try:
        pa.array([value], type=type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return False
    return True
