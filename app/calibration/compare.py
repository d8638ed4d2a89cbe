"""`catallaxy calibrate compare`: what several calibrations of one study came to, at which cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from catallaxy.calibrate import Targets
from catallaxy.calibrate.calibrator import called
from catallaxy.engine import read_manifest
from catallaxy.market.measures import Interval, interval

from ..display import console
from ..numbers import with_reach
from ..plots.canvas import figure_file
from ..plots.drawing import draw_intervals
from ..runs import RunError, open_run
from .aims import Aim

Floats = npt.NDArray[np.float64]
Losses = Mapping[int, Mapping[str, Mapping[int, float]]]
"""By budget, method (the best first) and seed."""


@attrs.frozen(eq=False)
class Judged:
    """A run of `catallaxy calibrate --judge`.

    Attributes:
        directory: its folder.
        study: what must be the same in runs that are compared.
        method: the calibrator, and how agents followed it if not told.
        seed: runs of several methods with equal seeds are paired.
        scale: what counts as one unit of each target's error.
        losses: mean loss after learning from scratch, by budget.
        seconds: CPU time of the calibration until then, by budget.
    """

    directory: Path
    study: Mapping[str, Any]
    method: str
    seed: int
    scale: Floats
    losses: Mapping[int, float]
    seconds: Mapping[int, float]


def compare(directories: Sequence[Path], *, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Print the losses of what was recommended at each budget, and their differences, paired by seed.

    Args:
        directories: of runs with verdicts.
        out: a file for the figure of losses against budgets.
        quiet: print nothing.
        as_json: print JSON instead of tables.

    Raises:
        RunError: a folder without verdicts, or runs of different studies.
    """
    first = read_judged(directories[0])  # one scale for all, or their losses could not be compared
    runs = [first, *(read_judged(directory, first.scale) for directory in directories[1:])]
    for run in runs[1:]:
        if run.study != first.study:
            raise RunError(f"{run.directory} is of another study than {first.directory}: compare runs of one")
    losses = {budget: _by_method(runs, budget) for budget in sorted({budget for run in runs for budget in run.losses})}
    screen = console(quiet=quiet or as_json)
    if as_json:
        print(json.dumps(_plain(losses), indent=2))
    else:
        _show(losses, runs, screen)
    if out is not None:
        _draw(losses, out)
        screen.print(f"losses against budgets: {out}", style="dim")


def read_judged(directory: Path, scale: Floats | None = None) -> Judged:
    """Read a run; its losses are in units of `scale`, the run's own if none is given.

    Raises:
        RunError: it is no calibration, or was not judged.
    """
    results, scenario = _results(directory), read_manifest(directory)["scenario"]
    calibration = scenario["calibration"]
    plan = calibration["plan"]
    if not results.get("verdicts"):
        raise RunError(f"{directory} was not judged: give `catallaxy calibrate` --judge 3")
    aims = tuple(Aim(**aim).target() for aim in calibration["targets"])
    targets = Targets(aims, np.asarray(results["scale"], np.float64) if scale is None else scale)
    verdicts = {way["budget"]: np.array(each["measures"]) for way, each in _pairs(results)}
    marks = open_run(directory).metric("marks")
    return Judged(
        directory,
        {name: calibration[name] for name in ("parameters", "targets")} | {"scenario": scenario["scenario"]},
        called(plan["method"], plan["agents"]),
        plan["seed"],
        targets.scale,
        {budget: float(targets.loss(measures).mean()) for budget, measures in verdicts.items()},
        dict(zip(marks["budget"].to_pylist(), marks["cpu_seconds"].to_pylist(), strict=True)),
    )


def _pairs(results: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return list(zip(results["way"], results["verdicts"], strict=True))


def _results(directory: Path) -> dict[str, Any]:
    manifest, path = read_manifest(directory), directory / "results.json"
    if "calibration" not in (manifest.get("scenario") or {}):
        raise RunError(f"{directory} is no run of `catallaxy calibrate`")
    if not path.is_file():
        raise RunError(f"{directory} has not come to its end: --resume it first")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _by_method(runs: Sequence[Judged], budget: int) -> dict[str, dict[int, float]]:
    """Loss by method and seed at a budget, the best method first."""
    found: dict[str, dict[int, float]] = {}
    for run in runs:
        if budget in run.losses:
            found.setdefault(run.method, {})[run.seed] = run.losses[budget]
    return dict(sorted(found.items(), key=lambda item: float(np.mean(list(item[1].values())))))


def _show(losses: Losses, runs: Sequence[Judged], screen: Console) -> None:
    for budget, methods in losses.items():
        table = Table("method", "loss", "more than the best, paired", "runs", "CPU s")
        best = next(iter(methods.values()))
        for method, found in methods.items():
            shared = found.keys() & best.keys()
            less = [found[seed] - best[seed] for seed in shared] if found is not best else []
            seconds = np.median([run.seconds[budget] for run in runs if run.method == method and budget in run.losses])
            table.add_row(method, _told(list(found.values())), _told(less), str(len(found)), f"{seconds:.0f}")
        screen.print(f"\n{budget:,} decisions: mean loss after learning from scratch, 95 % interval over runs")
        screen.print(table)


def _told(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.3g}" if values else ""
    found = interval(values)
    return with_reach(found.mean, (found.high - found.low) / 2)


def _plain(losses: Losses) -> list[dict[str, Any]]:
    return [
        {
            "budget": budget,
            "method": method,
            "losses": {str(seed): loss for seed, loss in found.items()},
            "mean": float(np.mean(list(found.values()))),
        }
        for budget, methods in losses.items()
        for method, found in methods.items()
    ]


def _draw(losses: Losses, out: Path) -> None:
    with figure_file(out, 6.5, 4.0) as figure:
        axes = figure.subplots()
        for method in losses[max(losses)]:
            curve = {budget: list(methods[method].values()) for budget, methods in losses.items() if method in methods}
            found = {budget: _interval(seen) for budget, seen in curve.items()}
            draw_intervals(axes, list(found), list(found.values()), method)
        axes.set_xscale("log")
        axes.set_xlabel("simulated decisions, all counted")
        axes.set_ylabel("loss after learning from scratch")
        axes.legend(fontsize=8)


def _interval(losses: Sequence[float]) -> Interval:
    return interval(losses) if len(losses) > 1 else Interval(losses[0], losses[0], losses[0])
