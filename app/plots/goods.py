"""Figures of the goods market, from its measures and its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.market.goods import measures
from catallaxy.market.measures import Events

from .drawing import Drawing, Figures, draw_steps, means_of, one_episode

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def _shops(events: Events) -> pa.Table:
    found = measures.from_log(events)
    return found.filter(pc.is_finite(found["sales"]))


def _plans(events: Events, episode: int | None = None) -> tuple[pa.Table, ...]:
    return (one_episode(events("plans"), episode),)


def _over_time(column: str, label: str) -> Drawing:
    def draw(table: pa.Table, ax: Axes) -> None:
        draw_steps(table, "agent", column, ax)
        ax.set_xlabel("time, days")
        ax.set_ylabel(label)
        ax.legend(fontsize="small", frameon=False)

    return Drawing(_plans, draw, label)


FIGURES: Figures = {
    "prices": _over_time("price", "price of a unit, EUR"),
    "inventory": _over_time("stock", "stock, units"),
    "market_share": means_of(_shops, "share of the units sold", "agent", {"market_share": "share"}),
    "pnl": means_of(_shops, "EUR an episode", "agent", {"revenue": "revenue", "profit": "profit"}),
    "sales": means_of(_shops, "units an episode", "agent", {"sales": "sold", "shortfall": "asked for and not there"}),
}
