"""Figures and axes to draw on, and the colours of all plots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catallaxy.engine import CatallaxyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import Console

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#4d4d4d", "#b8a800")
"""Told apart by colour-blind readers, too (Okabe and Ito 2008; their black and yellow a little softer)."""

_MISSING = "figures need matplotlib: pip install 'catallaxy[plot]'"


class PlotError(CatallaxyError):
    """A figure that can't be drawn."""


@contextmanager
def drawn(path: Path, what: str, screen: Console) -> Iterator[Path]:
    """Say where a figure is that is drawn in this context, or why there is none."""
    try:
        yield path
    except PlotError as error:
        screen.print(f"no figure: {error}", style="yellow")
    else:
        screen.print(f"{what}: {path}")


@contextmanager
def figure_file(path: Path, width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches that is written to `path` when it has been drawn.

    Raises:
        PlotError: matplotlib is not installed, or it can't write such a file.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise PlotError(_MISSING) from None
    figure = Figure(figsize=(width, height), layout="constrained", dpi=150)
    FigureCanvasAgg(figure)
    yield figure
    try:
        figure.savefig(path)
    except (ValueError, OSError) as error:
        raise PlotError(f"the figure can't be written to {path}: {error}") from None


def axes(ax: Axes | None = None) -> Axes:
    """`ax`, or new axes in a figure of pyplot's, which notebooks show and `plt.show()` shows.

    Raises:
        PlotError: matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise PlotError(_MISSING) from None
    made: Axes = pyplot.subplots(figsize=(6.4, 4.2), layout="constrained")[1]
    return made


def cross(ax: Axes) -> None:
    """Thin lines through the origin."""
    ax.axhline(0.0, color="0.6", lw=0.8, zorder=0)
    ax.axvline(0.0, color="0.6", lw=0.8, zorder=0)
