"""Learning on: what agents know after learning from a checkpoint on, or from nothing, in a market of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from rich.console import Console

from catallaxy.engine import World

from .config import ALGORITHMS, Study
from .markets import Policies
from .policies import key_of, undecided
from .progress import following
from .runs import checkpoint_of

if TYPE_CHECKING:
    from catallaxy.learners import PolicyGradient, PolicyGradientConfig

LEARNING_ON = 0.3
"""The step size of learning on, as a part of that with which training begins."""


def learn_on(
    study: Study,
    make_world: Callable[[int], World],
    *,
    checkpoint: Path | None,
    decisions: int,
    seed: int,
    workers: int = 1,
    screen: Console,
) -> Policies:
    """Let the agents of a market learn, from a checkpoint on or from nothing.

    Families whose agents all have policies of their own do not learn; their policies are the checkpoint's.

    Args:
        study: the scenario file, read for learning; its scenario is that of the checkpoint.
        make_world: builds the world of an episode.
        checkpoint: checkpoint, or run folder with one; None to learn from nothing.
        decisions: how many to learn from.
        seed: of learners that begin with nothing.
        workers: processes to gather in; what is learned does not depend on it.
        screen: where progress is shown.

    Raises:
        CatallaxyError: the checkpoint does not fit, an agent failed, or learning diverged.
    """
    from catallaxy.learners import Trainer, load_checkpoint

    training, config = study.training, study.learner
    assert config is not None
    if checkpoint is None:
        config = attrs.evolve(config, decay=decisions if training.anneal else config.decay)
    else:
        config = attrs.evolve(config, decay=None, learning_rate=LEARNING_ON * config.learning_rate)
    world = study.market.build(study.scenario, seed, 0)
    learners = learners_for(study, world, config, seed=seed)
    if checkpoint is not None:
        load_checkpoint(checkpoint_of(checkpoint), learners)
    learning = {
        key: learners[key] for key in dict.fromkeys(key_of(agent, learners) for agent in undecided(make_world(0)))
    }
    trainer = Trainer(
        make_world,
        learning,
        horizon=study.scenario.duration,
        decisions=decisions,
        rollout=min(training.rollout, decisions),
        worlds=training.worlds,
        workers=min(workers, training.worlds),
    )
    with following(trainer, screen) as updates:
        for _ in updates:
            pass
    return {family: learner.policy.mirror for family, learner in learners.items()}


def learners_for(study: Study, world: World, config: PolicyGradientConfig, *, seed: int) -> dict[str, PolicyGradient]:
    """A learner of the study's algorithm for each family that decides in a world, or for each agent of a separate one.

    Raises:
        LearningError: agents of one family see or do different things; a separate family is none of this world's.
    """
    import catallaxy.learners

    kind: type[PolicyGradient] = getattr(catallaxy.learners, ALGORITHMS[study.training.algorithm])
    specs = catallaxy.learners.policy_specs(world, separate=study.training.separate)
    return {name: kind(spec, config, seed=seed) for name, spec in specs.items()}
