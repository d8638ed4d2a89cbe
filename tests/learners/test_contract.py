from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box, MultiDiscrete

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import A2C, PPO, REINFORCE, Acted, PPOConfig, policy_specs
from catallaxy.learners.contract import LearnerContract

EXAMPLE = Path(__file__).parents[2] / "examples" / "custom_learner.py"


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("custom_learner", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # so that its classes can be pickled
    spec.loader.exec_module(module)
    return module


CUSTOM = example()


class Walker(LearningAgent):
    observation_space = Box(-np.inf, np.inf, (1,), np.float64)
    action_space = Box(-1.0, 2.0, (2,), np.float64)
    discount_rate = 0.1

    def run(self) -> Any:
        place = 0.0
        for _ in range(12):
            yield self.sleep(self.rng.exponential(1.0))
            action = yield self.decide((place,))
            place += float(sum(action))
            self.reward(-abs(place))
        self.terminate()


class Chooser(Walker):
    action_space = MultiDiscrete([2, 3])


class OnWalkers(LearnerContract):
    def make_world(self, episode: int) -> World:
        return World([Walker("a"), Walker("b")], seed=1, episode=episode)


class OnChoosers(LearnerContract):
    def make_world(self, episode: int) -> World:
        return World([Chooser("a"), Chooser("b")], seed=1, episode=episode)


class TestPPO(OnWalkers):
    def make_learner(self) -> PPO:
        return PPO(self._spec(), PPOConfig(epochs=1, hidden=(8,)), seed=1)


class TestA2COnChoices(OnChoosers):
    def make_learner(self) -> A2C:
        return A2C(self._spec(), seed=1)


class TestREINFORCE(OnWalkers):
    def make_learner(self) -> REINFORCE:
        return REINFORCE(self._spec(), seed=1)


class TestTheExamplesLearner(LearnerContract):
    def make_learner(self) -> Any:
        return CUSTOM.QLearning(CUSTOM.ROOM + 1, len(CUSTOM.SPEEDS))

    def make_world(self, episode: int) -> World:
        return CUSTOM.make_world(episode)


class Forgetful(CUSTOM.QLearning):
    """Does not save its visits, answers by the batch's size, and with actions out of bounds."""

    def act(self, observations: Any, noise: Any = None) -> Acted:
        acted = super().act(observations, noise)
        return Acted(acted.actions + 1, acted.raw, acted.logp + np.float32(len(observations)), acted.values)

    def state_dict(self) -> dict[str, Any]:
        return {"q": self.q, "visits": np.zeros_like(self.visits)}


def test_the_contract_finds_what_is_broken() -> None:
    class Broken(TestTheExamplesLearner):
        def make_learner(self) -> Any:
            return Forgetful(CUSTOM.ROOM + 1, len(CUSTOM.SPEEDS))

        def _gather(self, fleet: Any) -> Any:
            act = type(fleet.learners["servers"]).act
            type(fleet.learners["servers"]).act = CUSTOM.QLearning.act  # the market itself stays sound
            try:
                return super()._gather(fleet)
            finally:
                type(fleet.learners["servers"]).act = act

    broken = Broken()
    with pytest.raises(AssertionError, match="actions outside of"):
        broken.test_its_answers_have_the_right_shapes_and_lie_in_the_action_space()
    with pytest.raises(AssertionError, match="logp differ"):
        broken.test_a_rows_answer_does_not_depend_on_the_rows_beside_it()
    with pytest.raises(AssertionError, match="differ"):
        broken.test_from_a_checkpoint_it_goes_on_to_the_last_bit()


def test_the_examples_learner_takes_fewer_than_fifty_lines() -> None:
    source = EXAMPLE.read_text(encoding="utf-8")
    body = source[source.index("class QLearning") : source.index("def make_world")]
    assert len(body.strip().splitlines()) < 50


def test_the_example_learns() -> None:
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, check=True)
    costs = {name: float(cost) for name, cost in re.findall(r"^  (.*?) +([\d.]+) \+-", done.stdout, re.MULTILINE)}
    assert costs["after learning"] < 0.75 * min(costs["before learning"], costs["always slow"], costs["always fast"])


def test_the_spec_of_the_examples_agents_is_discrete() -> None:
    spec = policy_specs(CUSTOM.make_world(0))["servers"]
    assert (spec.observation_size, spec.options) == (CUSTOM.ROOM + 1, (2,))
