"""A market whose equilibrium is known: agents who learn to say their own type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pytest
from gymnasium import spaces

from catallaxy.agents import LearningAgent
from catallaxy.calibrate import Parameter, Space, Target, WorldPopulation
from catallaxy.engine import Process, World, stream
from catallaxy.learners import PPO, Learner, PPOConfig, policy_specs

Floats = npt.NDArray[np.float64]


class Speaker(LearningAgent):
    """Says a number a few times and is rewarded for saying its type."""

    family = "speakers"
    observation_space = spaces.Box(-1.0, 1.0, (1,), np.float64)
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float64)
    discount_rate = 1.0

    def __init__(self, name: str, own: float) -> None:
        super().__init__(name)
        self.features = (own,)
        self.own, self.said = own, []  # type: float, list[float]

    def run(self) -> Process:
        for _ in range(4):
            action = yield self.decide((0.0,))
            self.said.append(float(action[0]))
            self.reward(-((float(action[0]) - self.own) ** 2))
            yield self.sleep(1.0)
        self.terminate()


class Speakers:
    """Two groups whose mean type is to be found; a third parameter that nothing shows."""

    space = Space(
        (Parameter("a.mean", -0.8, 0.8), Parameter("b.mean", -0.8, 0.8), Parameter("silent", 1.0, 10.0, "log"))
    )
    horizon = 5.0

    def __init__(self, truth: Sequence[float]) -> None:
        self.targets = [Target("a.said", truth[0]), Target("b.said", truth[1])]

    def populate(self, *, places: int, seed: int, conditioned: bool) -> WorldPopulation:
        return WorldPopulation(self, places=places, seed=seed, conditioned=conditioned)

    def build(self, values: Mapping[str, float], seed: int, episode: int) -> World:
        def speaker(name: str) -> Speaker:
            spread = 0.1 * stream(seed, episode, "agent", name, "type").standard_normal()
            return Speaker(name, float(np.clip(values[f"{name[0]}.mean"] + spread, -1.0, 1.0)))

        return World([speaker(name) for name in ("a_1", "a_2", "b_1", "b_2")], seed=seed, episode=episode)

    def measure(self, worlds: Sequence[World]) -> Floats:
        def said(group: str) -> float:
            return float(np.mean([np.mean(world.agents[f"{group}_{n}"].said) for world in worlds for n in (1, 2)]))

        return np.array([said("a"), said("b")])

    def learners(self, world: World, seed: int) -> Mapping[str, Learner]:
        config = PPOConfig(learning_rate=3e-3, hidden=(16, 16), minibatch=256)
        return {family: PPO(spec, config, seed=seed) for family, spec in policy_specs(world).items()}


@pytest.fixture
def speakers() -> Speakers:
    return Speakers((0.4, -0.3))
