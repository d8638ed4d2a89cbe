"""Reference prices that follow historical ticks."""

from datetime import UTC
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from .files import FileRow, PriceFileError, Stamps, header, price, read_columns, read_rows
from .path import PricePath, grid

_MINUTE = 60e6  # microseconds
_ONE = ("price", "mid", "last")


class TicksError(PriceFileError):
    """A file of ticks that can't be used; the message names the file and the line."""


@attrs.frozen(eq=False)
class Ticks:
    """Ticks in the order of time.

    Attributes:
        source: the file they were read from.
        first: time of the first tick, UTC.
        times: minutes since the first tick, shape (n,), not decreasing.
        prices: shape (n,), positive.
    """

    source: str
    first: np.datetime64
    times: npt.NDArray[np.float64]
    prices: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.times)

    def stamp(self, number: int) -> str:
        """Time of a tick, UTC, ISO 8601 to the microsecond."""
        return str(self.first + np.timedelta64(round(float(self.times[number]) * _MINUTE), "us"))


@attrs.frozen
class TickPrice:
    """Historical ticks as they were: an episode starts at a tick drawn at random, each price holds until the next.

    Attributes:
        file: of CSV, Parquet or Arrow: a column of time stamps, and one of prices (`price`, `mid` or `last`) or the two
            `bid` and `ask`, whose middle is taken.
        longest_gap: minutes; only windows in which a tick comes at least so often are drawn. Weekends are longer.
        kind: what scenario files call it.
    """

    file: Path = attrs.field(converter=Path)
    longest_gap: float = attrs.field(default=30.0, validator=validators.gt(0.0))
    kind: Literal["ticks"] = "ticks"

    @property
    def ticks(self) -> Ticks:
        """The ticks of the file.

        Raises:
            TicksError: they can't be used.
        """
        return read_ticks(self.file)

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a first tick, then follow the ticks from there.

        Raises:
            TicksError: the ticks can't be used, or no window of them is long enough.
        """
        ticks, times = self.ticks, grid(horizon, step)
        starts = self._starts(ticks, horizon)
        first = int(starts[int(rng.integers(len(starts)))])
        # A nanosecond of patience: a tick at a time of the grid must be seen in spite of rounding.
        place = np.searchsorted(ticks.times, ticks.times[first] + times + 1e-11, side="right") - 1
        return PricePath(times, ticks.prices[place], origin=ticks.stamp(first))

    def _starts(self, ticks: Ticks, horizon: float) -> npt.NDArray[np.int64]:
        """Ticks after which none of the next `horizon` minutes is farther than the longest gap from the last tick."""
        gaps = np.diff(ticks.times) > self.longest_gap
        next_gap = np.append(np.where(gaps, ticks.times[:-1], inf), ticks.times[-1])  # where the ticks break off
        until = np.minimum.accumulate(next_gap[::-1])[::-1]
        starts = np.flatnonzero(until - ticks.times >= horizon - 1e-9)
        if not len(starts):
            longest = float((until - ticks.times).max())
            raise TicksError(
                f"{self.file}: no ticks for a horizon of {horizon:g} minutes without a gap of more than "
                f"{self.longest_gap:g}; the longest run has {longest:g}; shorten the horizon or raise longest_gap"
            )
        return starts


def read_ticks(file: str | Path) -> Ticks:
    """Read ticks from a file of CSV, Parquet or Arrow (see :class:`TickPrice`); one that has not changed is not read
    again.

    Raises:
        TicksError: the file is missing, has no such columns, fewer than two ticks, a time stamp that can't be read or
            goes back, a price that is no positive number, or an ask below its bid.
    """
    path = Path(file)
    try:
        status = path.stat()
    except OSError as error:
        raise TicksError(
            f"{path}: the file of ticks can't be read ({error.strerror}); check the price's file"
        ) from None
    return _read(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _modified: int, _size: int) -> Ticks:
    names = header(path, TicksError, "ticks")
    columns = next(((name,) for name in _ONE if name in names), ("bid", "ask"))
    if columns == ("bid", "ask") and not {"bid", "ask"} & set(names):
        columns = ("price",)  # what is missed is told by its usual name
    stamps, values = _at_once(path, columns) or _row_by_row(path, columns)
    if len(stamps) < 2:
        raise TicksError(f"{path}: {len(stamps)} tick(s) found; at least two are needed")
    minutes = (stamps - stamps[0]).astype(np.float64) / _MINUTE
    return Ticks(str(path), stamps[0], minutes, values.mean(axis=0))


def _at_once(path: Path, columns: tuple[str, ...]) -> tuple[Stamps, npt.NDArray[np.float64]] | None:
    """The columns by Arrow, some twenty times as fast as row by row; None if there is anything to complain of."""
    found = read_columns(path, columns)
    if found is None:
        return None
    stamps, values = found
    ordered = (np.diff(stamps).astype(np.int64) >= 0).all() and (values[-1] >= values[0]).all()
    return found if ordered and (np.isfinite(values) & (values > 0.0)).all() else None


def _row_by_row(path: Path, columns: tuple[str, ...]) -> tuple[Stamps, npt.NDArray[np.float64]]:
    """The same by plain Python, which names the row that can't be used."""
    previous: FileRow | None = None
    stamps: list[np.datetime64] = []
    prices: list[list[float]] = []
    for row in read_rows(path, columns, TicksError, "ticks"):
        where = f"{path}, {row.place}"
        if previous is not None and row.time < previous.time:
            raise TicksError(
                f"{where}: the time stamp {row.stamp} is earlier than that of {previous.place} ({previous.stamp}); "
                "sort the ticks by time"
            )
        named = zip(columns, row.values, strict=True)
        values = [price(value, name, where, TicksError) for name, value in named]
        if values[-1] < values[0]:
            raise TicksError(f"{where}: the ask {values[-1]} is below the bid {values[0]}")
        prices.append(values)
        stamps.append(np.datetime64(row.time.astimezone(UTC).replace(tzinfo=None), "us"))
        previous = row
    return np.array(stamps, dtype="datetime64[us]"), np.array(prices, dtype=np.float64).reshape(-1, len(columns)).T
