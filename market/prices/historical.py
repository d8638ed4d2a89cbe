"""Reference prices that follow historical bars."""

from pathlib import Path
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from .bars import Bars, BarsError, read_bars
from .bridge import LARGEST_VARIANCE, fill_bars, garman_klass
from .path import BP, PricePath, grid


@attrs.frozen
class HistoricalPrice:
    """Brownian motion that agrees with historical bars: in each, the first price is the open, the last the close,
    the largest the high and the smallest the low, all exactly (see :mod:`.bridge`).

    An episode starts at the open of a bar drawn at random. The logarithm of the price is the Brownian motion. A bar of
    length T at steps of h holds T / h prices, so its close holds during its last step and the next open follows.

    Attributes:
        file: CSV file of bars (see :func:`read_bars`).
        gaps: what to do about weekends and other times without bars. "avoid": only windows without a gap are drawn.
            "join": the missing time is cut out, so that the price jumps from a close to the next open.
        volatility: bp per square root of a minute, inside the bars; None: each bar's own Garman-Klass estimate.
    """

    file: Path = attrs.field(converter=Path)
    gaps: Literal["avoid", "join"] = attrs.field(default="avoid", validator=validators.in_(("avoid", "join")))
    volatility: float | None = attrs.field(default=None, validator=validators.optional(validators.gt(0.0)))
    kind: Literal["historical"] = "historical"

    @property
    def bars(self) -> Bars:
        """The bars of the file.

        Raises:
            BarsError: they can't be used.
        """
        return read_bars(self.file)

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a first bar, then a path through the bars from there.

        Raises:
            BarsError: the bars can't be used, `step` does not divide them or leaves fewer than 4 prices in each, or no
                window of them is long enough.
        """
        bars, times = self.bars, grid(horizon, step)
        points = self._points_per_bar(bars, step)
        count = -(-len(times) // points)
        starts = self._starts(bars, count, horizon)
        first = int(starts[int(rng.integers(len(starts)))])
        chosen = slice(first, first + count)
        prices = self._fill(rng, bars, chosen, points).reshape(-1)[: len(times)]
        return PricePath(times, prices, origin=bars.stamps[first])

    def _points_per_bar(self, bars: Bars, step: float) -> int:
        points = round(bars.length / step)
        if points < 4 or abs(points * step - bars.length) > 1e-6 * step:
            raise BarsError(
                f"{self.file}: bars of {bars.length:g} minutes can't be filled at steps of {step:g} minutes; "
                "the step must divide the bar into at least 4 equal parts"
            )
        return points

    def _starts(self, bars: Bars, count: int, horizon: float) -> npt.NDArray[np.int64]:
        """Indices of the bars at which a window of `count` bars may start."""
        windows = len(bars) - count + 1
        if windows > 0 and self.gaps == "join":
            return np.arange(windows)
        gaps_before = np.concatenate(([0], np.cumsum(~bars.adjacent)))
        starts = np.flatnonzero(gaps_before[: max(windows, 0)] == gaps_before[count - 1 :])
        if not len(starts):
            longest = int(np.bincount(gaps_before).max()) if self.gaps == "avoid" else len(bars)
            raise BarsError(
                f"{self.file}: no {count} bars in a row for a horizon of {horizon:g} minutes; the longest run has "
                f"{longest}; shorten the horizon" + (' or set gaps = "join"' if self.gaps == "avoid" else "")
            )
        return starts

    def _fill(self, rng: np.random.Generator, bars: Bars, chosen: slice, points: int) -> npt.NDArray[np.float64]:
        """Prices within the chosen bars, shape (bars, points)."""
        open_, high, low, close = (column[chosen, None] for column in (bars.open, bars.high, bars.low, bars.close))
        prices = np.repeat(open_, points, axis=1)
        moves = np.flatnonzero(high > low)
        base, width = np.log(low[moves]), np.log(high[moves] / low[moves])
        start, end = (_position(column[moves], low[moves], high[moves]) for column in (open_, close))
        variance = self._variance(start[:, 0], end[:, 0], width[:, 0], bars.length)
        path = fill_bars(rng, start[:, 0], end[:, 0], variance, points)
        filled = np.clip(np.exp(base + width * path), low[moves], high[moves])
        # Exact where the path is known: rounding in the logarithm must not cost the last digit.
        filled = np.where(path == 0.0, low[moves], np.where(path == 1.0, high[moves], filled))
        filled[:, :1], filled[:, -1:] = open_[moves], close[moves]
        prices[moves] = filled
        return prices

    def _variance(
        self,
        start: npt.NDArray[np.float64],
        end: npt.NDArray[np.float64],
        width: npt.NDArray[np.float64],
        length: float,
    ) -> npt.NDArray[np.float64]:
        if self.volatility is None:
            return garman_klass(start, end)
        return np.minimum((self.volatility * BP / width) ** 2 * length, LARGEST_VARIANCE)


def _position(
    price: npt.NDArray[np.float64], low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Where a price lies between the low (exactly 0) and the high (exactly 1), by logarithms."""
    return np.where(price == high, 1.0, np.minimum(np.log(price / low) / np.log(high / low), 1.0))
