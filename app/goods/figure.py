"""`market.png`: shops' prices and stocks over time, and their shares of the market."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from catallaxy.market.goods import GoodsScenario
from catallaxy.market.measures import interval
from catallaxy.market.measures.columns import numbers, places

from ..plots.canvas import COLOURS, figure_file
from ..runs import Run

Floats = npt.NDArray[np.float64]
_BINS = 24


def draw_market(run: Run, scenario: GoodsScenario, path: Path) -> None:
    """Draw what shops of a run decided and sold: lines are means over the run's episodes.

    Raises:
        PlotError: matplotlib is not installed.
    """
    groups = {name: group.name for group in scenario.shops for name in group.members}
    plans = run.events("plans")
    edges = np.linspace(0.0, scenario.session.horizon, _BINS + 1)
    bins = np.clip(np.searchsorted(edges, numbers(plans, "time"), side="right") - 1, 0, _BINS - 1)
    owner = np.array(list(groups.values()), dtype=object)[places(plans, "agent", list(groups))]
    shares = _shares(run)
    with figure_file(path, 12.0, 3.8) as figure:
        left, middle, right = figure.subplots(1, 3)
        for number, group in enumerate(scenario.shops):
            mine, colour = owner == group.name, COLOURS[number % len(COLOURS)]
            for panel, column in ((left, "price"), (middle, "stock")):
                panel.plot(
                    (edges[1:] + edges[:-1]) / 2,
                    _means(numbers(plans, column)[mine], bins[mine]),
                    color=colour,
                    label=group.name,
                )
            share = interval(shares[group.name])
            right.bar(
                number, 100.0 * share.mean, yerr=50.0 * (share.high - share.low), color=colour, capsize=4, width=0.6
            )
        left.set(title="price, EUR", xlabel="day")
        middle.set(title="stock, units", xlabel="day", ylim=(0.0, None))
        right.set(title="market share of a shop, %", ylim=(0.0, None))
        right.set_xticks(range(len(scenario.shops)), [group.name for group in scenario.shops])
        left.legend(frameon=False)


def _means(values: Floats, bins: npt.NDArray[np.int64]) -> Floats:
    counts = np.bincount(bins, minlength=_BINS)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(bins, weights=values, minlength=_BINS) / counts, dtype=np.float64)


def _shares(run: Run) -> Mapping[str, Floats]:
    """Mean market share of each group's shops in each episode after learning."""
    table = run.metric("goods")
    table = table.filter(pc.and_(pc.equal(table["policy"], "after"), pc.is_finite(table["market_share"])))
    means = table.group_by(["group", "episode"]).aggregate([("market_share", "mean")]).to_pylist()
    found: dict[str, list[float]] = {}
    for row in means:
        found.setdefault(row["group"], []).append(row["market_share_mean"])
    return {name: np.array(values) for name, values in found.items()}
