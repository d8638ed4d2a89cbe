"""Scales of observations and returns that depend on the type."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import (
    PPO,
    CheckpointError,
    LearningError,
    Moments,
    PolicySpec,
    PPOConfig,
    Trainer,
    TypedMoments,
    load_policies,
    policy_specs,
)

TYPE = slice(1, 2)


def seen(types: list[float], numbers: object = 0.0) -> np.ndarray:
    rows = np.zeros((len(types), 2), np.float32)
    rows[:, 0], rows[:, 1] = numbers, types
    return rows


def test_moments_are_exact_at_nodes_and_linear_in_between() -> None:
    moments = TypedMoments(1, TYPE, nodes=3)
    draw = np.random.default_rng(0).normal
    small, large = draw(1.0, 0.1, 4000), draw(50.0, 10.0, 4000)
    moments.update(np.concatenate([small, large])[:, None], seen([-1.0] * 4000 + [1.0] * 4000))
    mean, deviation = moments.at(seen([-1.0, 1.0, 0.5, -2.0]))
    overall = Moments(1)
    overall.update(np.concatenate([small, large])[:, None])
    np.testing.assert_allclose(mean[[0, 1, 3], 0], [small.mean(), large.mean(), small.mean()])
    np.testing.assert_allclose(deviation[:2, 0], [small.std(), large.std()], rtol=1e-6)
    np.testing.assert_allclose(mean[2], (overall.mean + large.mean()) / 2)  # nobody was near the node at 0


def test_weights_count_rows_as_often_as_they_say() -> None:
    rows = np.random.default_rng(1).normal(size=(50, 3))
    often, once = Moments(3), Moments(3)
    often.update(rows, np.arange(50) % 3 * 1.0)
    once.update(np.repeat(rows, np.arange(50) % 3, 0))
    np.testing.assert_allclose(often.mean, once.mean)
    np.testing.assert_allclose(often.variance, once.variance)


@attrs.frozen
class Size:
    size: float

    feature_names = ("size",)


class Aimer(LearningAgent):
    """Aims at its type; what the small ones earn is a thousandth of what the large ones do."""

    family = "aimers"
    discount_rate = 1.0
    observation_space = Box(-np.inf, np.inf, (1,), np.float64)
    action_space = Box(-1.0, 1.0, (1,), np.float64)

    def __init__(self, name: str, type: Size, scale: float) -> None:
        super().__init__(name)
        self.type, self.features, self.scale = type, (type.size,), scale

    def run(self):
        while True:
            shot = yield self.decide((self.scale * self.rng.normal(),))
            self.reward(self.scale * (1 - (float(shot[0]) - self.type.size / 2) ** 2))
            yield self.sleep(1.0)


def aimers(episode: int) -> World:
    return World([Aimer("small", Size(-1.0), 0.01), Aimer("large", Size(1.0), 10.0)], seed=2, episode=episode)


def trained(decisions: int = 6000, checkpoints: object = None, **config: object) -> PPO:
    settings = PPOConfig(learning_rate=3e-3, minibatch=250, lam=0.0, **config)
    learner = PPO(policy_specs(aimers(0))["aimers"], settings, seed=0)
    trainer = Trainer(
        aimers, {"aimers": learner}, horizon=50.0, decisions=decisions, rollout=500, worlds=5, checkpoints=checkpoints
    )
    for _ in trainer:
        pass
    return learner


def test_types_that_earn_little_learn_as_well_as_those_that_earn_much() -> None:
    rows = np.array([[0.0, -1.0], [0.0, 1.0]], np.float32)
    together, apart = trained(by_type=0), trained(by_type=2)
    aims = apart.act(rows).actions[:, 0]
    np.testing.assert_allclose(aims, [-0.5, 0.5], atol=0.1)
    assert abs(together.act(rows).actions[0, 0] + 0.5) > 2 * abs(aims[0] + 0.5)
    worth = apart.act(rows).values / np.array([0.01, 10.0])
    assert worth[0] == pytest.approx(worth[1], rel=0.2)


def test_scales_are_saved_with_the_policy_and_do_not_depend_on_the_batch(tmp_path) -> None:
    learner = trained(1000, tmp_path, by_type=2)
    policy = load_policies(tmp_path / "latest.pt")["aimers"]
    rows = np.random.default_rng(3).normal(size=(70, 2)).astype(np.float32)
    whole = policy.act(rows)
    for field in ("raw", "values", "logp"):
        assert getattr(learner.act(rows), field).tobytes() == getattr(whole, field).tobytes()
        alone = [getattr(policy.act(rows[[place]]), field) for place in range(70)]
        assert np.concatenate(alone).tobytes() == getattr(whole, field).tobytes()
    with pytest.raises(CheckpointError, match="scales by_type are 2, not 0"):
        trained(500).load_state_dict(learner.state_dict())


def test_what_has_no_scale_by_type_is_refused() -> None:
    nameless = PolicySpec("f", 3, (-1.0,), (1.0,))
    with pytest.raises(LearningError, match="the type's features are not named"):
        PPO(nameless, PPOConfig(by_type=3), seed=0)
    with pytest.raises(LearningError, match="at least 2 nodes"):
        PPO(policy_specs(aimers(0))["aimers"], PPOConfig(by_type=1), seed=0)
    with pytest.raises(LearningError, match="keeps one scale"):
        PPO(policy_specs(aimers(0))["aimers"], PPOConfig(by_type=3, memory=8), seed=0)
