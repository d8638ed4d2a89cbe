"""Figures of the dealer market, from its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from catallaxy.market.dealer import measures
from catallaxy.market.measures import Events, summarise

from .canvas import COLOURS, cross
from .drawing import Drawing, Figures, band, distinct, draw_dots, draw_steps, floats, means_of, of, one_episode

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_skew(table: pa.Table, ax: Axes) -> None:
    """Middle of the quotes with its interval, and bid and ask, against inventory, by group."""
    found = summarise(table, ("group", "inventory"), ["middle", "half_spread"])
    for n, group in enumerate(distinct(found, "group")):
        colour = COLOURS[n % len(COLOURS)]
        middle, half = (of(found, group=group, measure=name) for name in ("middle", "half_spread"))
        band(ax, middle, "inventory", colour, str(group))
        order = np.argsort(middle["inventory"].to_numpy())
        at, centre, reach = (t.to_numpy()[order] for t in (middle["inventory"], middle["mean"], half["mean"]))
        ax.plot(at, centre - reach, "--", color=colour, lw=1.0)
        ax.plot(at, centre + reach, "--", color=colour, lw=1.0)
    cross(ax)
    ax.set_xlabel("inventory, MEUR")
    ax.set_ylabel("bp from reference (dashed: bid, ask)")
    ax.legend(fontsize="small", frameon=False)


def draw_inventories(table: pa.Table, ax: Axes) -> None:
    """Inventories over time: one step line for each maker."""
    draw_steps(table, "agent", "inventory", ax)
    ax.axhline(0.0, color="0.6", lw=0.8, zorder=0)
    ax.set_xlabel("time, minutes")
    ax.set_ylabel("inventory, MEUR")
    ax.legend(fontsize="small", frameon=False, ncols=2)


def draw_prices(table: pa.Table, ax: Axes) -> None:
    """The reference price over time: one line for each episode."""
    draw_steps(table, "episode", "price", ax)
    ax.set_xlabel("time, minutes")
    ax.set_ylabel("reference price, USD per EUR")
    ax.ticklabel_format(useOffset=False)


def draw_fill_curve(table: pa.Table, fits: pa.Table, ax: Axes) -> None:
    """Frequency of trades against distance with Wilson's intervals, and the fitted curve, by tier."""
    for n, fit in enumerate(fits.to_pylist()):
        mine, colour = of(table, tier=fit["tier"]), COLOURS[n % len(COLOURS)]
        x, p, low, high = (mine[name].to_numpy() for name in ("distance", "probability", "low", "high"))
        ax.errorbar(x, p, np.stack([p - low, high - p]), fmt="o", ms=4, capsize=2, color=colour)
        label = f"tier {fit['tier']}"
        if fit["alpha"] is not None:
            grid = np.linspace(x.min(), x.max(), 200)
            curve = 1.0 / (1.0 + np.exp(np.clip(fit["alpha"] + fit["beta"] * grid, -700.0, 700.0)))
            label += f": α = {fit['alpha']:.2f}, β = {fit['beta']:.2f} /bp"
            ax.plot(grid, curve, color=colour, label=label)
        else:
            ax.plot([], [], "o", color=colour, label=label)
    ax.set_ylim(bottom=0.0)
    ax.set_xlabel("distance of the best quote, bp")
    ax.set_ylabel("probability of a trade")
    ax.legend(fontsize="small", frameon=False)


def draw_pnl(table: pa.Table, ax: Axes) -> None:
    """Stacked means of the parts of each maker's profit, and the profit itself with its interval."""
    parts = ("spread", "inventory", "hedging", "impact")
    found = summarise(table, ("agent",), [*parts, "pnl"])
    agents = distinct(found, "agent")
    above, below = np.zeros(len(agents)), np.zeros(len(agents))
    for colour, part in zip(COLOURS, parts, strict=False):
        mean = np.nan_to_num(floats(of(found, measure=part)["mean"]))
        base = np.where(mean >= 0.0, above, below)
        ax.bar(np.arange(len(agents)), mean, 0.55, bottom=base, color=colour, label=part)
        above, below = above + np.maximum(mean, 0.0), below + np.minimum(mean, 0.0)
    draw_dots({"profit and loss": of(found, measure="pnl")}, "agent", ax, ("black",))
    ax.axhline(0.0, color="0.4", lw=0.8)
    ax.set_ylabel("MEUR bp an episode")
    ax.legend(fontsize="small", frameon=False)


def draw_market_share(table: pa.Table, ax: Axes) -> None:
    """Share of each maker by tier, or by size, with intervals over episodes."""
    by = "size" if "size" in table.column_names else "tier"
    found = summarise(table, ("agent", by), ["share"])
    series = {}
    for value in distinct(found, by):
        label = "all" if value is None else f"{value:g} MEUR" if by == "size" else f"tier {value}"
        series[label] = of(found, **{by: value})
    draw_dots(series, "agent", ax)
    ax.set_ylim(bottom=0.0)
    ax.set_ylabel("share of the volume")


def _inventories(events: Events, episode: int | None = None) -> tuple[pa.Table, ...]:
    return (one_episode(measures.inventories(events), episode),)


def _prices(events: Events, episode: int | None = None) -> tuple[pa.Table, ...]:
    table = measures.prices(events)
    return (table if episode is None else of(table, episode=episode),)


def _fill_curve(events: Events, bins: int = 12) -> tuple[pa.Table, ...]:
    return measures.fill_curve(events, bins), measures.acceptance(events)


def _shares(events: Events, by: str = "tier") -> tuple[pa.Table, ...]:
    return (measures.market_share(events, by=(by,)),)


FIGURES: Figures = {
    "skew": Drawing(lambda events, bins=21: (measures.skew(events, bins),), draw_skew, "quotes against inventory"),
    "inventory": Drawing(_inventories, draw_inventories, "inventories in one episode"),
    "prices": Drawing(_prices, draw_prices, "reference price"),
    "fill_curve": Drawing(_fill_curve, draw_fill_curve, "probability of a trade, with 95 % intervals"),
    "market_share": Drawing(_shares, draw_market_share, "market share, 95 % intervals over episodes"),
    "pnl": Drawing(lambda events: (measures.pnl(events),), draw_pnl, "where profit comes from"),
    "internalisation": means_of(
        measures.inventory,
        "share of the flow",
        "agent",
        {"internalisation": "not hedged", "net_flow": "net over gross flow in a window"},
    ),
    "neutralisation": means_of(
        measures.inventory,
        "minutes",
        "agent",
        {"risk_neutralisation_time": "memory of the inventory", "holding_time": "holding time"},
    ),
    "turnover": means_of(
        measures.inventory, "MEUR a day", "agent", {"turnover": "with clients", "hedged": "with the exchange"}
    ),
    "spreads": means_of(
        measures.flow,
        "bp",
        "agent",
        {
            "effective_spread": "effective spread",
            "realised_spread": "realised spread",
            "price_impact": "price impact",
        },
    ),
    "imbalance": means_of(measures.flow, "(bought - sold) / volume", "agent", {"imbalance": "imbalance"}),
    "concentration": means_of(measures.concentration, "Herfindahl index", "tier", {"herfindahl": "Herfindahl index"}),
}
