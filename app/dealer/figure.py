"""`skew.png`: quotes against inventory, as makers really made them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import CatallaxyError

from ..runs import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

BINS = 21
FEWEST = 8  # decisions in a bin, for its mean to be drawn
LOW, HIGH = "#0072b2", "#d55e00"  # told apart by colour-blind readers, too


class PlotError(CatallaxyError):
    """A figure that can't be drawn."""


@attrs.frozen(eq=False)
class Quotes:
    """Every decision of a run: arrays of shape (decisions,).

    Attributes:
        inventory: MEUR, when it was decided.
        bid, ask: bp above the reference price; negative is below.
        types: the deciding maker's risk aversion and connectivity, by name.
    """

    inventory: Floats
    bid: Floats
    ask: Floats
    types: dict[str, Floats]


def quotes_of(run: Run) -> Quotes:
    """Read the decisions of all makers off a run's log."""
    agents = run.events("agents").select(["episode", "agent", "kind", "type"]).to_pylist()
    types = {(row["episode"], row["agent"]): json.loads(row["type"]) for row in agents if row["kind"] == "MarketMaker"}
    pricings = run.events("pricings")
    deciders = list(zip(pricings["episode"].to_pylist(), pricings["agent"].to_pylist(), strict=True))
    half_spread, middle = pricings["half_spread"].to_numpy(), pricings["middle"].to_numpy()
    return Quotes(
        inventory=pricings["inventory"].to_numpy(),
        bid=middle - half_spread,
        ask=middle + half_spread,
        types={
            name: np.array([types[decider][name] for decider in deciders]) for name in ("risk_aversion", "connectivity")
        },
    )


def draw_skew(run: Run, path: Path) -> None:
    """Draw a run's quotes against inventory, for low and high risk aversion and connectivity.

    Raises:
        PlotError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotError("figures need matplotlib: pip install 'catallaxy[plot]'") from None
    quotes = quotes_of(run)
    parts = [("risk_aversion", "risk aversion", "{:.2g}"), ("connectivity", "connectivity", "{:.2f}")]
    parts = [part for part in parts if np.ptp(quotes.types[part[0]]) > 0] or parts[:1]
    figure = Figure(figsize=(5.6 * len(parts), 4.6), layout="constrained", dpi=150)
    FigureCanvasAgg(figure)
    axes: Sequence[Axes] = figure.subplots(1, len(parts), sharey=True, squeeze=False)[0]
    for panel, (name, title, shown) in zip(axes, parts, strict=True):
        _draw_panel(panel, quotes, name, title, shown)
    axes[0].set_ylabel("quote, bp from the reference price")
    figure.suptitle("How makers skew: a long inventory lowers both quotes, to sell")
    figure.savefig(path)


def _draw_panel(panel: Axes, quotes: Quotes, name: str, title: str, shown: str) -> None:
    values = quotes.types[name]
    low, high = np.quantile(values, [1 / 3, 2 / 3])
    reach = float(np.quantile(np.abs(quotes.inventory), 0.98)) or 1.0
    for mask, colour, which, bound in ((values <= low, LOW, "low", low), (values >= high, HIGH, "high", high)):
        sign = "≤" if which == "low" else "≥"
        label = f"{which} {title} ({sign} {shown.format(bound)})"
        for side in (quotes.bid, quotes.ask):
            centres, means, errors = _binned(quotes.inventory[mask], side[mask], reach)
            panel.plot(quotes.inventory[mask], side[mask], ",", color=colour, alpha=0.25, zorder=1)
            panel.fill_between(centres, means - errors, means + errors, color=colour, alpha=0.25, lw=0)
            panel.plot(centres, means, color=colour, lw=2, label=label)
            label = "_"
    panel.axhline(0.0, color="0.5", lw=0.8)
    panel.axvline(0.0, color="0.5", lw=0.8)
    panel.set_xlim(-reach, reach)
    panel.set_xlabel("inventory, MEUR")
    panel.set_title(f"by {title}", fontsize="medium")
    panel.legend(fontsize="small", frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)


def _binned(inventory: Floats, quote: Floats, reach: float) -> tuple[Floats, Floats, Floats]:
    """Centres of bins of inventory, the mean quote in each, and the standard deviation around it."""
    edges = np.linspace(-reach, reach, BINS + 1)
    bins = np.digitize(inventory, edges) - 1
    full = [place for place in range(BINS) if np.count_nonzero(bins == place) >= FEWEST]
    means = np.array([quote[bins == place].mean() for place in full])
    deviations = np.array([quote[bins == place].std() for place in full])
    return (edges[full] + edges[np.array(full, int) + 1]) / 2, means, deviations
