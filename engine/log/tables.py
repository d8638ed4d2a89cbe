"""One table of the event log: rows gathered in a packed buffer, written as Arrow batches."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from struct import Struct
from struct import error as StructError
from typing import Any

import attrs
import numpy as np
import pyarrow as pa

from ..errors import RecordError
from ..records import Message, Record

ROWS_PER_BATCH = 8192

_PACKED = {
    float: ("d", np.dtype("<f8"), pa.float64()),
    int: ("q", np.dtype("<i8"), pa.int64()),
    bool: ("?", np.dtype("?"), pa.bool_()),
}
_LISTED: dict[Any, pa.DataType] = {
    str: pa.string(),
    float: pa.float64(),
    int: pa.int64(),
    bool: pa.bool_(),
}
_AGENT = pa.dictionary(pa.int32(), pa.string())

_TRAFFIC = (
    ("time", float), ("sequence", int), ("cause", int), ("sender", str), ("receiver", str),
    ("in_reply_to", int), ("latency", float),
)  # fmt: skip
_NOTE = (("time", float), ("sequence", int), ("cause", int), ("agent", str))
_OPTIONAL = ("cause", "in_reply_to")


class StreamWriter:
    """An Arrow IPC stream (zstd) that is readable up to its last batch whenever its writer dies."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._file = path.open("wb")
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        self._writer = pa.ipc.new_stream(self._file, schema, options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch and hand it to the operating system."""
        self._writer.write_batch(batch)
        self._file.flush()
        self.rows += batch.num_rows

    def close(self) -> None:
        """End the stream."""
        self._writer.close()
        self._file.close()


class Table:
    """The rows of one record class, on their way to one file."""

    def __init__(self, kind: type[Record], folder: Path) -> None:
        self.kind = kind
        self.header = _TRAFFIC if issubclass(kind, Message) else _NOTE
        packed, listed = _fields(kind)
        head = "".join("i" if type_ is str else _PACKED[type_][0] for _, type_ in self.header)
        self._row = Struct("<" + head + "".join(_PACKED[type_][0] for type_ in packed.values()))
        self._dtype = np.dtype(
            [(name, "<i4" if type_ is str else _PACKED[type_][1]) for name, type_ in self.header]
            + [(f"field {name}", _PACKED[type_][1]) for name, type_ in packed.items()]
        )
        assert self._dtype.itemsize == self._row.size
        self._packed, self._listed = packed, listed
        self._get_packed = _getter(tuple(packed))
        self._get_listed = _getter(tuple(listed))
        self._lists: list[tuple[Any, ...]] = []
        self._buffer = bytearray(self._row.size * ROWS_PER_BATCH)
        self._filled = 0
        self.schema = pa.schema(
            [("episode", pa.int32())]
            + [(name, _AGENT if type_ is str else _PACKED[type_][2]) for name, type_ in self.header]
            + [(field.name, _packed_type(packed, listed, field.name)) for field in _own_fields(kind)]
        )
        self._writer = StreamWriter(folder / f"{kind.table()}.arrows", self.schema)

    def append(self, row: Record, *header: float) -> bool:
        """Add a row; returns whether the buffer is full and :meth:`flush` is due.

        Raises:
            RecordError: a field's value is not of its declared type.
        """
        try:
            self._row.pack_into(self._buffer, self._filled * self._row.size, *header, *self._get_packed(row))
        except StructError:
            raise self._mismatch(row) from None
        if self._listed:
            self._lists.append(self._get_listed(row))
        self._filled = filled = self._filled + 1
        return filled == ROWS_PER_BATCH

    def flush(self, episode: int, names: pa.Array) -> None:
        """Write what has gathered, as rows of ``episode``; ``names`` are the agents' by index."""
        if not self._filled:
            return
        rows = np.frombuffer(self._buffer, dtype=self._dtype, count=self._filled)
        columns: list[pa.Array] = [pa.array(np.full(self._filled, episode, dtype=np.int32))]
        for name, type_ in self.header:
            values = np.ascontiguousarray(rows[name])
            if type_ is str:
                indices = pa.array(values, mask=values < 0)
                columns.append(pa.DictionaryArray.from_arrays(indices, names))
            else:
                columns.append(pa.array(values, mask=values == 0 if name in _OPTIONAL else None))
        listed = dict(zip(self._listed, zip(*self._lists, strict=True), strict=True)) if self._lists else {}
        for field in _own_fields(self.kind):
            if field.name in self._packed:
                columns.append(pa.array(np.ascontiguousarray(rows[f"field {field.name}"])))
            else:
                columns.append(self._convert(field.name, listed[field.name]))
        self._writer.write(pa.record_batch(columns, schema=self.schema))
        self._filled = 0
        self._lists.clear()

    def close(self) -> tuple[Path, int]:
        """End the file; returns it and its number of rows."""
        self._writer.close()
        return self._writer.path, self._writer.rows

    def _convert(self, name: str, values: Sequence[Any]) -> pa.Array:
        try:
            return pa.array(
                [value.tolist() if isinstance(value, np.ndarray) else value for value in values],
                type=self._listed[name],
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise RecordError(f"{self.kind.__name__}.{name}: a value does not fit its declared type: {error}") from None

    def _mismatch(self, row: Record) -> RecordError:
        for name, type_ in self._packed.items():
            value = getattr(row, name)
            try:
                Struct("<" + _PACKED[type_][0]).pack(value)
            except StructError:
                return RecordError(f"{row!r}: {name} must be {type_.__name__} as declared, got {value!r}")
        return RecordError(f"{row!r} can't be logged")


def _packed_type(packed: Mapping[str, type], listed: Mapping[str, pa.DataType], name: str) -> pa.DataType:
    """Arrow type of a field."""
    return _PACKED[packed[name]][2] if name in packed else listed[name]


def _own_fields(kind: type[Record]) -> list[attrs.Attribute[Any]]:
    return [field for field in attrs.fields(kind) if field.init]


def _fields(kind: type[Record]) -> tuple[dict[str, type], dict[str, pa.DataType]]:
    """The fields that are packed into the row (float, int, bool) and those kept in lists, by Arrow type."""
    hints: dict[str, Any] = {}
    try:
        for base in reversed(kind.__mro__[: kind.__mro__.index(Record)]):
            if base is not Message:
                hints |= inspect.get_annotations(base, eval_str=True)
    except NameError as error:
        raise RecordError(f"{kind.__name__}: the annotation of a field can't be resolved: {error}") from None
    packed: dict[str, type] = {}
    listed: dict[str, pa.DataType] = {}
    for field in _own_fields(kind):
        hint = hints[field.name]
        if hint in _PACKED:
            packed[field.name] = hint
        else:
            listed[field.name] = _arrow_type(kind, field.name, hint)
    return packed, listed


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


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns the named attributes as a tuple (attrgetter, but also for none and one)."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        get = attrgetter(names[0])
        return lambda row: (get(row),)
    return attrgetter(*names)
