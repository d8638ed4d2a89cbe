"""One table of the event log: rows gathered in a packed buffer, written as Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from struct import Struct
from struct import error as StructError
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import RecordError
from ..records import Record
from .columns import OPTIONAL, PACKED, columns_of, own_fields

ROWS_PER_BATCH = 8192


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
    """

    def __init__(
        self, kind: type[Record], open_sink: Callable[[pa.Schema], Sink], full: Callable[[Table], None]
    ) -> None:
        self.kind = kind
        columns = self._columns = columns_of(kind)
        self.schema = columns.schema
        head = "".join("i" if type_ is str else PACKED[type_][0] for _, type_ in columns.header)
        self._row = Struct("<" + head + "".join(PACKED[type_][0] for type_ in columns.packed.values()))
        self._dtype = np.dtype(
            [(name, "<i4" if type_ is str else PACKED[type_][1]) for name, type_ in columns.header]
            + [(f"field {name}", PACKED[type_][1]) for name, type_ in columns.packed.items()]
        )
        assert self._dtype.itemsize == self._row.size
        self._pack, self._size = self._row.pack_into, self._row.size
        self._get_packed = _getter(tuple(columns.packed))
        self._get_listed = _getter(tuple(columns.listed))
        self._lists: list[tuple[Any, ...]] | None = [] if columns.listed else None
        self._buffer = bytearray(self._size * ROWS_PER_BATCH)
        self._filled = 0
        self._full = full
        self.sink = open_sink(self.schema)

    def append(self, row: Record, header: tuple[float, ...]) -> None:
        """Add a row with its header.

        Raises:
            RecordError: a field's value is not of its declared type.
        """
        filled = self._filled
        try:
            self._pack(self._buffer, filled * self._size, *header, *self._get_packed(row))
        except StructError:
            raise self._mismatch(row) from None
        if self._lists is not None:
            self._lists.append(self._get_listed(row))
        self._filled = filled + 1
        if filled + 1 == ROWS_PER_BATCH:
            self._full(self)

    def flush(self, episode: int, names: pa.Array) -> None:
        """Write what has gathered, as rows of ``episode``; ``names`` are the agents' by index.

        Raises:
            RecordError: a value is not of its declared type; the rows are lost.
        """
        count, self._filled = self._filled, 0
        if not count:
            return
        rows = np.frombuffer(self._buffer, dtype=self._dtype, count=count)
        lists, self._lists = self._lists, None if self._lists is None else []
        fields = {name: pa.array(np.ascontiguousarray(rows[f"field {name}"])) for name in self._columns.packed}
        for name, values in zip(self._columns.listed, zip(*lists or (), strict=True), strict=True):
            fields[name] = self._convert(name, values)
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

    def _convert(self, name: str, values: Sequence[Any]) -> pa.Array:
        type_ = self._columns.listed[name]
        try:
            return pa.array([_plain(value) for value in values], type=type_)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            for value in values:
                try:
                    pa.array([_plain(value)], type=type_)
                except (pa.ArrowInvalid, pa.ArrowTypeError):
                    raise RecordError(
                        f"{self.kind.__name__}.{name}: a value does not fit its declared type {type_}: {value!r}"
                    ) from None
            raise RecordError(f"{self.kind.__name__}.{name} can't be logged as {type_}: {error}") from None

    def _mismatch(self, row: Record) -> RecordError:
        for name, type_ in self._columns.packed.items():
            value = getattr(row, name)
            try:
                Struct("<" + PACKED[type_][0]).pack(value)
            except StructError:
                return RecordError(f"{row!r}: {name} must be {type_.__name__} as declared, got {value!r}")
        return RecordError(f"{row!r} can't be logged")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns the named attributes as a tuple (attrgetter, but also for none and one)."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        get = attrgetter(names[0])
        return lambda row: (get(row),)
    return attrgetter(*names)
