"""`catallaxy evaluate`: what a run's policy achieves in fresh episodes, with confidence intervals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import pyarrow as pa
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from catallaxy.engine import EventLog, World, read_manifest, stream
from catallaxy.market.measures import Interval, interval, played

from .display import console
from .markets import Market, Policies
from .metrics import write_metrics
from .policies import attach, fitting
from .replay import recorded_scenario
from .runs import RunError, check_vacant, checkpoint_of

By = Literal["group", "agent"]
Measured = Mapping[str, Interval | None]

_CHECKPOINT = "checkpoints/latest.pt"
_KEYS = ("episode", "agent", "group")
_COLUMNS = 8
"""How many groups or agents stand side by side on the screen."""


@attrs.frozen
class Evaluated:
    """What a policy achieves.

    Attributes:
        run: the run whose scenario was played.
        policy: the checkpoint whose policies were followed.
        episodes: how many episodes were played.
        seed: the seed that chose them.
        groups: for each group and measure the mean of its agents, with its interval over episodes; None where it was
            defined in fewer than two episodes.
        agents: the same for each agent.
    """

    run: Path
    policy: Path
    episodes: int
    seed: int
    groups: Mapping[str, Measured]
    agents: Mapping[str, Measured]

    def describe(self) -> dict[str, Any]:
        """As plain data."""
        plain = attrs.asdict(self)
        return {**plain, "run": str(self.run), "policy": str(self.policy)}


def evaluate(
    run: Path,
    *,
    policy: Path | None = None,
    episodes: int = 100,
    seed: int = 0,
    by: By = "group",
    out: Path | None = None,
    as_json: bool = False,
    force: bool = False,
    quiet: bool = False,
) -> Evaluated:
    """Let a run's policy act, without exploring, in episodes that it has not learned from, and print what it achieves.

    Equal seeds give equal episodes, whatever the policy and whichever the run's own seed: policies that are evaluated
    with the same seed had the same luck.

    Args:
        run: a run's folder; its scenario is played.
        policy: checkpoint, or run with one, whose policies are followed; None for the run's own.
        episodes: how many, at least 2.
        seed: which.
        by: what the table on the screen shows; JSON has groups and agents.
        out: run folder for the episodes' log, `metrics/evaluation.arrows` and `results.json`, if one is wanted.
        as_json: print JSON instead of a table.
        force: whether an earlier run in `out` may be replaced.
        quiet: whether to print nothing.

    Raises:
        CatallaxyError: the run has no scenario or no policy, the policy was learned in another scenario, or an agent
            failed.
    """
    market, scenario = recorded_scenario(run)
    followed = checkpoint_of(run if policy is None else policy)
    root = int(stream(seed, 0, "fresh episodes").integers(2**32))
    policies = fitting(followed, market.build(scenario, root, 0))
    screen = console(quiet=quiet or as_json)
    with _log(run, followed, out, root, force) as log:
        table = _play(market, scenario, policies, root, episodes, log, screen)
        found = Evaluated(run, followed, episodes, seed, summary(table, "group"), summary(table, "agent"))
        if log is not None:
            write_metrics(log.folder, "evaluation", table.to_pylist())
            (log.folder / "results.json").write_text(_as_json(found), encoding="utf-8")
    if as_json and not quiet:
        print(_as_json(found), end="")
    _show(found, by, screen)
    return found


def summary(table: pa.Table, by: By) -> dict[str, dict[str, Interval | None]]:
    """Mean and 95 % interval of each measure, for each group or agent, over independent episodes.

    Agents of one group and episode share that episode's luck, so they make one sample together: their mean.

    Args:
        table: a market's measures, one row for each episode and agent.
        by: the column that tells whose they are.
    """
    names = np.array(table[by].to_pylist(), dtype=object)
    episodes, place = np.unique(table["episode"].to_numpy(), return_inverse=True)
    found: dict[str, dict[str, Interval | None]] = {}
    for name in dict.fromkeys(names):
        found[name] = {}
        for measure in table.column_names:
            if measure in _KEYS:
                continue
            values = table[measure].to_numpy().astype(np.float64)
            rows = (names == name) & ~np.isnan(values)
            counts = np.bincount(place[rows], minlength=len(episodes))
            sums = np.bincount(place[rows], weights=values[rows], minlength=len(episodes))
            samples = sums[counts > 0] / counts[counts > 0]
            found[name][measure] = interval(samples) if len(samples) > 1 else None
    return found


def _play(
    market: Market, scenario: Any, policies: Policies, root: int, episodes: int, log: EventLog | None, screen: Console
) -> pa.Table:
    def build(episode: int) -> World:
        world = market.build(scenario, root, episode)
        attach(world, policies)
        return world

    ticks = iter(track(range(episodes), "evaluating", console=screen, disable=not screen.is_terminal, transient=True))
    next(ticks)
    return played(
        build, episodes, scenario.duration, market.measure_worlds, log=log, progress=lambda: next(ticks, None)
    )


def _log(run: Path, policy: Path, out: Path | None, root: int, force: bool) -> Any:
    """The log of the run folder `out`, which holds the policy that is followed; nothing without `out`."""
    if out is None:
        return nullcontext()
    check_vacant(out, force=force)
    if any(path.resolve().is_relative_to(out.resolve()) for path in (run, policy)):
        raise RunError(f"{out} would be replaced, but it holds {run} or its policy: choose another folder")
    log = EventLog(out, seed=root, scenario={**read_manifest(run)["scenario"], "policy": _CHECKPOINT}, overwrite=force)
    (out / _CHECKPOINT).parent.mkdir()
    shutil.copyfile(policy, out / _CHECKPOINT)
    return log


def _as_json(found: Evaluated) -> str:
    return json.dumps(found.describe(), indent=2) + "\n"


def _show(found: Evaluated, by: By, screen: Console) -> None:
    screen.print(f"{found.policy} in {found.episodes} fresh episodes: means by {by}, ± 95 % confidence")
    columns = found.groups if by == "group" else found.agents
    for names in _pages(list(columns)):
        table = Table("measure", box=box.SIMPLE_HEAD)
        for name in names:
            table.add_column(name, justify="right", no_wrap=True)
        for measure in columns[names[0]]:
            table.add_row(measure.replace("_", " "), *(_cell(columns[name][measure]) for name in names))
        screen.print(table)


def _pages(names: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(names), _COLUMNS):
        yield names[first : first + _COLUMNS]


def _cell(value: Interval | None) -> str:
    return "-" if value is None else f"{value.mean:.4g} ± {(value.high - value.low) / 2:.2g}"
