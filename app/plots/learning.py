"""Learning curves, as `catallaxy.curves` computes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .canvas import COLOURS
from .canvas import axes as made

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..curves import Curve


def draw_curves(curves: Sequence[Curve], axes: Axes | None = None) -> Axes:
    """Draw each curve's mean over seeds, and its 95 % interval as a band; return the axes.

    Args:
        curves: of one metric.
        axes: where to; None makes new ones.
    """
    axes = made(axes)
    for curve, colour in zip(curves, (COLOURS * len(curves))[: len(curves)], strict=True):
        label = curve.label if curve.runs == 1 else f"{curve.label} ({curve.runs} seeds)"
        axes.plot(curve.decisions, curve.mean, color=colour, label=label)
        if not np.isnan(curve.low).all():
            axes.fill_between(curve.decisions, curve.low, curve.high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xlabel("decisions")
    axes.set_ylabel(curves[0].metric if curves else "")
    axes.legend(frameon=False)
    axes.grid(alpha=0.25)
    return axes
