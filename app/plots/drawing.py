"""What a market registers for each of its figures: what to compute from the log, and how to draw it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.market.measures import Events, Interval, summarise

from .canvas import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

AGGREGATED = "long lines aggregated"
"""The note beside a figure of which not every point is drawn."""

_MOST_LINES = 12


@attrs.frozen
class Drawing:
    """One of a market's figures, `run.plot.NAME()`.

    Attributes:
        compute: the tables that it shows, from the log alone.
        draw: draws them, called with the tables and the axes.
        title: what it shows, in words.
    """

    compute: Callable[..., tuple[pa.Table, ...]]
    draw: Callable[..., None]
    title: str

    def __call__(self, events: Events, axes: Axes, **options: object) -> Axes:
        """Compute with these options, and draw."""
        self.draw(*self.compute(events, **options), axes)
        axes.set_title(self.title, fontsize="medium")
        return axes


Figures = Mapping[str, Drawing]


def means_of(measure: Callable[..., pa.Table], label: str, by: str, columns: Mapping[str, str]) -> Drawing:
    """A figure of dots with 95 % intervals over episodes.

    Args:
        measure: gives a table by episode.
        label: of the vertical axis.
        by: the column along the other.
        columns: measures to draw, with what the legend calls them.
    """

    def compute(events: Events, **options: object) -> tuple[pa.Table, ...]:
        return (measure(events, **options),)

    def draw(found: pa.Table, ax: Axes) -> None:
        draw_means(found, by, columns, ax)
        ax.set_ylabel(label)

    return Drawing(compute, draw, f"{label}, 95 % intervals over episodes")


def one_episode(table: pa.Table, episode: int | None) -> pa.Table:
    """The rows of one episode, by default of the first."""
    chosen = pc.min(table["episode"]).as_py() if episode is None else episode
    return table if chosen is None else of(table, episode=chosen)


def draw_steps(table: pa.Table, by: str, column: str, ax: Axes) -> None:
    """A quantity over time that stays as it is between rows: one line for each value of `by`, twelve at most.

    What is left out is said in the upper right corner.
    """
    every, aggregated = distinct(table, by), False
    for n, value in enumerate(every[:_MOST_LINES]):
        mine, colour = of(table, **{by: value}), COLOURS[n % len(COLOURS)]
        times, values = floats(mine["time"]), floats(mine[column])
        kept = thinned(times, values)
        aggregated |= len(kept) < len(times)
        ax.step(times[kept], values[kept], where="post", lw=1.0, color=colour, label=str(value))
    notes = [f"{_MOST_LINES} of {len(every)} {by}s"] if len(every) > _MOST_LINES else []
    notes += [AGGREGATED] if aggregated else []
    ax.set_title(", ".join(notes), loc="right", fontsize="small")


def thinned(times: Floats, values: Floats, most: int = 4000) -> npt.NDArray[np.int64]:
    """Which points of a long line to draw so that it looks the same: the first, last, lowest and highest of each slice.

    Args:
        times: ascending, shape (points,).
        values: shape (points,).
        most: points up to which all are drawn, and about as many as are kept of more.
    """
    if len(times) <= most:
        return np.arange(len(times))
    slices = most // 4
    span = max(float(times[-1] - times[0]), 1e-300)
    place = np.minimum(((times - times[0]) / span * slices).astype(np.int64), slices - 1)
    first = np.flatnonzero(np.append(True, np.diff(place) > 0))
    last = np.append(first[1:], len(times)) - 1
    ranked = np.lexsort((values, place))  # each slice keeps its rows, in order of value
    return np.unique(np.concatenate([first, last, ranked[first], ranked[last]]))


def draw_means(table: pa.Table, by: str, measures: Mapping[str, str], ax: Axes) -> None:
    """Dots with 95 % intervals over episodes: a row of dots for each measure, at each value of `by`.

    Args:
        table: by episode.
        by: its column along the axis.
        measures: columns to draw, with what the legend calls them.
        ax: where to.
    """
    found = summarise(table, (by,), list(measures))
    draw_dots({label: of(found, measure=measure) for measure, label in measures.items()}, by, ax)


def draw_intervals(ax: Axes, x: Sequence[float], intervals: Sequence[Interval], label: str) -> None:
    """A line through means, with their intervals."""
    mean = [one.mean for one in intervals]
    reach = [[one.mean - one.low for one in intervals], [one.high - one.mean for one in intervals]]
    ax.errorbar(x, mean, reach, label=label, marker="o", ms=4, capsize=2)


def draw_dots(series: Mapping[str, pa.Table], by: str, ax: Axes, colours: Sequence[str] = COLOURS) -> None:
    """A row of dots with intervals for each of several summaries, at each value of their column `by`."""
    names = list(dict.fromkeys(name for rows in series.values() for name in rows[by].to_pylist()))
    for k, (label, rows) in enumerate(series.items()):
        mean, low, high = (floats(rows[name]) for name in ("mean", "low", "high"))
        places = np.array([names.index(name) for name in rows[by].to_pylist()], dtype=np.float64)
        x = places + 0.16 * (k - 0.5 * (len(series) - 1))
        reach = np.nan_to_num(np.stack([mean - low, high - mean]))
        ax.errorbar(x, mean, reach, fmt="o", ms=5, capsize=3, color=colours[k % len(colours)], label=label)
    ax.set_xticks(np.arange(len(names)), ["all" if name is None else str(name) for name in names])
    if len(names) > 6:
        ax.tick_params(axis="x", labelrotation=60)
    ax.margins(x=0.08)
    ax.grid(axis="y", alpha=0.25)
    if len(series) > 1:
        ax.legend(fontsize="small", frameon=False)


def band(ax: Axes, rows: pa.Table, x: str, colour: str, label: str | None, style: str = "-") -> None:
    """A line of means over `x` with its 95 % interval as a band."""
    at, mean, low, high = (floats(rows[name]) for name in (x, "mean", "low", "high"))
    order = np.argsort(at)
    ax.plot(at[order], mean[order], style, color=colour, label=label)
    ax.fill_between(at[order], low[order], high[order], color=colour, alpha=0.18, linewidth=0)


def of(table: pa.Table, **values: object) -> pa.Table:
    """The rows of a table in which these columns have these values."""
    for name, value in values.items():
        column = table[name]
        table = table.filter(pc.is_null(column) if value is None else pc.equal(column, pa.scalar(value, column.type)))
    return table


def distinct(table: pa.Table, name: str) -> Sequence[object]:
    """The values of a column, in order of appearance."""
    values: list[object] = pc.unique(table[name]).to_pylist()
    return values


def floats(column: pa.ChunkedArray) -> Floats:
    """A column as numbers, null as NaN."""
    return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(), dtype=np.float64)
