"""A run's figures: `run.plot`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..hints import nearest
from ..runs import RunError
from .canvas import axes as made

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from ..runs import Run
    from .drawing import Drawing


class NoFigureError(RunError, AttributeError):
    """A figure that a market does not have."""


class RunPlots:
    """Figures of one run: `run.plot.skew()` and what else its market offers (`dir(run.plot)`), each on axes.

    Every figure takes `ax`, the matplotlib axes to draw on (None makes new ones), and options of what it computes, such
    as `episode` or `bins`; it returns the axes.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def learning_curve(self, metric: str | None = None, *, ax: Axes | None = None, smooth: int = 1) -> Axes:
        """How a metric of learning moved, over decisions; by default the reward.

        Raises:
            RunError: nothing was learned in the run, or it has no such metric.
            PlotError: matplotlib is not installed.
        """
        from ..curves import REWARD, learning_curve
        from .learning import draw_curves

        label = self._run.directory.name
        return draw_curves([learning_curve([self._run], metric or REWARD, label=label, smooth=smooth)], ax)

    def __getattr__(self, name: str) -> Callable[..., Axes]:
        if name.startswith("_"):
            raise AttributeError(name)
        figures = self._run.market.figures
        if name not in figures:
            raise NoFigureError(f"there is no figure '{name}'; {nearest(name, [*figures, 'learning_curve'])}")
        return partial(self._draw, figures[name])

    def _draw(self, drawing: Drawing, *, ax: Axes | None = None, **options: Any) -> Axes:
        ax = made(ax)
        return drawing(self._run.events, ax, **options)

    def __dir__(self) -> list[str]:
        try:
            figures = self._run.market.figures
        except RunError:
            figures = {}
        return sorted([*figures, "learning_curve"])
