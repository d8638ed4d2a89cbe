"""`catallaxy train`: let the agents of a scenario learn, then judge what they have learned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console

from catallaxy.engine import EventLog, World
from catallaxy.learners import PolicyGradient, Trainer

from .config import ConfigError, Study, load
from .display import console
from .interrupts import stopping
from .learning import learners_for
from .markets import MARKETS, Policies
from .metrics import MetricsWriter
from .progress import following
from .runs import check_resumable, check_vacant, open_run
from .tensorboard import tensorboard

_KEPT = ("checkpoints", "metrics", "tensorboard")
"""What stays of a run that is resumed."""
_FREE = ("workers",)
"""Settings of training that what is learned does not depend on."""


def train(
    path: Path,
    out: Path,
    *,
    seed: int,
    decisions: int | None = None,
    workers: int | None = None,
    ray: str | None = None,
    resume: bool = False,
    track: bool = False,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Train the agents of a scenario and write all of it into the run folder `out`.

    The folder then holds `checkpoints/latest.pt`, `metrics/` (learning curve and judgement), `events/` (the evaluation
    episodes with the learned policy), `results.json` and the market's figure.

    A run that was stopped or killed, and is resumed, learns the same to the last bit as one that never paused.

    Args:
        path: scenario file.
        out: run folder.
        seed: root seed; judgement draws its episodes from another root.
        decisions: instead of the scenario's number.
        workers: instead of the scenario's number; what is learned does not depend on it.
        ray: address of a Ray cluster to gather on, `auto` or `local`; without `workers` on all of its CPUs.
        resume: go on with the run in `out`, from its last checkpoint; from the beginning, if it has none yet.
        track: whether to write the scalars for TensorBoard as well, into `tensorboard/`.
        force: whether an earlier run in `out` may be replaced.
        quiet: whether to print nothing.

    Raises:
        CatallaxyError: the scenario or the folder can't be used, the run to resume is of another scenario or seed, an
            agent failed, or learning diverged.
        KeyboardInterrupt: after Ctrl-C, with checkpoint and metrics written up to the last update.
    """
    study = load(path, learning=True)
    front = study.market.front
    if front is None:
        raise ConfigError(
            f'{path}: nobody learns in the market "{study.market.name}", so there is nothing to train; play it with '
            "`catallaxy run`"
        )
    told = {"decisions": decisions, "workers": workers}
    given: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    study = attrs.evolve(study, training=attrs.evolve(study.training, **given))
    about = _about(study.describe(), seed)
    if resume:
        check_resumable(out, "train", about, _about)
    else:
        check_vacant(out, force=force)
    learners = _learners(study, seed)
    screen = console(quiet=quiet)
    keep = _KEPT if resume else ()
    with EventLog(out, seed=seed, scenario=study.describe(), overwrite=force, keep=keep) as log:
        before = _policies(learners)
        processes = None if ray and not workers else study.training.workers
        trainer = _trainer(study, learners, seed, out, about, processes, ray)
        if resume:
            _go_on(trainer, screen)
        learn(trainer, out, screen, board=out / "tensorboard" if track else None)
        after = _policies(learners)
        judgement = front.judge(study.scenario, before, after, study.evaluation, seed, log, screen)
    front.show(judgement, study.scenario, open_run(out), screen)


def learn(trainer: Trainer, out: Path, screen: Console, *, board: Path | None = None) -> None:
    """Run the trainer to its end, with its scalars in `metrics/training.arrows`, after those that it has had before.

    Args:
        trainer: the trainer.
        out: run folder.
        screen: where progress is shown.
        board: folder for TensorBoard's files, if they are wanted.

    Raises:
        KeyboardInterrupt: after Ctrl-C, once the update under way is complete and its checkpoint is written.
    """
    with (
        MetricsWriter(out, "training") as metrics,
        tensorboard(board, trainer.fleet.decisions) as track,
        following(trainer, screen) as updates,
        stopping(screen, "update", trainer.stop) as stopped,
    ):
        if trainer.updates:
            metrics.go_on("update", trainer.updates)
        for update in updates:
            scalars = update.scalars()
            metrics.write({"update": update.update, **scalars})
            track(update.decisions, scalars)
    if stopped:
        screen.print(
            f"stopped after {trainer.fleet.decisions:,} decisions: {trainer.checkpoint} holds what was learned; "
            f"the same command with --resume goes on"
        )
        raise KeyboardInterrupt


def _about(described: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What decides on what is learned, of what a run's manifest says."""
    training = {name: value for name, value in described["training"].items() if name not in _FREE}
    about = {"seed": seed, "market": described["market"], "scenario": described["scenario"], "training": training}
    plain: dict[str, Any] = json.loads(json.dumps(about, default=str))
    return plain


def _go_on(trainer: Trainer, screen: Console) -> None:
    """Take up the training where its last checkpoint has left it, if there is one."""
    assert trainer.checkpoint is not None
    if trainer.checkpoint.is_file():
        with screen.status("playing the worlds to where they were"):
            trainer.resume(trainer.checkpoint)
    screen.print(f"going on after update {trainer.updates}, {trainer.fleet.decisions:,} decisions", style="dim")


def _learners(study: Study, seed: int) -> dict[str, PolicyGradient]:
    """A learner for each family of learning agents, or each agent of a separate one.

    Raises:
        ConfigError: nobody learns in this scenario.
    """
    config = study.learner
    assert config is not None
    if study.training.anneal and config.decay is None:
        config = attrs.evolve(config, decay=study.training.decisions)
    learners = learners_for(study, study.market.build(study.scenario, seed, 0), config, seed=seed)
    if not learners:
        raise ConfigError(
            f"{study.path}: everybody acts by a script, so there is nothing to train; leave some group's policy out"
        )
    return learners


def _policies(learners: Mapping[str, PolicyGradient]) -> Policies:
    """What the learners would do now, without exploring; later updates leave it as it is."""
    return {family: learner.policy.mirror for family, learner in learners.items()}


def _trainer(
    study: Study,
    learners: Mapping[str, PolicyGradient],
    seed: int,
    out: Path,
    about: Mapping[str, Any],
    workers: int | None,
    ray: str | None,
) -> Trainer:
    training = study.training
    return Trainer(
        partial(_build, study.market.name, study.scenario, seed),
        learners,
        horizon=study.scenario.duration,
        decisions=training.decisions,
        rollout=min(training.rollout, training.decisions),
        worlds=training.worlds,
        workers=None if workers is None else min(workers, training.worlds),
        ray=ray,
        checkpoints=out / "checkpoints",
        about=about,
    )


def _build(market: str, scenario: Any, seed: int, episode: int) -> World:
    """A world, made from what can be sent to another process."""
    return MARKETS[market].build(scenario, seed, episode)
