"""Worlds small enough to be solved by hand, and a learner that never learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import Acted, TrajectoryBuffer


class Walker(LearningAgent):
    """Pushes a leaky walk towards its own target at exponential times; some walkers retire early."""

    family = "walkers"
    discount_rate = 0.05
    observation_space = Box(-np.inf, np.inf, (2,), np.float64)
    action_space = Box(-1.0, 1.0, (1,), np.float64)

    def __init__(self, name: str, target: float = 0.5, retires: float = np.inf) -> None:
        super().__init__(name)
        self.target, self.retires = target, retires
        self.features = (target,)

    def run(self) -> Any:
        place = 0.0
        while self.now < self.retires:
            yield self.sleep(self.rng.exponential(1.0))
            action = yield self.decide((place, self.now / 20))
            place = 0.9 * place + float(action[0])
            self.flow(-((place - self.target) ** 2))
            self.reward(-0.01)
        self.terminate()


class Steady:
    """Answers with its noise, values everything at ``value``, never learns: nothing but the protocol."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def act(self, observations: Any, noise: Any = None) -> Acted:
        raw = np.zeros((len(observations), 1), np.float32) if noise is None else np.asarray(noise, np.float32)
        zeros = np.zeros(len(raw), np.float32)
        return Acted(np.clip(raw, -1, 1).astype(np.float64), raw, zeros, zeros + np.float32(self.value))

    def update(self, buffer: TrajectoryBuffer) -> dict[str, float]:
        return {}

    def state_dict(self) -> dict[str, Any]:
        return {"value": self.value}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.value = state["value"]


@pytest.fixture
def walkers() -> Callable[[int], World]:
    def make_world(episode: int) -> World:
        agents = [Walker("a"), Walker("b", target=-0.5), Walker("c", retires=12.0)]
        return World(agents, seed=5, episode=episode)

    return make_world


@pytest.fixture
def steady() -> type[Steady]:
    return Steady


@pytest.fixture
def one_agent() -> Callable[..., Callable[[int], World]]:
    """Give a function that turns a behaviour, ``run(agent)``, into worlds with one learning agent."""

    def build(behaviour: Callable[[LearningAgent], Any], **attributes: Any) -> Callable[[int], World]:
        basics = {
            "family": "solo",
            "observation_space": Box(-np.inf, np.inf, (1,), np.float64),
            "action_space": Box(-10.0, 10.0, (1,), np.float64),
            "run": behaviour,
        }
        kind = type("Solo", (LearningAgent,), basics | attributes)
        return lambda episode: World([kind("solo")], seed=11, episode=episode)

    return build
