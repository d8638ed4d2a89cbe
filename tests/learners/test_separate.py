"""Which learner decides for which agent: by family, by name, frozen."""

from __future__ import annotations

import numpy as np
import pytest

from catallaxy.learners import PPO, Fleet, LearningError, PPOConfig, Trainer, policy_specs


def test_a_learner_under_an_agents_name_goes_before_its_familys(walkers, steady) -> None:
    fleet = Fleet(walkers, {"b": steady(1.0), "walkers": steady(2.0)}, 20.0, worlds=3, whole_episodes=True)
    buffers = fleet.gather(300)
    agents = {key: set((buffer.column("chain") & 0xFFFFFFFF).tolist()) for key, buffer in buffers.items()}
    assert agents == {"walkers": {0, 2}, "b": {1}}
    assert set(buffers["b"].column("value")) == {1.0}
    assert buffers["b"].open == buffers["walkers"].open == 0


def test_separate_agents_have_specifications_of_their_own(walkers) -> None:
    specs = policy_specs(walkers(0), separate=["walkers"])
    assert list(specs) == [spec.family for spec in specs.values()] == ["a", "b", "c"]
    with pytest.raises(LearningError, match="separate: no agents of family makers learn here"):
        policy_specs(walkers(0), separate=["makers"])


def test_separate_policies_learn_each_for_itself_and_frozen_ones_not_at_all(walkers) -> None:
    specs = policy_specs(walkers(0), separate=["walkers"])
    config = PPOConfig(learning_rate=3e-3, minibatch=256, hidden=(16,))
    learners = {name: PPO(spec, config, seed=1) for name, spec in specs.items()}
    still = learners["c"].policy.actor[0].weight.detach().clone()
    for progress in Trainer(walkers, learners, horizon=20.0, decisions=18_000, rollout=1500, worlds=8, frozen=["c"]):
        assert list(progress.losses) == list(progress.rewards) == ["a", "b", "c"]
    rows = np.float32([[0, 0.2, 0.5], [0, 0.2, -0.5]])
    assert learners["a"].act(rows[:1]).actions[0, 0] > 0.2
    assert learners["b"].act(rows[1:]).actions[0, 0] < -0.2
    assert (learners["c"].policy.actor[0].weight.detach() == still).all()
