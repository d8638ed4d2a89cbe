"""The study's figures: sessions with trades marked, measures against w, the rule against the price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from catallaxy.market.measures import Interval
from catallaxy.plots.canvas import COLOURS
from catallaxy.runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EPISODE = 0
Found = Mapping[str, Interval]


def draw_panels(figure: Figure, run: Run, groups: Sequence[str], weights: Sequence[float]) -> None:
    """The talk's four panels: the price of one session, and where an investor of each weight bought and sold."""
    ticks = run.events("ticks")
    ticks = ticks.filter(pc.equal(ticks["episode"], EPISODE))
    executions = run.events("executions")
    executions = executions.filter(pc.equal(executions["episode"], EPISODE))
    panels = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    for panel, group, weight in zip(panels, groups, weights, strict=True):
        own = executions.filter(pc.equal(executions["agent"], f"{group}_1"))
        panel.plot(ticks["time"], ticks["price"], color="0.6", lw=0.9, zorder=1)
        sides = own["quantity"].to_numpy()
        for sign, marker, colour, text in ((1, "^", COLOURS[0], "buys"), (-1, "v", COLOURS[1], "sells")):
            mask = sign * sides > 0
            times, prices = own["time"].to_numpy()[mask], own["reference"].to_numpy()[mask]
            panel.scatter(times, prices, 22, color=colour, marker=marker, lw=0, zorder=2, label=f"{text} {mask.sum()}")
        panel.set_title(f"w = {weight:g}", fontsize="medium")
        panel.legend(fontsize="small", frameon=False, ncols=2, loc="upper right")
        panel.margins(x=0.01)
        panel.ticklabel_format(axis="y", useOffset=False)
    for panel in panels[2:]:
        panel.set_xlabel("minutes")
    figure.supylabel("reference price, USD per EUR", fontsize="medium")


def draw_weights(figure: Figure, weights: Sequence[float], found: Sequence[Found], twap: Found, best: Found) -> None:
    """Fractions bought and sold, distance from the target and P&L against w."""
    fractions, errors, profits = figure.subplots(1, 3)
    for measure, target, colour in (("bought", 0.75, COLOURS[0]), ("sold", 0.25, COLOURS[1])):
        _line(fractions, weights, [one[measure] for one in found], colour, measure)
        fractions.axhline(target, color=colour, lw=0.8, ls=":")
    fractions.set_ylim(0.0, 1.0)
    fractions.set_ylabel("fraction of decisions (dotted: target)")
    fractions.legend(fontsize="small", frameon=False)
    _line(errors, weights, [one["target_error"] for one in found], COLOURS[2], "")
    errors.set_ylabel("|bought - 0.75| + |sold - 0.25|")
    _line(profits, weights, [one["pnl"] for one in found], COLOURS[3], "learned")
    profits.axhline(best["pnl"].mean, color="0.3", lw=0.9, ls="--", label="best rule")
    profits.axhline(twap["pnl"].mean, color="0.3", lw=0.9, ls=":", label="TWAP")
    profits.set_ylabel("P&L of a session, MEUR bp")
    profits.legend(fontsize="small", frameon=False, loc="upper left")
    for panel in (fractions, errors, profits):
        panel.set_xlabel("w, weight of P&L")
        panel.set_xticks(weights)


def _line(panel: Axes, weights: Sequence[float], values: Sequence[Interval], colour: str, label: str) -> None:
    means = [value.mean for value in values]
    reach = [[value.mean - value.low for value in values], [value.high - value.mean for value in values]]
    panel.errorbar(weights, means, reach, color=colour, marker="o", ms=4, capsize=3, lw=1.4, label=label or None)


def draw_rule(figure: Figure, run: Run, groups: tuple[str, str], mean: float) -> None:
    """How often the best rule, and the learned policy at w = 1, buy and sell at each price."""
    timings = run.events("timings")
    panel = figure.subplots()
    edges = np.arange(-10.5, 11.0, 1.0)
    for group, style, text in zip(groups, ("--", "-"), ("best rule", "learned, w = 1"), strict=True):
        own = timings.filter(pc.starts_with(timings["agent"].cast("string"), f"{group}_"))
        price = 1e4 * np.log(own["reference"].to_numpy() / mean)
        quantity = own["quantity"].to_numpy()
        total, _ = np.histogram(price, edges)
        for sign, colour, side in ((1, COLOURS[0], "buys"), (-1, COLOURS[1], "sells")):
            count, _ = np.histogram(price[sign * quantity > 0], edges)
            share = np.divide(count, total, out=np.full(len(count), np.nan), where=total >= 10)
            panel.plot(edges[:-1] + 0.5, share, style, color=colour, lw=1.6, label=f"{text}: {side}")
    panel.set_xlabel("price above its mean, bp")
    panel.set_ylabel("share of decisions")
    panel.legend(fontsize="small", frameon=False, loc="center left")
