"""Reading prices from files: CSV, Parquet, Arrow. What can't be used is named by file, line (or row) and field."""

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from catallaxy.engine import CatallaxyError

TIME_COLUMNS = ("time", "timestamp", "datetime", "date", "")
"""Names under which the column of time stamps is found; pandas leaves it without a name."""
PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".arrows", ".feather", ".ipc")
_BATCH = 65_536

Stamps = npt.NDArray[np.datetime64]


class PriceFileError(CatallaxyError, ValueError):
    """A file of prices that can't be used; the message names the file and the line."""


@attrs.frozen
class FileRow:
    """One row of a file.

    Attributes:
        place: "line 7" of a CSV file, "row 6" (counted from 1) of a table.
        stamp: the time stamp, as written.
        time: the same; without a time zone it is taken as UTC.
        values: of the columns asked for, text or numbers.
    """

    place: str
    stamp: str
    time: datetime
    values: tuple[Any, ...]


def read_rows(path: Path, columns: Sequence[str], error: type[PriceFileError], what: str) -> Iterator[FileRow]:
    """The rows of a file of CSV with a header (any other suffix), Parquet (.parquet, .pq) or Arrow (.arrow, .arrows,
    .feather, .ipc; file or stream).

    Names of columns are compared without regard to case; other columns are ignored; blank lines, too.

    Args:
        path: the file.
        columns: those wanted besides the column of time stamps.
        error: what to raise.
        what: what the file holds, for its message.
    """
    suffix = path.suffix.lower()
    rows = _table_rows if suffix in PARQUET + ARROW else _csv_rows
    try:
        for place, stamp, values in rows(path, columns, error):
            where = f"{path}, {place}"
            yield FileRow(place, str(stamp), _time(stamp, where, error), values)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise error(f"{path}: the file of {what} can't be read ({reason}); check the price's file") from None
    except UnicodeDecodeError:
        raise error(f"{path}: not a text file in UTF-8; {what} are read from CSV, Parquet or Arrow") from None
    except pa.ArrowInvalid as fault:
        kind = "Parquet" if suffix in PARQUET else "Arrow"
        raise error(f"{path}: not a file of {kind} ({str(fault).splitlines()[0]})") from None


def read_columns(path: Path, columns: Sequence[str]) -> tuple[Stamps, npt.NDArray[np.float64]] | None:
    """Time stamps (UTC) and columns of numbers, shape (columns, rows), read at once; None if that can't be done.

    For large files. It complains of nothing: where it gives None, :func:`read_rows` says what is wrong, or reads what
    Arrow does not understand.
    """
    try:
        table = _open(path) if path.suffix.lower() in PARQUET + ARROW else pyarrow.csv.read_csv(path)
        time, wanted = _find([name.strip().lower() for name in table.schema.names], columns, "", PriceFileError)
        stamps = table.column(time)
        if not pa.types.is_timestamp(stamps.type):
            return None
        numbers = [table.column(column).cast(pa.float64()) for column in wanted]
        if stamps.null_count or any(column.null_count for column in numbers):
            return None
        times = stamps.cast(pa.timestamp("us", stamps.type.tz), safe=False).cast(pa.int64()).to_numpy()
        return times.astype("datetime64[us]"), np.array([column.to_numpy() for column in numbers])
    except (OSError, UnicodeDecodeError, pa.ArrowException, PriceFileError):
        return None


def header(path: Path, error: type[PriceFileError], what: str) -> list[str]:
    """Names of a file's columns in lower case; errors as of :func:`read_rows`."""
    suffix = path.suffix.lower()
    try:
        if suffix in PARQUET + ARROW:
            return [name.lower() for name in _open(path).schema.names]
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return [name.strip().lower() for name in next(csv.reader(stream), [])]
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise error(f"{path}: the file of {what} can't be read ({reason}); check the price's file") from None
    except UnicodeDecodeError:
        raise error(f"{path}: not a text file in UTF-8; {what} are read from CSV, Parquet or Arrow") from None
    except pa.ArrowInvalid as fault:
        kind = "Parquet" if suffix in PARQUET else "Arrow"
        raise error(f"{path}: not a file of {kind} ({str(fault).splitlines()[0]})") from None


def price(value: Any, name: str, where: str, error: type[PriceFileError]) -> float:
    """A field as a positive, finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise error(f"{where}: {name} is {value!r}, which is no number") from None
    if not 0.0 < number < np.inf:
        raise error(f"{where}: {name} is {str(value).strip()}; a price must be a positive, finite number")
    return number


def _csv_rows(
    path: Path, columns: Sequence[str], error: type[PriceFileError]
) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        try:
            names = [name.strip().lower() for name in next(reader, [])]
            time, wanted = _find(names, columns, f"{path}, line 1", error)
            for row in reader:
                if not any(row):
                    continue
                place = f"line {reader.line_num}"
                if len(row) < len(names):
                    raise error(f"{path}, {place}: {len(row)} field(s), but the header has {len(names)}")
                yield place, row[time].strip(), tuple(row[column] for column in wanted)
        except csv.Error as fault:
            raise error(f"{path}, line {reader.line_num}: {fault}") from None


def _table_rows(
    path: Path, columns: Sequence[str], error: type[PriceFileError]
) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    table = _open(path)
    time, wanted = _find([name.lower() for name in table.schema.names], columns, str(path), error)
    stamps = table.column(time)
    if pa.types.is_timestamp(stamps.type) or pa.types.is_date(stamps.type):
        zone = getattr(stamps.type, "tz", None)
        stamps = stamps.cast(pa.timestamp("us", zone), safe=False)
    chosen = pa.table([stamps, *(table.column(column) for column in wanted)], ["time", *columns])
    number = 0
    for batch in chosen.to_batches(max_chunksize=_BATCH):
        for stamp, *values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            number += 1
            yield f"row {number}", stamp, tuple(values)


def _open(path: Path) -> pa.Table:
    if path.suffix.lower() in PARQUET:
        return pyarrow.parquet.read_table(path)
    with pa.memory_map(str(path)) as source:
        try:
            return pa.ipc.open_file(source).read_all()
        except pa.ArrowInvalid:
            source.seek(0)
            return pa.ipc.open_stream(source).read_all()


def _find(names: list[str], columns: Sequence[str], where: str, error: type[PriceFileError]) -> tuple[int, list[int]]:
    time = next((names.index(name) for name in TIME_COLUMNS if name in names), None)
    missing = [name for name in columns if name not in names]
    if time is None:
        missing.insert(0, "time")
    if missing:
        found = ", ".join(repr(name) for name in names) or "nothing"
        raise error(f"{where}: no column {', '.join(map(repr, missing))}; the header has {found}")
    assert time is not None
    return time, [names.index(name) for name in columns]


def _time(stamp: object, where: str, error: type[PriceFileError]) -> datetime:
    if isinstance(stamp, datetime):
        time = stamp
    else:
        try:
            time = datetime.fromisoformat(stamp)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise error(f"{where}: {stamp!r} is no ISO 8601 time stamp such as 2017-04-19 09:00:00") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
