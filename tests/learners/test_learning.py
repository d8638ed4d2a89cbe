from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box

from catallaxy.learners import (
    A2C,
    PPO,
    REINFORCE,
    A2CConfig,
    DivergenceError,
    Fleet,
    LearningError,
    PPOConfig,
    REINFORCEConfig,
    Trainer,
    TrajectoryBuffer,
    policy_specs,
)

RHO = 0.1


@pytest.fixture
def jobs(one_agent):
    """Each decision takes on a job of the chosen length d, which pays sqrt(d) - 0.3 when it is done.

    Per job the longest pays most; per unit of time, the best is short.
    """

    def behaviour(agent):
        while True:
            action = yield agent.decide((0.0,))
            yield agent.sleep(float(action[0]))
            agent.reward(math.sqrt(action[0]) - 0.3)

    return one_agent(behaviour, discount_rate=RHO, action_space=Box(0.05, 2.05, (1,), np.float64))


def best_length() -> float:
    d = np.linspace(0.05, 2.05, 20001)
    return float(d[np.argmax((np.sqrt(d) - 0.3) * np.exp(-RHO * d) / -np.expm1(-RHO * d))])


@pytest.mark.parametrize(
    "learner",
    [
        pytest.param((PPO, PPOConfig(learning_rate=3e-3, minibatch=256)), id="PPO"),
        pytest.param((A2C, A2CConfig(learning_rate=1e-2, lam=0.9)), id="A2C"),
    ],
)
def test_a_bandit_in_continuous_time_is_solved(jobs, learner) -> None:
    kind, config = learner
    solver = kind(policy_specs(jobs(0))["solo"], config, seed=3)
    rollout = 1000 if kind is PPO else 300
    for progress in Trainer(jobs, {"solo": solver}, horizon=200.0, decisions=24_000, rollout=rollout, worlds=8):
        assert all(map(math.isfinite, progress.losses["solo"].values()))
    chosen = solver.act(np.zeros((1, 1), np.float32)).actions[0, 0]
    assert best_length() == pytest.approx(0.35, abs=0.05)
    assert chosen == pytest.approx(best_length(), abs=0.12)
    worth = solver.act(np.zeros((1, 1), np.float32)).values[0]
    exact = (math.sqrt(chosen) - 0.3) * math.exp(-RHO * chosen) / -math.expm1(-RHO * chosen)
    assert worth == pytest.approx(exact, rel=0.15)


@pytest.fixture
def shots(one_agent):
    """Two decisions, 2 apart, each answered at once by minus the squared distance from 1 and from -0.5."""

    def behaviour(agent):
        for target in (1.0, -0.5):
            action = yield agent.decide((0.0,))
            agent.reward(-((float(action[0]) - target) ** 2))
            yield agent.sleep(2.0)
        agent.terminate()

    return one_agent(behaviour, discount_rate=RHO, action_space=Box(-np.inf, np.inf, (1,), np.float64))


@pytest.mark.parametrize("baseline", [False, True])
def test_reinforces_estimate_is_the_analytic_gradient(shots, baseline) -> None:
    """With mean m and standard deviation s, J = sum_k g_k (-(m - c_k)^2 - s^2), g_k the discount at decision k."""
    config = REINFORCEConfig(learning_rate=1e-12, max_gradient=1e9, baseline=baseline)
    learner = REINFORCE(policy_specs(shots(0))["solo"], config, seed=2)
    fleet = Fleet(shots, {"solo": learner}, 5.0, worlds=64, whole_episodes=True)
    estimates = []
    for _ in range(60):
        learner.update(fleet.gather(128)["solo"])
        estimates.append([-float(learner.policy.actor[-1].bias.grad[0]), -float(learner.policy.log_std.grad[0])])
    mean = float(learner.act(np.zeros((1, 1), np.float32)).raw[0, 0])
    late = math.exp(-2 * RHO)
    exact = [-2 * (mean - 1.0) - 2 * late * (mean + 0.5), -2 * 0.5**2 * (1 + late)]
    estimate, error = np.mean(estimates, 0), np.std(estimates, 0, ddof=1) / math.sqrt(len(estimates))
    assert (error < 0.15).all()
    assert (np.abs(estimate - exact) < 3 * error).all(), (estimate, exact, error)


def test_reinforce_learns(shots) -> None:
    learner = REINFORCE(policy_specs(shots(0))["solo"], REINFORCEConfig(learning_rate=0.02, baseline=True), seed=2)
    for _ in Trainer(shots, {"solo": learner}, horizon=5.0, decisions=12_000, rollout=200, worlds=20):
        pass
    best = (1.0 - 0.5 * math.exp(-2 * RHO)) / (1 + math.exp(-2 * RHO))
    assert learner.act(np.zeros((1, 1), np.float32)).raw[0, 0] == pytest.approx(best, abs=0.1)


def test_reinforce_refuses_pieces_of_episodes(shots) -> None:
    learner = REINFORCE(policy_specs(shots(0))["solo"], seed=2)
    with pytest.raises(LearningError, match="learns from whole episodes"):
        learner.update(Fleet(shots, {"solo": learner}, 5.0, worlds=3).gather(3)["solo"])


def test_the_policy_conditions_on_the_type(walkers) -> None:
    """One shared policy steers walkers of opposite types to opposite sides."""
    learner = PPO(policy_specs(walkers(0))["walkers"], PPOConfig(learning_rate=3e-3, minibatch=256), seed=1)
    for _ in Trainer(walkers, {"walkers": learner}, horizon=20.0, decisions=12_000, rollout=1000, worlds=8):
        pass
    sides = learner.act(np.array([[0, 0.2, 0.5], [0, 0.2, -0.5]], np.float32)).actions[:, 0]
    assert sides[0] > 0.2
    assert sides[1] < -0.2


def test_diverging_training_stops_and_keeps_the_last_good_weights(walkers) -> None:
    learner = PPO(policy_specs(walkers(0))["walkers"], seed=1)
    buffer = Fleet(walkers, {"walkers": learner}, 20.0, worlds=4).gather(200)["walkers"]
    learner.update(buffer)
    before = {name: tensor.clone() for name, tensor in learner.policy.state_dict().items()}
    rows = np.zeros((1, 3), np.float32)
    action = learner.act(rows).raw.tobytes()
    buffer.column("logp")[:] = -np.inf
    with pytest.raises(DivergenceError, match=r"family 'walkers': the loss is .* in update 2; the weights of update 1"):
        learner.update(buffer)
    assert all(torch.equal(before[name], tensor) for name, tensor in learner.policy.state_dict().items())
    assert learner.act(rows).raw.tobytes() == action
    assert learner.updates == 1


def test_an_update_without_transitions_is_refused(walkers) -> None:
    learner = PPO(policy_specs(walkers(0))["walkers"], seed=1)
    with pytest.raises(LearningError, match="no transition was completed"):
        learner.update(TrajectoryBuffer(3, 1))


def test_learning_leaves_the_global_generators_alone(walkers) -> None:
    learner = PPO(policy_specs(walkers(0))["walkers"], seed=1)
    before = torch.get_rng_state(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    next(iter(Trainer(walkers, {"walkers": learner}, horizon=20.0, decisions=100, rollout=100, worlds=2)))
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tobytes()  # noqa: NPY002


@pytest.mark.parametrize("field", [{"learning_rate": 0.0}, {"lam": 1.5}, {"clip": -1.0}, {"epochs": 0}])
def test_settings_out_of_range_are_refused_by_name(field) -> None:
    with pytest.raises(ValueError, match=f"'{next(iter(field))}'"):
        PPOConfig(**field)
