from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from catallaxy.learners import PPO, LearningError, Moments, PolicySpec, policy_specs

SPEC = PolicySpec("makers", 9, (-1.0, 0.0, -np.inf), (3.0, 5.0, np.inf))


def a_learner(spec: PolicySpec = SPEC) -> PPO:
    learner = PPO(spec, seed=1)
    rng = np.random.default_rng(2)
    with torch.no_grad():
        for weight in learner.policy.parameters():
            weight.add_(torch.from_numpy(rng.normal(0, 0.3, tuple(weight.shape)).astype(np.float32)))
    learner.policy.observations.update(rng.normal(3.0, 2.0, (100, spec.observation_size)))
    learner.policy.rescale_returns(rng.normal(50.0, 7.0, 1000), np.empty((0, spec.observation_size), np.float32))
    learner.policy.refresh()
    return learner


LEARNER = a_learner()
ROWS = np.random.default_rng(3).normal(3.0, 2.0, (200, 9)).astype(np.float32)
NOISE = np.random.default_rng(4).normal(size=(200, 3)).astype(np.float32)
WHOLE = LEARNER.act(ROWS, NOISE)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 199), min_size=1, max_size=150))
def test_a_rows_answer_is_the_same_to_the_last_bit_in_every_batch(rows: list[int]) -> None:
    part = LEARNER.act(ROWS[rows], NOISE[rows])
    for field in ("actions", "raw", "logp", "values"):
        assert getattr(part, field).tobytes() == getattr(WHOLE, field)[rows].tobytes(), field


@pytest.mark.parametrize("sizes", [(1, 1), (3, 2), (17, 8), (64, 9), (130, 1)])
def test_block_invariance_holds_for_other_sizes(sizes: tuple[int, int]) -> None:
    d, a = sizes
    learner = a_learner(PolicySpec("x", d, (-1.0,) * a, (1.0,) * a))
    rng = np.random.default_rng(5)
    rows, noise = rng.normal(size=(70, d)).astype(np.float32), rng.normal(size=(70, a)).astype(np.float32)
    whole = learner.act(rows, noise)
    for k in range(70):
        alone = learner.act(rows[k : k + 1], noise[k : k + 1])
        assert alone.raw.tobytes() == whole.raw[k].tobytes()
        assert alone.values.tobytes() == whole.values[k].tobytes()
        assert alone.logp.tobytes() == whole.logp[k].tobytes()


def test_the_mirror_agrees_with_torch() -> None:
    policy = LEARNER.policy
    with torch.no_grad():
        seen = policy.evaluate(torch.from_numpy(policy.mirror.normalise(ROWS)), torch.from_numpy(WHOLE.raw))
    np.testing.assert_allclose(WHOLE.logp, seen.logp.numpy(), atol=2e-5)
    values = seen.value.numpy() * policy.returns.deviation[0] + policy.returns.mean[0]
    np.testing.assert_allclose(WHOLE.values, values, atol=1e-4)
    expected = torch.distributions.Normal(
        torch.from_numpy(LEARNER.act(ROWS).raw), policy.log_std.detach().exp().expand(200, 3)
    )
    np.testing.assert_allclose(WHOLE.logp, expected.log_prob(torch.from_numpy(WHOLE.raw)).sum(1).numpy(), atol=2e-5)
    np.testing.assert_allclose(seen.entropy.numpy(), expected.entropy().sum(1).numpy(), atol=1e-5)


def test_actions_stay_in_the_box_and_unbounded_ones_are_not_scaled() -> None:
    noise = np.full((4, 3), 100.0, np.float32) * np.array([[1], [-1], [0.001], [0]], np.float32)
    acted = LEARNER.act(ROWS[:4], noise)
    assert (acted.actions[:, 0] >= -1).all()
    assert (acted.actions[:, 0] <= 3).all()
    assert acted.actions[0, :2].tolist() == [3.0, 5.0]
    np.testing.assert_array_equal(acted.actions[:, 2], acted.raw[:, 2].astype(np.float64))


def test_without_noise_the_mean_action_comes() -> None:
    assert LEARNER.act(ROWS[:5]).raw.tobytes() == LEARNER.act(ROWS[:5], np.zeros((5, 3), np.float32)).raw.tobytes()


def test_rescaling_returns_leaves_predictions_as_they_were() -> None:
    learner = a_learner()
    before = learner.act(ROWS).values
    learner.policy.rescale_returns(np.random.default_rng(6).normal(-400.0, 90.0, 5000), ROWS)
    learner.policy.refresh()
    np.testing.assert_allclose(learner.act(ROWS).values, before, atol=1e-3)


def test_moments_of_batches_are_those_of_the_whole() -> None:
    rows = np.random.default_rng(7).normal(4.0, 3.0, (1000, 2))
    moments = Moments(2)
    for part in np.split(rows, [10, 500, 501]):
        moments.update(part)
    np.testing.assert_allclose(moments.mean, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(moments.variance, rows.var(0), rtol=1e-12)


def test_equal_seeds_give_equal_weights_and_families_differ() -> None:
    same = [PPO(SPEC, seed=1).policy.actor[0].weight for _ in range(2)]
    other = PPO(PolicySpec("takers", 9, SPEC.low, SPEC.high), seed=1).policy.actor[0].weight
    assert torch.equal(*same)
    assert not torch.equal(same[0], other)


def test_specs_are_read_off_the_agents(walkers) -> None:
    specs = policy_specs(walkers(0))
    assert specs == {"walkers": PolicySpec("walkers", 3, (-1.0,), (1.0,))}


def test_agents_that_cannot_share_a_policy_are_named(walkers) -> None:
    world = walkers(0)
    world.agents["b"].features = (1.0, 2.0)
    with pytest.raises(LearningError, match=r"agent 'b' can't share the policy.*observation_size is 4, not 3"):
        policy_specs(world)


def test_learners_are_imported_without_torch() -> None:
    code = "import sys, catallaxy.learners; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_a_learner_begins_with_does_not_depend_on_torchs_threads() -> None:
    before, weights = torch.get_num_threads(), []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            weights.append(b"".join(each.detach().numpy().tobytes() for each in PPO(SPEC, seed=1).policy.parameters()))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert weights[0] == weights[1]
