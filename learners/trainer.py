"""The loop of learning: gather a rollout, let every learner improve, report, keep a checkpoint."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from catallaxy.engine import World

from .division import Division
from .errors import LearningError
from .fleet import Fleet
from .learner import Learner
from .workers import Workers

CHECKPOINT = "latest.pt"


@attrs.frozen
class Progress:
    """What one update has brought.

    Attributes:
        update: its number, from 1 on.
        decisions: decisions answered since the beginning of training.
        target: decisions at which training ends.
        episodes: episodes finished since the beginning.
        gathering: seconds that the rollout took.
        updating: seconds that the learners took.
        rate: decisions per second of this rollout and update together.
        rewards: for each family the mean reward per agent and unit of time, each discounted to its decision.
        losses: for each family the scalars that its learner returned.
    """

    update: int
    decisions: int
    target: int
    episodes: int
    gathering: float
    updating: float
    rate: float
    rewards: Mapping[str, float]
    losses: Mapping[str, Mapping[str, float]]

    def scalars(self) -> dict[str, float]:
        """Return everything as flat numbers with the standard names, for a metrics log.

        With several families the family is the last part of a name, as in ``losses/policy/makers``.
        """
        single = len(self.losses) <= 1
        row: dict[str, float] = {"charts/decisions": self.decisions, "charts/episodes": self.episodes}
        row |= {"charts/decisions_per_second": self.rate}
        for family, reward in self.rewards.items():
            row["charts/reward" if single else f"charts/reward/{family}"] = reward
        for family, losses in self.losses.items():
            row |= {name if single else f"{name}/{family}": value for name, value in losses.items()}
        return row


class Trainer:
    """Trains learners on a fleet of worlds; iterate over it and every update yields a `Progress`.

    Breaking off the loop, or `stop` from a signal handler, leaves everything as after the last complete update; a
    checkpoint taken then goes on with the same numbers to the last bit as training that never paused.

    Args:
        make_world: builds the world of an episode.
        learners: a learner for each family of agents that have no policy of their own, or for an agent by its name,
            which goes before its family's.
        horizon: simulated time at which an episode ends.
        decisions: how many to gather in all.
        rollout: how many to gather for each update.
        worlds: how many worlds to advance together.
        workers: processes that share the worlds; 1 gathers in this process. What is learned does not depend on it.
            None: on Ray one for each CPU, else as many as this machine has CPUs.
        ray: address of a Ray cluster on which the workers are to run, see `RayWorkers`.
        frozen: families (or agents, by name) that act but don't learn.
        checkpoints: folder for the checkpoint ``latest.pt``, if one is to be kept.
        checkpoint_every: updates from one checkpoint to the next; the last update always leaves one.
        about: what is learned, in numbers, strings and nests of these: it goes into checkpoints, and a checkpoint that
            is about something else is refused.

    Attributes:
        fleet: the worlds.
        updates: updates so far.
    """

    def __init__(
        self,
        make_world: Callable[[int], World],
        learners: Mapping[str, Learner],
        *,
        horizon: float,
        decisions: int,
        rollout: int = 8192,
        worlds: int = 16,
        workers: int | None = 1,
        ray: str | None = None,
        frozen: Collection[str] = (),
        checkpoints: str | Path | None = None,
        checkpoint_every: int = 10,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        for name, value in {"decisions": decisions, "rollout": rollout, "checkpoint_every": checkpoint_every}.items():
            if value < 1:
                raise LearningError(f"{name} must be at least 1, not {value!r}")
        unknown = [family for family in frozen if family not in learners]
        if unknown:
            raise LearningError(f"frozen: there is no learner for {', '.join(unknown)}, only for {', '.join(learners)}")
        self.learners = dict(learners)
        whole = any(getattr(learner, "whole_episodes", False) for learner in learners.values())
        self.fleet: Fleet | Division
        if ray is not None:
            from .ray_workers import RayWorkers

            self.fleet = RayWorkers(
                make_world, learners, horizon, worlds, address=ray, processes=workers, whole_episodes=whole
            )
        elif (workers := workers or min(os.cpu_count() or 1, worlds)) == 1:
            self.fleet = Fleet(make_world, learners, horizon, worlds, whole_episodes=whole)
        else:
            self.fleet = Workers(make_world, learners, horizon, worlds, processes=workers, whole_episodes=whole)
        self.decisions, self.rollout = decisions, rollout
        self.frozen = frozenset(frozen)
        self.checkpoint = None if checkpoints is None else Path(checkpoints) / CHECKPOINT
        self.checkpoint_every = checkpoint_every
        self.about = about
        self.updates = 0
        self._stopping = False

    def __iter__(self) -> Iterator[Progress]:
        """Train until the decisions are spent or `stop` is called.

        Raises:
            LearningError: see `Fleet.gather`; a family without a single decision.
            WorkerError: a worker process could not be set up, or died.
            DivergenceError: an update failed; learners and checkpoint are those of the last good update.
        """
        self._stopping = False
        saved = self.updates
        while self.fleet.decisions < self.decisions and not self._stopping:
            progress = self._update()
            if self.checkpoint is not None and self.updates - saved >= self.checkpoint_every:
                self.save(self.checkpoint)
                saved = self.updates
            yield progress
        if self.checkpoint is not None and saved < self.updates:
            self.save(self.checkpoint)

    def stop(self) -> None:
        """End the loop after the update that is under way."""
        self._stopping = True

    def close(self) -> None:
        """End the workers, if there are any; they end with this object or process, too."""
        if isinstance(self.fleet, Division):
            self.fleet.close()

    def save(self, path: str | Path) -> None:
        """Write a checkpoint of learners, worlds and counters. Call it between updates.

        It can be resumed with another number of workers.
        """
        from .checkpoint import save_checkpoint

        save_checkpoint(path, self.learners, {"updates": self.updates, "fleet": self.fleet.state_dict()}, self.about)

    def resume(self, path: str | Path) -> None:
        """Go on from a checkpoint: the worlds are played again to where they were.

        Raises:
            CheckpointError: it is damaged, or of other learners, worlds or seeds.
        """
        from .checkpoint import load_checkpoint

        progress = load_checkpoint(path, self.learners, self.about)
        self.updates = int(progress["updates"])
        self.fleet.load_state_dict(progress["fleet"])

    def _update(self) -> Progress:
        start = time.perf_counter()
        already = self.fleet.decisions
        buffers = self.fleet.gather(min(self.rollout, self.decisions - already))
        missing = [family for family in self.learners if family not in buffers]
        if missing:
            raise LearningError(f"no agent of family {', '.join(missing)} decided anything in this rollout")
        gathered = time.perf_counter()
        losses: dict[str, dict[str, float]] = {}
        for family, learner in self.learners.items():
            losses[family] = {} if family in self.frozen else learner.update(buffers[family])
        done = time.perf_counter()
        self.updates += 1
        return Progress(
            update=self.updates,
            decisions=self.fleet.decisions,
            target=self.decisions,
            episodes=self.fleet.episodes,
            gathering=gathered - start,
            updating=done - gathered,
            rate=(self.fleet.decisions - already) / (done - start),
            rewards={family: _reward_rate(buffers[family]) for family in self.learners},
            losses=losses,
        )


def _reward_rate(buffer: Any) -> float:
    """Return reward per agent and unit of time; summed exactly, so that the order of rows does not matter."""
    closed = buffer.column("closed")
    elapsed = math.fsum(buffer.column("elapsed")[closed].tolist())
    return math.fsum(buffer.column("reward")[closed].tolist()) / elapsed if elapsed > 0 else float("nan")
