"""What `catallaxy sweep` does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from catallaxy.engine import EventLog
from catallaxy.market.measures import interval

from ..config import load
from ..display import console
from ..metrics import MetricsWriter
from ..numbers import with_reach
from ..runs import check_resumable, check_vacant, open_run
from .design import Cell, DesignError, grid, read_design
from .run import Failure, Sweep

SHOWN = 5
"""Measures in the table on the screen; all of them are in the run."""


def sweep(
    path: Path,
    out: Path,
    *,
    grids: Sequence[str],
    design: Path | None,
    policy: Path | None,
    learn: int,
    episodes: int,
    seed: int,
    workers: int,
    resume: bool,
    force: bool,
    quiet: bool,
) -> int:
    """Play every cell of a design into the run folder `out`, and return how many have failed.

    The folder then holds `metrics/cells.arrows` (a row for each cell: its values, and why it failed if it did) and
    `metrics/measures.arrows` (for each cell, episode and agent the market's measures), which grow cell by cell.

    Raises:
        CatallaxyError: the scenario, the design or the folder can't be used.
    """
    if bool(grids) == (design is not None):
        raise DesignError("say what to try: with --grid PATH=VALUES, once or more, or with --design FILE.csv")
    study = load(path, learning=bool(learn))
    cells = grid(grids) if design is None else read_design(design)
    plan = Sweep(study, cells, None if policy is None else policy.resolve(), learn, episodes, seed, workers)
    described = {**study.describe(), "sweep": _describe(plan)}
    if resume:
        check_resumable(out, "sweep", _about(described, seed), _about)
    else:
        check_vacant(out, force=force)
    plan.parameters(cells[0])  # a path that leads nowhere is an error of the design, not of one cell
    screen = console(quiet=quiet)
    with EventLog(out, seed=seed, scenario=described, overwrite=force or resume, keep=("metrics",) if resume else ()):
        failures = _play(plan, out, screen)
    _show(plan, out, screen)
    for failure in failures:
        screen.print(f"{failure.cell} failed: {failure.reason}", style="red")
    return len(failures)


def _play(plan: Sweep, out: Path, screen: Console) -> list[Failure]:
    failures: list[Failure] = []
    with MetricsWriter(out, "cells") as told, MetricsWriter(out, "measures") as measures:
        first = _done(out)
        if first:
            told.go_on("cell", first - 1)
            measures.go_on("cell", first - 1)
            screen.print(f"going on with cell {first} of {len(plan.cells)}", style="dim")
        for cell, result in plan.play(first):
            if isinstance(result, Failure):
                failures.append(result)
                told.write({"cell": cell.number, **_values(plan, cell), "error": result.reason})
                continue
            values = _values(plan, cell)
            measures.write(*({"cell": cell.number, **values, **row} for row in result.to_pylist()))
            told.write({"cell": cell.number, **values, "error": ""})
            screen.print(
                f"{cell.number + 1} of {len(plan.cells)}: {'; '.join(map(str, cell.assignments))}", style="dim"
            )
    return failures


def _values(plan: Sweep, cell: Cell) -> dict[str, Any]:
    try:
        return plan.parameters(cell)
    except Exception:  # a failed cell is described by what was asked for
        return {
            item.path: float(item.operand) if type(item.operand) in (int, float) else json.dumps(item.operand)
            for item in cell.assignments
        }


def _describe(plan: Sweep) -> dict[str, Any]:
    """What decides on the results, for the manifest."""
    return {
        "cells": [[str(item) for item in cell.assignments] for cell in plan.cells],
        "policy": None if plan.policy is None else str(plan.policy),
        "learn": plan.learn,
        "episodes": plan.episodes,
    }


def _about(described: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What decides on what is measured, of what a run's manifest says."""
    about = {"seed": seed, **{name: described[name] for name in ("market", "scenario", "sweep")}}
    plain: dict[str, Any] = json.loads(json.dumps(about, default=str))
    return plain


def _done(out: Path) -> int:
    """How many cells an earlier run has finished."""
    run = open_run(out)
    return run.metric("cells").num_rows if "cells" in run.metrics else 0


def _show(plan: Sweep, out: Path, screen: Console) -> None:
    """A row for each cell: the mean over its episodes of the market's first measures, with 95 % intervals."""
    run = open_run(out)
    if "measures" not in run.metrics:
        return
    measures, cells = run.metric("measures"), run.metric("cells")
    names = list(plan.study.market.headline.items())[:SHOWN]
    paths = [item.path for item in plan.cells[0].assignments]
    grid_of_cells = Table(*paths, *(name.replace("_", " ") for name, _ in names))
    for row in cells.to_pylist():
        if not row["error"]:
            mine = measures.filter(pc.equal(measures["cell"], row["cell"]))
            numbers = [_number(mine, name, total) for name, total in names]
            grid_of_cells.add_row(*(_shown(row[path]) for path in paths), *numbers)
    screen.print(grid_of_cells)
    screen.print(f"of all agents, means over {plan.episodes} episodes with 95 % intervals", style="dim")
    screen.print(f'ask for more: catallaxy log {out} "SELECT ... FROM metrics.measures"', style="dim")


def _number(rows: pa.Table, name: str, total: str) -> str:
    rows = rows.filter(pc.is_valid(pc.if_else(pc.is_nan(rows[name]), None, rows[name])))
    grouped = rows.group_by("episode").aggregate([(name, total)])[f"{name}_{total}"].to_numpy()
    grouped = grouped[~np.isnan(grouped)]
    if len(grouped) < 2:
        return f"{grouped[0]:.4g}" if len(grouped) else ""
    found = interval(grouped)
    return with_reach(found.mean, found.high - found.mean)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
