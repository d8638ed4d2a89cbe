"""Figures of the order-book market, from its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.market.book import measures
from catallaxy.market.measures import Events, summarise

from .canvas import COLOURS
from .drawing import Drawing, Figures, band, distinct, of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_prices(table: pa.Table, ax: Axes) -> None:
    """Bid and ask over time, with the space between them filled."""
    ax.fill_between(table["time"], table["bid"], table["ask"], step="post", color=COLOURS[0], alpha=0.3, linewidth=0)
    ax.step(table["time"], table["mid"], where="post", lw=0.8, color=COLOURS[0])
    ax.set_xlabel("time, minutes")
    ax.set_ylabel("bid, middle and ask, USD per EUR")


def draw_spread(table: pa.Table, ax: Axes) -> None:
    """Share of the time at which the spread stands at so many ticks."""
    found = of(summarise(table, ("spread",), ["share"]), measure="share")
    episodes = len(distinct(table, "episode"))
    # An episode in which a spread never stood has no row for it: that is a share of 0, not one left out.
    share = pc.divide(pc.multiply(found["mean"], pc.cast(found["episodes"], pa.float64())), float(episodes))
    ax.bar(found["spread"].to_pylist(), share.to_pylist(), color=COLOURS[0])
    ax.set_xlabel("spread, ticks")
    ax.set_ylabel("share of the time")


def draw_depth(table: pa.Table, ax: Axes) -> None:
    """Mean size at each published level: bids to the left, asks to the right."""
    for n, (side, label) in enumerate(((1, "bids"), (-1, "asks"))):
        found = summarise(of(table, side=side), ("level",), ["size"])
        rows = found.append_column("place", pc.multiply(found["level"], -side))
        band(ax, rows, "place", COLOURS[n], label)
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("level from the best price")
    ax.set_ylabel("size, MEUR")
    ax.legend(fontsize="small", frameon=False)


def draw_impact(table: pa.Table, ax: Axes) -> None:
    """By how many bp orders move the middle in their direction, against their size."""
    band(ax, summarise(table, ("size",), ["impact"]), "size", COLOURS[0], None, "o-")
    ax.set_xscale("log", base=2)
    ax.axhline(0.0, color="0.6", lw=0.8, zorder=0)
    ax.set_xlabel("size from, MEUR (each group to its double)")
    ax.set_ylabel("move of the middle, bp")


def draw_memory(table: pa.Table, ax: Axes) -> None:
    """Autocorrelation of returns and of their absolute values."""
    for n, name in enumerate(("returns", "absolute")):
        band(ax, summarise(table, ("lag",), [name]), "lag", COLOURS[n], "absolute returns" if n else "returns", "o-")
    ax.axhline(0.0, color="0.6", lw=0.8, zorder=0)
    ax.set_xlabel("lag, seconds")
    ax.set_ylabel("autocorrelation")
    ax.legend(fontsize="small", frameon=False)


def _prices(events: Events, episode: int = 0) -> tuple[pa.Table, ...]:
    return (measures.prices_table(events, episode),)


FIGURES: Figures = {
    "prices": Drawing(_prices, draw_prices, "the book's prices"),
    "spread": Drawing(lambda events: (measures.spread_table(events),), draw_spread, "spread"),
    "depth": Drawing(lambda events: (measures.depth_table(events),), draw_depth, "depth, 95 % bands over episodes"),
    "impact": Drawing(
        lambda events, after=0.1: (measures.impact_table(events, after),), draw_impact, "impact of orders"
    ),
    "memory": Drawing(lambda events: (measures.memory_table(events),), draw_memory, "memory of one-second returns"),
}
