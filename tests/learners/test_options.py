"""PPO's further options: an average of weights, passes of the critic alone, means kept within their bounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catallaxy.learners import (
    PPO,
    Fleet,
    LearningError,
    PPOConfig,
    Trainer,
    load_policies,
    policy_specs,
    save_checkpoint,
)


def learner_of(walkers, **options) -> PPO:
    return PPO(policy_specs(walkers(0))["walkers"], PPOConfig(minibatch=256, **options), seed=1)


def train(walkers, learner: PPO, updates: int = 3) -> list[dict[str, torch.Tensor]]:
    """The actor's weights after each update."""
    weights = []
    trainer = Trainer(walkers, {"walkers": learner}, horizon=20.0, decisions=updates * 400, rollout=400, worlds=4)
    for _ in trainer:
        weights.append({name: tensor.clone() for name, tensor in learner.policy.actor.state_dict().items()})
    return weights


def test_without_preference_the_average_weighs_all_updates_alike(walkers) -> None:
    learner = learner_of(walkers, averaging=0.0)
    weights = train(walkers, learner)
    for name, tensor in learner.policy.average.items():
        torch.testing.assert_close(tensor, sum(each[name] for each in weights) / 3)


def test_the_average_acts_is_saved_and_is_what_a_checkpoint_gives(walkers, tmp_path) -> None:
    learner = learner_of(walkers, averaging=3.0)
    train(walkers, learner)
    rows = np.array([[0.5, 0.2, -0.5], [0.1, -0.4, 0.3]], np.float32)
    averaged, present = learner.policy.averaged().act(rows).actions, learner.act(rows).actions
    assert not np.array_equal(averaged, present)
    save_checkpoint(tmp_path / "latest.pt", {"walkers": learner})
    np.testing.assert_array_equal(load_policies(tmp_path / "latest.pt")["walkers"].act(rows).actions, averaged)
    again = learner_of(walkers, averaging=3.0)
    again.load_state_dict(learner.state_dict())
    np.testing.assert_array_equal(again.policy.averaged().act(rows).actions, averaged)
    np.testing.assert_array_equal(again.act(rows).actions, present)


def test_without_an_average_the_present_weights_are_given(walkers) -> None:
    learner = learner_of(walkers)
    assert learner.policy.averaged() is learner.policy.mirror


def test_more_passes_of_the_critic_leave_the_actors_steps_as_they_are(walkers) -> None:
    """The critic's steps come after the actor's, and share nothing with them but the optimiser's settings."""
    one, four = (learner_of(walkers, value_epochs=epochs, epochs=1, max_gradient=1e9) for epochs in (1, 4))
    losses = []
    for learner in (one, four):
        buffer = Fleet(walkers, {"walkers": learner}, 20.0, worlds=4).gather(400)["walkers"]
        losses.append(learner.update(buffer)["losses/value"])
    for name, tensor in one.policy.actor.state_dict().items():
        assert torch.equal(tensor, four.policy.actor.state_dict()[name])
    assert losses[1] < losses[0]


@pytest.mark.parametrize("passes", [None, 2])
def test_the_actor_waits_until_the_critic_has_warmed_up(walkers, passes) -> None:
    learner = learner_of(walkers, warmup=500, value_epochs=passes)
    before = {name: tensor.clone() for name, tensor in learner.policy.state_dict().items()}
    moved = []
    for _ in Trainer(walkers, {"walkers": learner}, horizon=20.0, decisions=900, rollout=300, worlds=4):
        now = learner.policy.state_dict()
        moved.append({part: not torch.equal(now[part], before[part]) for part in ("actor.0.weight", "critic.0.weight")})
    assert [row["critic.0.weight"] for row in moved] == [True, True, True]
    assert [row["actor.0.weight"] for row in moved] == [False, False, True]


def test_a_mean_outside_its_bounds_is_called_back(walkers) -> None:
    far = {}
    for weight in (0.0, 10.0):
        learner = learner_of(walkers, bounds_weight=weight, learning_rate=1e-2)
        with torch.no_grad():
            learner.policy.actor[-1].bias.fill_(3.0)
        learner.policy.refresh()
        train(walkers, learner, updates=6)
        rows = np.zeros((1, learner.spec.observation_size), np.float32)
        far[weight] = float(learner.act(rows).raw.max())
    assert far[10.0] < 2.0
    assert far[10.0] < far[0.0] - 0.5


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_step_size_falls_to_its_floor(walkers, power) -> None:
    learner = learner_of(walkers, learning_rate=1e-3, decay=1200, decay_power=power, decay_floor=0.1)
    rates = []
    for _ in Trainer(walkers, {"walkers": learner}, horizon=20.0, decisions=2400, rollout=600, worlds=4):
        rates.append(learner.optimizer.param_groups[0]["lr"])
    assert rates[0] == 1e-3
    assert 0.4**power < rates[1] / 1e-3 < 0.6**power
    assert rates[-1] == pytest.approx(1e-4)


def test_actions_begin_at_the_given_mean(walkers) -> None:
    learner = learner_of(walkers, initial_mean=(-0.6,))
    rows = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    np.testing.assert_allclose(learner.act(rows).actions, -0.6, atol=0.1)


def test_the_standard_deviation_keeps_above_its_floor(walkers) -> None:
    learner = learner_of(walkers, initial_std=0.2, learning_rate=0.05, min_std=(0.4,))
    for _ in range(4):
        assert float(learner.policy.log_std.detach().exp()) >= 0.4 - 1e-6
        train(walkers, learner, updates=2)


def test_the_floor_of_the_standard_deviation_falls_to_what_is_to_be_left_of_it(walkers) -> None:
    learner = learner_of(walkers, initial_std=0.01, min_std=(0.4,), min_std_left=0.5, decay=1200)
    floors = []
    for _ in Trainer(walkers, {"walkers": learner}, horizon=20.0, decisions=1800, rollout=300, worlds=4):
        floors.append(float(learner.policy.log_std.detach().exp()))
        with torch.no_grad():
            learner.policy.log_std.fill_(-9.0)  # so that the next update meets the floor
    assert floors[0] == pytest.approx(0.4)
    assert 0.25 < floors[1] < 0.35
    assert floors[-1] == pytest.approx(0.2, rel=0.02)


@pytest.mark.parametrize("option", ["initial_mean", "min_std"])
def test_a_setting_for_another_number_of_components_is_refused(walkers, option) -> None:
    with pytest.raises(
        LearningError, match=rf"'walkers': {option} = \(0.1, 0.2\) needs actions .* 2 components, not 1"
    ):
        learner_of(walkers, **{option: (0.1, 0.2)})
