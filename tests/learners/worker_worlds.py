"""Worlds that a worker process can import, good and bad ones."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import Acted, Trainer, TrajectoryBuffer


class Pacer(LearningAgent):
    """Keeps a drifting place near its target, at times of its own."""

    family = "pacers"
    discount_rate = 0.05
    observation_space = Box(-np.inf, np.inf, (1,), np.float64)
    action_space = Box(-1.0, 1.0, (1,), np.float64)

    def __init__(self, name: str, target: float) -> None:
        super().__init__(name)
        self.target = target
        self.features = (target,)

    def run(self) -> Any:
        place = 0.0
        while True:
            yield self.sleep(self.rng.exponential(1.0))
            action = yield self.decide((place,))
            place = 0.9 * place + float(action[0])
            self.flow(-((place - self.target) ** 2))


def pacers(episode: int) -> World:
    return World([Pacer("a", 0.5), Pacer("b", -0.5)], seed=3, episode=episode)


def guarded(episode: int) -> World:
    """Fails if torch has been imported: workers act without it."""
    assert "torch" not in sys.modules, "torch has been imported"
    return pacers(episode)


def fatal(episode: int) -> World:
    """Kills the process that makes episode 3."""
    if episode == 3:
        os._exit(17)
    return pacers(episode)


def faulty(episode: int) -> World:
    """Has an agent whose reward becomes NaN in episode 3."""
    world = pacers(episode)
    if episode == 3:
        agent = world.agents["b"]
        assert isinstance(agent, Pacer)
        agent.target = float("nan")
    return world


class Still:
    """Does nothing, and learns nothing."""

    def act(self, observations: Any, noise: Any = None) -> Acted:
        zeros = np.zeros((len(observations), 1), np.float32)
        return Acted(zeros.astype(np.float64), zeros, zeros[:, 0], zeros[:, 0])

    def update(self, buffer: TrajectoryBuffer) -> dict[str, float]:
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        pass


if __name__ == "__main__":  # trains until it is told to stop; writes the ids of its workers to a file
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background, a shell lets it be ignored
    run = Trainer(pacers, {"pacers": Still()}, horizon=20.0, decisions=10**9, rollout=2000, worlds=4, workers=2)
    for _ in run:
        Path(sys.argv[1]).write_text(" ".join(str(worker.process.pid) for worker in run.fleet._workers))
