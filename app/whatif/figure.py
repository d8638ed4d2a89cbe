"""`whatif.png`: the paired differences with their intervals, relative to what was before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from catallaxy.market.measures import Interval

from ..plots.canvas import COLOURS, figure_file
from .answer import Answer, Effect

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNCHANGED, ADAPTED = COLOURS[:2]


def draw(answer: Answer, path: Path) -> None:
    """Draw every measure's change in per cent of what it was, a panel for each subject.

    Raises:
        PlotError: matplotlib is not installed.
    """
    subjects = list(dict.fromkeys(effect.subject.name for effect in answer.effects))
    rows = max(len(answer.of(name)) for name in subjects)
    with figure_file(path, 3.2 * len(subjects) + 1.2, 0.42 * rows + 1.6) as figure:
        for axes, name in zip(figure.subplots(1, len(subjects), squeeze=False)[0], subjects, strict=True):
            _panel(axes, answer.of(name))
            axes.set_title(name)
        figure.suptitle("; ".join(answer.intervention), fontsize=10)
        figure.axes[0].legend(loc="best", fontsize=8)


def _panel(axes: Axes, effects: list[Effect]) -> None:
    for place, effect in enumerate(reversed(effects)):
        for shift, colour, label, change in (
            (0.12, UNCHANGED, "others unchanged", effect.unchanged),
            (-0.12, ADAPTED, "others adapted", effect.adapted),
        ):
            if change is not None and effect.before is not None and effect.before.mean:
                _bar(axes, place + shift, change, abs(effect.before.mean), colour, None if place else label)
    axes.axvline(0.0, color="0.6", linewidth=0.8)
    axes.set_yticks(range(len(effects)), [effect.measure.replace("_", " ") for effect in reversed(effects)])
    axes.set_xlabel("change, % of before")


def _bar(axes: Axes, height: float, change: Interval, scale: float, colour: str, label: str | None) -> None:
    mean, reach = 100.0 * change.mean / scale, 50.0 * (change.high - change.low) / scale
    axes.errorbar(mean, height, xerr=reach, fmt="o", color=colour, markersize=4, capsize=3, label=label)
