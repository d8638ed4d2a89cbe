"""Historical bars (open, high, low, close) and how to read them from a file."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from .files import FileRow, PriceFileError, price, read_rows

PRICE_COLUMNS = ("open", "high", "low", "close")


class BarsError(PriceFileError):
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
    """Read bars from a file of CSV, Parquet or Arrow (by its suffix, see :func:`.files.read_rows`).

    Its columns: time stamps (ISO 8601 text, or Arrow's), and open, high, low, close. A file that has not changed since
    is not read again.

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
    rows: list[FileRow] = []
    prices: list[tuple[float, ...]] = []
    for row in read_rows(path, PRICE_COLUMNS, BarsError, "bars"):
        where = f"{path}, {row.place}"
        if rows and row.time <= rows[-1].time:
            complaint = "repeats" if row.time == rows[-1].time else "is earlier than"
            raise BarsError(
                f"{where}: the time stamp {row.stamp} {complaint} that of {rows[-1].place} ({rows[-1].stamp}); "
                "sort the bars by time and keep one for each"
            )
        prices.append(_prices(row.values, where))
        rows.append(row)
    if len(rows) < 2:
        raise BarsError(f"{path}: {len(rows)} bar(s) found below the header; at least two are needed")
    starts = np.array([(row.time - rows[0].time).total_seconds() / 60.0 for row in rows])
    open_, high, low, close = np.array(prices).T
    stamps = tuple(row.stamp for row in rows)
    return Bars(str(path), stamps, starts, open_, high, low, close, length=float(np.diff(starts).min()))


def _prices(fields: tuple[Any, ...], where: str) -> tuple[float, ...]:
    named = zip(PRICE_COLUMNS, fields, strict=True)
    open_, high, low, close = (price(field, name, where, BarsError) for name, field in named)
    if high < low:
        raise BarsError(f"{where}: the high {high} is below the low {low}")
    for name, value in (("open", open_), ("close", close)):
        if not low <= value <= high:
            raise BarsError(f"{where}: the {name} {value} lies outside the bar's low {low} and high {high}")
    return open_, high, low, close
