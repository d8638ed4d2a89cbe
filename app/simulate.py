"""`catallaxy run`: play a scenario and log every message."""

from __future__ import annotations

import shutil
from pathlib import Path

from catallaxy.agents import Policy
from catallaxy.engine import EventLog, Level

from .config import Study, load
from .display import console
from .markets import Policies
from .policies import attach, fitting
from .runs import CHECKPOINT, RunError, check_vacant, checkpoint_of, open_run


def simulate(
    path: Path,
    out: Path,
    *,
    policy: Path | None,
    seed: int,
    episodes: int,
    level: Level = "all",
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Play `episodes` episodes of a scenario into the run folder `out`.

    Args:
        path: scenario file.
        out: run folder.
        policy: checkpoint, or run folder with one, whose policies the agents follow; None for the market's baseline.
        seed: root seed.
        episodes: episodes 0, 1, ... of that seed.
        level: how much goes into the log.
        force: whether an earlier run in `out` may be replaced.
        quiet: whether to print nothing.

    Raises:
        CatallaxyError: the scenario, the checkpoint or the folder can't be used, or an agent failed.
    """
    study = load(path)
    check_vacant(out, force=force)
    if policy is not None and policy.resolve().is_relative_to(out.resolve()):
        raise RunError(f"{out} would be replaced, but it holds the policy {policy}: choose another folder")
    policies = _policies(study, policy)
    described = {**study.describe(), "policy": None if policy is None else CHECKPOINT}
    with EventLog(out, seed=seed, scenario=described, overwrite=force, level=level) as log:
        if policy is not None:  # the run can be repeated without what it was copied from
            (out / CHECKPOINT).parent.mkdir()
            shutil.copyfile(checkpoint_of(policy), out / CHECKPOINT)
        for episode in range(episodes):
            world = study.market.build(study.scenario, seed, episode)
            attach(world, policies)
            world.run(study.scenario.duration, log)
    run = open_run(out)
    events = sum(table["rows"] for table in run.manifest["tables"].values())
    screen = console(quiet=quiet)
    played = f"{episodes} episode{'s' * (episodes > 1)}"
    if level == "off":
        screen.print(f"{played}, no log: {out} holds what was played, but nothing of what happened")
        return
    screen.print(f"{played}, {events:,} events in {out}/events: {', '.join(run.tables)}")
    if level != "all":
        screen.print(
            f"log of level {level}: `verify` compares what it holds; `replay` needs a log of everything", style="yellow"
        )
    screen.print(f'ask them: catallaxy log {out} "SELECT ..."', style="dim")


def _policies(study: Study, checkpoint: Path | None) -> Policies | Policy:
    if checkpoint is None:
        return study.market.baseline(study.scenario)
    return fitting(checkpoint, study.market.build(study.scenario, 0, 0))
