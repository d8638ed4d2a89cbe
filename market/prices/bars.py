"""Historical bars (open, high, low, close) and how to read them from a CSV file."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import CatallaxyError

PRICE_COLUMNS = ("open", "high", "low", "close")
TIME_COLUMNS = ("time", "timestamp", "datetime", "date", "")
"""Names under which the column of time stamps is found; pandas leaves it without a name."""


class BarsError(CatallaxyError, ValueError):
    """A file of bars that can't be used; the message names the file and the line."""


@attrs.frozen(eq=False)
class Bars:
    """Bars in the order of time.

    Attributes:
        source: the file they were read from.
        stamps: time stamp of each bar's start as written in the file.
        starts: each bar's start in minutes since the first bar's, shape (n,), increasing.
        open, high, low, close: prices, shape (n,), positive, with low <= open, close <= high.
        length: length of a bar in minutes: the shortest distance between two neighbours.
    """

    source: str
    stamps: tuple[str, ...]
    starts: npt.NDArray[np.float64]
    open: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    close: npt.NDArray[np.float64]
    length: float

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def adjacent(self) -> npt.NDArray[np.bool_]:
        """Whether bar i + 1 begins where bar i ends, shape (n - 1,); false at weekends and other gaps."""
        return np.asarray(np.diff(self.starts) <= self.length * (1.0 + 1e-9))


def read_bars(file: str | Path) -> Bars:
    """Read bars from a CSV file with a header: a column of ISO 8601 time stamps, and open, high, low, close.

    Names of columns are compared without regard to case; other columns are ignored. A file that has not
    changed since is not read again.

    Raises:
        BarsError: the file is missing, has no such column, fewer than two bars, a time stamp that can't be read, is
            repeated or goes back, or a price that is no number, is not positive or contradicts the bar's high and low.
    """
    path = Path(file)
    try:
        status = path.stat()
    except OSError as error:
        raise BarsError(f"{path}: the file of bars can't be read ({error.strerror}); check the price's file") from None
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _modified: int, _size: int) -> Bars:
    stamps: list[str] = []
    times: list[datetime] = []
    rows: list[tuple[float, ...]] = []
    previous_line = 0
    for line, stamp, prices in _parse(path):
        where = f"{path}, line {line}"
        time = _time(stamp, where)
        if times and time <= times[-1]:
            complaint = "repeats" if time == times[-1] else "is earlier than"
            raise BarsError(
                f"{where}: the time stamp {stamp} {complaint} that of line {previous_line} ({stamps[-1]}); "
                "sort the bars by time and keep one for each"
            )
        rows.append(_prices(prices, where))
        stamps.append(stamp)
        times.append(time)
        previous_line = line
    if len(rows) < 2:
        raise BarsError(f"{path}: {len(rows)} bar(s) found below the header; at least two are needed")
    starts = np.array([(time - times[0]).total_seconds() / 60.0 for time in times])
    open_, high, low, close = np.array(rows).T
    return Bars(str(path), tuple(stamps), starts, open_, high, low, close, length=float(np.diff(starts).min()))


def _parse(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    """The line number, the time stamp and the four prices, as text, of every row."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            header = [name.strip().lower() for name in next(reader, [])]
            time, prices = _columns(header, path)
            for row in reader:
                if not any(row):
                    continue
                if len(row) < len(header):
                    raise BarsError(
                        f"{path}, line {reader.line_num}: {len(row)} field(s), but the header has {len(header)}"
                    )
                yield reader.line_num, row[time].strip(), [row[column] for column in prices]
    except UnicodeDecodeError:
        raise BarsError(f"{path}: not a text file in UTF-8; bars are read from CSV") from None
    except csv.Error as error:
        raise BarsError(f"{path}, line {reader.line_num}: {error}") from None


def _columns(header: list[str], path: Path) -> tuple[int, list[int]]:
    time = next((header.index(name) for name in TIME_COLUMNS if name in header), None)
    missing = [name for name in PRICE_COLUMNS if name not in header]
    if time is None:
        missing.insert(0, "time")
    if missing:
        found = ", ".join(repr(name) for name in header) or "nothing"
        raise BarsError(f"{path}, line 1: no column {', '.join(map(repr, missing))}; the header has {found}")
    assert time is not None
    return time, [header.index(name) for name in PRICE_COLUMNS]


def _time(stamp: str, where: str) -> datetime:
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        raise BarsError(f"{where}: {stamp!r} is no ISO 8601 time stamp such as 2017-04-19 09:00:00") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _prices(texts: list[str], where: str) -> tuple[float, ...]:
    values = []
    for name, text in zip(PRICE_COLUMNS, texts, strict=True):
        try:
            value = float(text)
        except ValueError:
            raise BarsError(f"{where}: {name} is {text!r}, which is no number") from None
        if not 0.0 < value < np.inf:
            raise BarsError(f"{where}: {name} is {text.strip()}; a price must be a positive, finite number")
        values.append(value)
    open_, high, low, close = values
    if high < low:
        raise BarsError(f"{where}: the high {high} is below the low {low}")
    for name, value in (("open", open_), ("close", close)):
        if not low <= value <= high:
            raise BarsError(f"{where}: the {name} {value} lies outside the bar's low {low} and high {high}")
    return open_, high, low, close
