"""Figures of the references, from their reports (plain values, as `--json` gives them)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .canvas import COLOURS, cross

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Report = Mapping[str, Any]


def draw_fx_dealer(report: Report, figure: Figure) -> None:
    """Quotes by tier, hedging rate with the internalisation zone, law of the inventory, value of simpler policies."""
    panels = figure.subplots(2, 2)
    tiers = report["quotes"]
    for n, tier in enumerate(tiers):
        _ladder(panels[0, 0], report["inventories"], tier, n)
    _finish(panels[0, 0], "quote, bp from the reference price", "quotes: darker for smaller sizes")
    _hedging(panels[0, 1], report)
    panels[1, 0].plot(report["inventories"], report["density"], color=COLOURS[0])
    panels[1, 0].set_ylim(bottom=0.0)
    sd = report["inventory_sd"]
    _finish(panels[1, 0], "density, per MEUR", f"inventory: sd {sd:.1f} MEUR", legend=False)
    _objectives(panels[1, 1], report)


def _ladder(ax: Axes, inventories: Sequence[float], tier: Report, n: int) -> None:
    for k, size in enumerate(tier["sizes"]):
        for sign, side in ((-1.0, "bid"), (1.0, "ask")):
            label = f"tier {tier['tier']}, {size:g} MEUR" if side == "bid" and k == 0 else None
            values = sign * _numbers(tier[side][k])
            fade = 1.0 - 0.75 * k / max(len(tier["sizes"]) - 1, 1)
            ax.plot(inventories, values, color=COLOURS[n % len(COLOURS)], lw=1.4, alpha=fade, label=label)


def _hedging(ax: Axes, report: Report) -> None:
    zone = report["internalisation_threshold"]
    ax.axvspan(-zone, zone, color="0.9", zorder=0, label=f"internalised: |q| ≤ {zone:.1f} MEUR")
    ax.plot(report["inventories"], report["hedge_rates"], color=COLOURS[0])
    _finish(ax, "hedging rate, MEUR/day (positive buys)", "hedging")


def _objectives(ax: Axes, report: Report) -> None:
    values = {"optimum": report["objective"]}
    values |= {name.replace("_", " "): found["objective"] for name, found in report["simpler_policies"].items()}
    bars = ax.barh(list(values), list(values.values()), color=COLOURS[: len(values)])
    ax.bar_label(bars, fmt="{:,.0f}", padding=3)
    ax.margins(x=0.15)
    ax.invert_yaxis()
    ax.set_xlabel("objective, MEUR bp per day")
    ax.set_title("what each policy is worth", fontsize="medium")


def draw_avellaneda_stoikov(report: Report, figure: Figure) -> None:
    """Quotes around the reservation price, by inventory."""
    ax = figure.subplots()
    ax.plot(report["inventories"], report["reservation"], color="0.4", ls="--", label="reservation price")
    for sign, side, colour in ((-1.0, "bid", COLOURS[0]), (1.0, "ask", COLOURS[1])):
        ax.plot(report["inventories"], sign * _numbers(report[side]), color=colour, label=side)
    title = f"Avellaneda-Stoikov, {report['remaining']:g} to go: spread {report['spread']:.3g}"
    _finish(ax, "distance from the price", title, unit="units")


def draw_glft(report: Report, figure: Figure) -> None:
    """Exact quotes and the asymptotic formula's, by inventory."""
    ax = figure.subplots()
    styles = (("exact", "-", 3.0, 0.35), ("stationary", "-", 1.4, 1.0), ("asymptotic", ":", 1.4, 1.0))
    for kind, style, width, alpha in styles:
        for sign, side, colour in ((-1.0, "bid", COLOURS[0]), (1.0, "ask", COLOURS[1])):
            values = sign * _numbers(report[kind][side])
            label = f"{side}, {kind}"
            ax.plot(report["inventories"], values, style, color=colour, lw=width, alpha=alpha, label=label)
    _finish(ax, "distance from the price", f"GLFT, exact with {report['remaining']:g} to go", unit="units")


def draw_closed_form_skew(report: Report, figure: Figure) -> None:
    """Quotes for the smallest size, in closed form and of the exact optimum, by inventory, for each tier."""
    ax = figure.subplots()
    for n, tier in enumerate(report["tiers"]):
        for sign, side in ((-1.0, "bid"), (1.0, "ask")):
            colour, label = COLOURS[n % len(COLOURS)], f"tier {tier['tier']}" if side == "bid" else None
            ax.plot(report["inventories"], sign * _numbers(tier[side][0]), "--", color=colour, label=label)
            ax.plot(report["inventories"], sign * _numbers(tier[f"exact_{side}"][0]), color=colour, alpha=0.5)
    title = f"{report['sizes'][0]:g} MEUR: closed form (dashed) and optimum without hedging"
    _finish(ax, "quote, bp from the reference price", title)


def draw_tick_dealer(report: Report, figure: Figure) -> None:
    """Half-spread, skew and hedge fraction by inventory, for each risk aversion."""
    panels = figure.subplots(1, 3)
    for panel, name, title in zip(
        panels, ("s", "u", "h"), ("half-spread, bp", "skew, bp", "hedge fraction"), strict=True
    ):
        for n, kind in enumerate(report["types"]):
            values = kind["policy"][name]
            panel.plot(report["inventories"], values, color=COLOURS[n % len(COLOURS)], label=f"γ = {kind['gamma']:g}")
        _finish(panel, title, title, legend=name == "s")


def _numbers(values: Sequence[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _finish(ax: Axes, label: str, title: str, *, unit: str = "MEUR", legend: bool = True) -> None:
    cross(ax)
    ax.set_xlabel(f"inventory, {unit}")
    ax.set_ylabel(label)
    ax.set_title(title, fontsize="medium")
    if legend:
        ax.legend(fontsize="small", frameon=False)
