"""`catallaxy run`: play a scenario and log every message."""

from __future__ import annotations

import shutil
from pathlib import Path

from catallaxy.agents import Policy
from catallaxy.engine import EventLog

from .config import Study, load
from .display import console
from .markets import Policies
from .policies import attach, fitting
from .runs import RunError, check_vacant, checkpoint_of, open_run

_CHECKPOINT = "checkpoints/latest.pt"
"""The policy that was followed: a run can be repeated without what it was copied from."""


def simulate(
    path: Path, out: Path, *, policy: Path | None, seed: int, episodes: int, force: bool = False, quiet: bool = False
) -> None:
    """Play `episodes` episodes of a scenario into the run folder `out`.

    Args:
        path: scenario file.
        out: run folder.
        policy: checkpoint, or run folder with one, whose policies the agents follow; None for the market's baseline.
        seed: root seed.
        episodes: episodes 0, 1, ... of that seed.
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
    described = {**study.describe(), "policy": None if policy is None else _CHECKPOINT}
    with EventLog(out, seed=seed, scenario=described, overwrite=force) as log:
        if policy is not None:
            (out / _CHECKPOINT).parent.mkdir()
            shutil.copyfile(checkpoint_of(policy), out / _CHECKPOINT)
        for episode in range(episodes):
            world = study.market.build(study.scenario, seed, episode)
            attach(world, policies)
            world.run(study.scenario.duration, log)
    run = open_run(out)
    events = sum(table["rows"] for table in run.manifest["tables"].values())
    screen = console(quiet=quiet)
    screen.print(
        f"{episodes} episode{'s' * (episodes > 1)}, {events:,} events in {out}/events: {', '.join(run.tables)}"
    )
    screen.print(f'ask them: catallaxy log {out} "SELECT ..."', style="dim")


def _policies(study: Study, checkpoint: Path | None) -> Policies | Policy:
    if checkpoint is None:
        return study.market.baseline(study.scenario)
    return fitting(checkpoint, study.market.build(study.scenario, 0, 0))
