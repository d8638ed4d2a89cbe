"""`catallaxy train`: let the agents of a scenario learn, then judge what they have learned."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import attrs
from rich.console import Console

from catallaxy.engine import EventLog, World
from catallaxy.learners import PPO, PPOConfig, Trainer, policy_specs

from .config import Study, load
from .display import console
from .markets import MARKETS, Policies
from .metrics import MetricsWriter
from .progress import learning_progress
from .runs import check_vacant, open_run


def train(
    path: Path,
    out: Path,
    *,
    seed: int,
    decisions: int | None = None,
    workers: int | None = None,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Train the agents of a scenario and write all of it into the run folder `out`.

    The folder then holds `checkpoints/latest.pt`, `metrics/` (learning curve and judgement), `events/` (the evaluation
    episodes with the learned policy), `results.json` and the market's figure.

    Args:
        path: scenario file.
        out: run folder.
        seed: root seed; judgement draws its episodes from another root.
        decisions: instead of the scenario's number.
        workers: instead of the scenario's number; what is learned does not depend on it.
        force: whether an earlier run in `out` may be replaced.
        quiet: whether to print nothing.

    Raises:
        CatallaxyError: the scenario or the folder can't be used, an agent failed, or learning diverged.
        KeyboardInterrupt: after Ctrl-C, with checkpoint and metrics written up to the last update.
    """
    study = load(path, learning=True)
    training = study.training
    study = attrs.evolve(
        study,
        training=attrs.evolve(
            training,
            decisions=training.decisions if decisions is None else decisions,
            workers=training.workers if workers is None else workers,
        ),
    )
    check_vacant(out, force=force)
    screen = console(quiet=quiet)
    with EventLog(out, seed=seed, scenario=study.describe(), overwrite=force) as log:
        learners = _learners(study, seed)
        before = _policies(learners)
        learn(_trainer(study, learners, seed, out), out, screen)
        after = _policies(learners)
        judgement = study.market.judge(study.scenario, before, after, study.evaluation, seed, log, screen)
    study.market.show(judgement, study.scenario, open_run(out), screen)


def learn(trainer: Trainer, out: Path, screen: Console) -> None:
    """Run the trainer to its end, with its scalars in `metrics/training.arrows`.

    Raises:
        KeyboardInterrupt: after Ctrl-C, once the update under way is complete and its checkpoint is written.
    """
    with (
        closing(trainer),
        MetricsWriter(out, "training") as metrics,
        learning_progress(screen, trainer.decisions) as report,
        _stopping(trainer, screen) as stopped,
    ):
        for progress in trainer:
            metrics.write({"update": progress.update, **progress.scalars()})
            rewards = progress.rewards.values()
            report(progress.decisions, progress.rate, sum(rewards) / len(rewards))
    if stopped:
        screen.print(
            f"stopped after {trainer.fleet.decisions:,} decisions: {trainer.checkpoint} holds what was learned"
        )
        raise KeyboardInterrupt


@contextmanager
def _stopping(trainer: Trainer, screen: Console) -> Iterator[list[int]]:
    """Let Ctrl-C end the training after the update under way, and a second one end it at once.

    Gives a list that holds the signals that have come.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # where no signal handler may be set
        yield received
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        trainer.stop()
        screen.print("stopping after this update; Ctrl-C again stops at once", style="dim")

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, previous)


def _learners(study: Study, seed: int) -> dict[str, PPO]:
    """A PPO learner for each family of learning agents."""
    config = study.ppo or PPOConfig()
    if study.training.anneal and config.decay is None:
        config = attrs.evolve(config, decay=study.training.decisions)
    world = study.market.build(study.scenario, seed, 0)
    return {family: PPO(spec, config, seed=seed) for family, spec in policy_specs(world).items()}


def _policies(learners: Mapping[str, PPO]) -> Policies:
    """What the learners would do now, without exploring; later updates leave it as it is."""
    return {family: learner.policy.mirror for family, learner in learners.items()}


def _trainer(study: Study, learners: Mapping[str, PPO], seed: int, out: Path) -> Trainer:
    training = study.training
    return Trainer(
        partial(_build, study.market.name, study.scenario, seed),
        learners,
        horizon=study.scenario.duration,
        decisions=training.decisions,
        rollout=min(training.rollout, training.decisions),
        worlds=training.worlds,
        workers=min(training.workers, training.worlds),
        checkpoints=out / "checkpoints",
    )


def _build(market: str, scenario: Any, seed: int, episode: int) -> World:
    """A world, made from what can be sent to another process."""
    return MARKETS[market].build(scenario, seed, episode)
