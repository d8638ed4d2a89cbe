from __future__ import annotations

import math

import numpy as np
import pytest

from catallaxy.learners import Fleet, LearningError, advantages

RHO = 0.05


def chain(count: int) -> np.ndarray:
    return np.append(np.arange(1, count), -1)


@pytest.mark.parametrize(("reward", "every", "worth"), [(1.0, 0.1, 199.5), (5.0, 1.0, 97.5)])
def test_fast_and_slow_agents_have_the_values_of_their_annuities(reward: float, every: float, worth: float) -> None:
    exact = reward / math.expm1(RHO * every)
    assert exact == pytest.approx(worth, abs=0.03)
    n = 100
    value = np.zeros(n)
    gain = advantages(
        np.full(n, reward * math.exp(-RHO * every)), np.full(n, every), value, np.r_[value[1:], exact], chain(n),
        np.zeros(n, bool), rate=RHO, lam=1.0,
    )  # fmt: skip
    np.testing.assert_allclose(gain, exact, rtol=1e-12)


def test_advantages_at_lambda_one_are_monte_carlo_returns_minus_values() -> None:
    rng = np.random.default_rng(0)
    n = 500
    elapsed, increments, values = rng.exponential(0.7, n), rng.normal(size=n), rng.normal(size=n)
    times = np.cumsum(elapsed)
    starts = times - elapsed
    reward = increments * np.exp(-RHO * elapsed)  # each at the end of its interval
    ended = np.arange(n) == n - 1
    gain = advantages(reward, elapsed, values, np.r_[values[1:], 9.0], chain(n), ended, rate=RHO, lam=1.0)
    returns = [math.fsum(increments[k:] * np.exp(-RHO * (times[k:] - starts[k]))) for k in range(n)]
    np.testing.assert_allclose(gain, np.array(returns) - values, atol=1e-12)


def test_lambda_zero_leaves_the_one_step_error() -> None:
    gain = advantages([1.0, 2.0], [1.0, 2.0], [3.0, 4.0], [4.0, 5.0], [1, -1], [False, False], rate=RHO, lam=0.0)
    np.testing.assert_allclose(gain, [1 + math.exp(-RHO) * 4 - 3, 2 + math.exp(-2 * RHO) * 5 - 4])


def test_lambda_in_time_fades_by_elapsed_time_not_by_decisions() -> None:
    """An interval split in two by a decision that changes nothing has the same advantage."""
    whole = advantages([0.0, 7.0], [2.0, 1.0], [0.0, 0.0], [0.0, 0.0], [1, -1], [0, 1], rate=0.0, lam=0.9, unit=1.0)
    split = advantages(
        [0.0, 0.0, 7.0], [0.5, 1.5, 1.0], [0.0] * 3, [0.0] * 3, [1, 2, -1], [0, 0, 1], rate=0.0, lam=0.9, unit=1.0
    )
    assert whole[0] == pytest.approx(split[0]) == pytest.approx(7 * 0.9**2)


def test_interleaved_chains_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(1)
    n = 300
    reward, elapsed, value, after = (rng.normal(size=(2, n)) for _ in range(4))
    elapsed = np.abs(elapsed)
    rates = np.array([0.01, 0.3])
    alone = [
        advantages(reward[k], elapsed[k], value[k], after[k], chain(n), np.zeros(n), rate=rates[k], lam=0.9)
        for k in range(2)
    ]
    rows = np.arange(2 * n) + 2
    rows[-2:] = -1
    both = advantages(
        reward.T.ravel(), elapsed.T.ravel(), value.T.ravel(), after.T.ravel(), rows, np.zeros(2 * n),
        rate=np.tile(rates, n), lam=0.9,
    )  # fmt: skip
    np.testing.assert_array_equal(both.reshape(n, 2).T, alone)


def test_a_unit_flow_cut_at_twenty_is_worth_twenty(one_agent, steady) -> None:
    """The perpetuity 1 / rho, whatever the decision times: a cut is no end."""

    def behaviour(agent):
        while True:
            yield agent.decide((0.0,))
            agent.flow(1.0)
            yield agent.sleep(agent.rng.exponential(0.8))

    fleet = Fleet(one_agent(behaviour, discount_rate=RHO), {"solo": steady(20.0)}, horizon=20.0, worlds=3)
    batch = fleet.gather(200)["solo"].transitions()
    assert fleet.episodes > 2
    assert not batch.terminated.any()
    gain = advantages(
        batch.reward, batch.elapsed, batch.value, batch.next_value, batch.next_row, batch.terminated,
        rate=batch.rate, lam=1.0,
    )  # fmt: skip
    np.testing.assert_allclose(gain + batch.value, 20.0, rtol=1e-12)


def test_a_unit_flow_over_ten_units_is_not_biased_by_when_decisions_come(one_agent, steady) -> None:
    def behaviour(agent):
        while agent.now < 10.0:
            yield agent.decide((0.0,))
            agent.flow(1.0)
            yield agent.sleep(min(agent.rng.exponential(2.0), 10.0 - agent.now))
        agent.terminate()

    fleet = Fleet(one_agent(behaviour, discount_rate=RHO), {"solo": steady()}, 11.0, worlds=5, whole_episodes=True)
    batch = fleet.gather(60)["solo"].transitions()
    gain = advantages(
        batch.reward, batch.elapsed, batch.value, batch.next_value, batch.next_row, batch.terminated,
        rate=batch.rate, lam=1.0,
    )  # fmt: skip
    first = batch.time == 0.0
    assert first.sum() == fleet.episodes
    np.testing.assert_allclose(gain, (1 - np.exp(-RHO * (10.0 - batch.time))) / RHO, rtol=1e-9)
    np.testing.assert_allclose(gain[first], 7.869386805747332, rtol=1e-12)


def test_a_chain_that_runs_backward_is_refused() -> None:
    with pytest.raises(LearningError, match="row 1 is followed by row 0, not a later one"):
        advantages([0, 0], [1, 1], [0, 0], [0, 0], [-1, 0], [0, 0], rate=RHO, lam=1.0)
