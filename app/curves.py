"""Learning curves of several runs: the mean over seeds with its interval, on one axis of decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os.path import commonprefix
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich import box
from rich.table import Table

from catallaxy.market.measures import student_quantile

from .display import console
from .runs import Run, RunError, open_run

Floats = npt.NDArray[np.float64]

REWARD = "charts/reward"
"""Reward per agent and unit of time."""
_STEP = "charts/decisions"
_TABLE = "training"


@attrs.frozen(eq=False)
class Curve:
    """How a metric moves while agents learn; arrays of shape (n,).

    Attributes:
        label: what distinguishes these runs from others.
        metric: its name.
        runs: how many runs it is the mean of.
        decisions: from which agents have learned.
        mean: over runs.
        low, high: 95 % confidence interval of the mean (Student's t); NaN for a single run.
    """

    label: str
    metric: str
    runs: int
    decisions: Floats
    mean: Floats
    low: Floats
    high: Floats


def learning_curve(
    runs: Sequence[Run], metric: str = REWARD, *, label: str = "", smooth: int = 1, points: int = 200
) -> Curve:
    """The mean of a metric over runs that differ by their seeds only.

    Args:
        runs: at least one.
        metric: column of their `metrics/training`.
        label: see `Curve`.
        smooth: updates over which each run's metric is averaged, up to the present one.
        points: at which the runs, that update at slightly different decisions, are read by linear interpolation.

    Raises:
        RunError: a run has no learning curve, or not this metric.
    """
    series = [_series(run, metric, smooth) for run in runs]
    first, last = max(steps[0] for steps, _ in series), min(steps[-1] for steps, _ in series)
    decisions = np.linspace(first, last, points) if last > first else np.array([first])
    values = np.array([np.interp(decisions, *one) for one in series])
    mean = values.mean(0)
    reach = np.full_like(mean, np.nan)
    if len(runs) > 1:
        reach = student_quantile(len(runs) - 1) * values.std(0, ddof=1) / np.sqrt(len(runs))
    return Curve(label, metric, len(runs), decisions, mean, mean - reach, mean + reach)


def by_study(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs that differ by their seeds only, together, under what their folders' names have in common."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_study(run), []).append(run)
    named: dict[str, list[Run]] = {}
    for together in groups.values():
        shared = commonprefix([run.directory.resolve().name for run in together])  # noqa: RUF071 (by character)
        label = shared.rstrip("-_.0123456789 ") or shared or together[0].directory.name
        named[label if label not in named else f"{label} ({len(named) + 1})"] = together
    return named


def curves(
    directories: Sequence[Path], *, metric: str = REWARD, smooth: int = 1, out: Path | None = None, quiet: bool = False
) -> list[Curve]:
    """Print where the learning curves of runs end, and draw them; runs of one study and several seeds make one curve.

    Args:
        directories: folders of runs.
        metric: column of their `metrics/training`.
        smooth: see `learning_curve`.
        out: file for the figure, if one is wanted; its ending says which kind.
        quiet: whether to print nothing.

    Raises:
        CatallaxyError: a folder is no run, or has no such metric; the figure can't be drawn.
    """
    studies = by_study([open_run(directory) for directory in directories])
    found = [learning_curve(runs, metric, label=label, smooth=smooth) for label, runs in studies.items()]
    screen = console(quiet=quiet)
    table = Table("runs", "seeds", "decisions", f"{metric} at the end", box=box.SIMPLE_HEAD)
    for one in found:
        reach = (one.high[-1] - one.low[-1]) / 2
        told = f"{one.mean[-1]:.4g}" + ("" if np.isnan(reach) else f" ± {reach:.2g}")
        table.add_row(one.label, str(one.runs), f"{one.decisions[-1]:,.0f}", told)
    screen.print(table)
    if out is not None:
        from .plots.canvas import figure_file
        from .plots.learning import draw_curves

        with figure_file(out, 7.0, 4.4) as figure:
            draw_curves(found, figure.subplots())
        screen.print(f"learning curves: {out}")
    return found


def _series(run: Run, metric: str, smooth: int) -> tuple[Floats, Floats]:
    """Decisions and values of a run's metric, without the updates at which it was not defined."""
    if _TABLE not in run.metrics:
        raise RunError(f"{run.directory} has no learning curve: nothing was learned in it")
    table = run.metric(_TABLE)
    if metric not in table.column_names:
        known = [name for name in table.column_names if name not in (_STEP, "update")]
        raise RunError(f"{run.directory} has no metric {metric!r}; it has {', '.join(known)}")
    steps, values = _numbers(table, _STEP), _numbers(table, metric)
    steps, values = steps[~np.isnan(values)], values[~np.isnan(values)]
    if not len(values):
        raise RunError(f"{run.directory} has no value of {metric!r} yet")
    sums = np.concatenate([[0.0], values.cumsum()])
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - smooth, 0)
    return steps, (sums[ends] - sums[begins]) / (ends - begins)


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), np.float64)


def _study(run: Run) -> str:
    """What was learned, without the seed."""
    described: Any = run.manifest.get("scenario")
    if isinstance(described, Mapping):
        described = {key: value for key, value in described.items() if key not in ("file", "toml")}
        if isinstance(described.get("training"), Mapping):
            described["training"] = {key: item for key, item in described["training"].items() if key != "workers"}
    return json.dumps(described, sort_keys=True, default=str)
