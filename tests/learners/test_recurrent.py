from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import (
    A2C,
    PPO,
    REINFORCE,
    A2CConfig,
    Fleet,
    LearningError,
    PolicySpec,
    PPOConfig,
    REINFORCEConfig,
    Trainer,
    load_policies,
    policy_specs,
    save_checkpoint,
)
from catallaxy.learners.contract import LearnerContract

DELAY = 2


class Witness(LearningAgent):
    """Sees a sign once, then nothing for `DELAY` decisions, then must say which it was."""

    family = "witnesses"
    observation_space = Box(-1, 1, (2,), np.float64)
    action_space = Discrete(2)

    def run(self) -> Any:
        self.right = 0
        for _ in range(4):
            sign = int(self.rng.integers(2))
            for step in range(DELAY + 1):
                asked = step == DELAY
                answer = yield self.decide((2.0 * sign - 1 if step == 0 else 0.0, float(asked)))
                if asked:
                    self.right += answer == sign
                    self.reward(float(answer == sign))
                yield self.sleep(1.0)
        self.terminate()


class Masked(Witness):
    masked = True


def witnesses(episode: int) -> World:
    return World([Witness("w")], seed=2, episode=episode)


CONFIGS: dict[Any, Any] = {PPO: PPOConfig, A2C: A2CConfig, REINFORCE: REINFORCEConfig}


def make(kind: Any = PPO, spec: PolicySpec | None = None, **config: Any) -> Any:
    config = {"memory": 16, "window": 4, "hidden": (16,)} | config
    return kind(spec or policy_specs(witnesses(0))["witnesses"], CONFIGS[kind](**config), seed=1)


class TestTheContract(LearnerContract):
    def make_world(self, episode: int) -> World:
        return World([Masked("w"), Masked("v")], seed=2, episode=episode)

    def make_learner(self) -> PPO:
        return make(spec=self._spec(), epochs=1)


def trained(kind: Any, decisions: int, rollout: int, **config: Any) -> Any:
    learner = make(kind, **config)
    for _ in Trainer(witnesses, {"witnesses": learner}, horizon=30.0, decisions=decisions, rollout=rollout, worlds=10):
        pass
    return learner


def share_right(policy: Any) -> float:
    right = []
    for episode in range(25):
        world = World([Witness("w")], seed=99, episode=episode)
        world.agents["w"].policy = policy
        world.run(until=30.0)
        right.append(world.agents["w"].right / 4)
    return float(np.mean(right))


@pytest.mark.parametrize(
    ("kind", "decisions", "rollout", "config"),
    [
        (PPO, 12_000, 1000, {"learning_rate": 5e-3, "minibatch": 250}),
        (A2C, 24_000, 120, {"learning_rate": 1e-2, "entropy_weight": 0.01, "lam": 0.9}),
        (REINFORCE, 24_000, 120, {"learning_rate": 1e-2, "baseline": True}),
    ],
)
def test_a_memory_task_is_solved_and_not_without_memory(kind, decisions, rollout, config, tmp_path) -> None:
    learner = trained(kind, decisions, rollout, **config)
    save_checkpoint(tmp_path / "c.pt", {"witnesses": learner})
    assert share_right(load_policies(tmp_path / "c.pt")["witnesses"]) == 1.0
    if kind is PPO:
        assert share_right(trained(kind, decisions, rollout, memory=0, **config).policy.mirror) < 0.75


def test_torch_and_mirror_remember_the_same() -> None:
    learner = make()
    fleet = Fleet(witnesses, {"witnesses": learner}, 30.0, 3, whole_episodes=True)
    batch = fleet.gather(60)["witnesses"].transitions()
    spec = learner.spec
    assert batch.observation.shape[1] == spec.observation_size + 16
    follower = batch.next_row >= 0
    np.testing.assert_array_equal(
        batch.observation[batch.next_row[follower], spec.observation_size :], batch.raw[follower, 1:]
    )
    assert not batch.observation[batch.time == 0, spec.observation_size :].any()
    for window in (1, 3, 50):
        learner.policy.window = window
        with torch.no_grad():
            now = learner.policy.evaluate(*learner._rows(batch))
        np.testing.assert_allclose(now.logp.numpy(), batch.logp, atol=1e-5)
        np.testing.assert_allclose(now.value.numpy(), batch.value, atol=1e-5)


MIRROR = make().policy.mirror
ROWS = np.random.default_rng(3).normal(size=(200, 18)).astype(np.float32)
NOISE = np.random.default_rng(4).random((200, 1)).astype(np.float32)
WHOLE = MIRROR.act(ROWS, NOISE)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 199), min_size=1, max_size=150))
def test_a_rows_memory_is_the_same_to_the_last_bit_in_every_batch(rows: list[int]) -> None:
    assert MIRROR.act(ROWS[rows], NOISE[rows]).raw.tobytes() == WHOLE.raw[rows].tobytes()


def test_training_with_memory_goes_on_from_a_checkpoint_to_the_last_bit(tmp_path) -> None:
    setting = {"horizon": 30.0, "decisions": 400, "rollout": 100, "worlds": 3}
    whole, halted, resumed = (Trainer(witnesses, {"witnesses": make()}, **setting) for _ in range(3))
    list(whole)
    for progress in halted:
        if progress.update == 2:
            halted.stop()
    halted.save(tmp_path / "c.pt")
    resumed.resume(tmp_path / "c.pt")
    list(resumed)
    for name, weight in whole.learners["witnesses"].policy.state_dict().items():
        assert torch.equal(weight, resumed.learners["witnesses"].policy.state_dict()[name]), name


def test_a_memory_of_odd_size_or_with_averaging_is_refused() -> None:
    with pytest.raises(LearningError, match="memory must be a multiple of 8, not 5"):
        make(memory=5)
    with pytest.raises(LearningError, match="keeps no average"):
        make().policy.average_in(0.5)
