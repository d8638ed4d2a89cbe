"""The optimal FX dealer: its HJB equation, stationary and over a finite horizon, and the best of simpler policies.

    0 = theta_t - (gamma/2) sigma^2 q^2
        + sum_n sum_k lambda_k z_k [ H_n((theta(q) - theta(q + z_k)) / z_k) + H_n((theta(q) - theta(q - z_k)) / z_k) ]
        + (|theta_q + k q| - phi)_+^2 / (4 eta),

with best quotes delta*_n at the arguments of H_n, and v* = sign(theta_q + k q) (|theta_q + k q| - phi)_+ / (2 eta).
In the stationary problem theta_t is replaced by minus the gain. Source: Barzykin, Bergault, Gueant (2112.02269).
"""

from __future__ import annotations

import attrs
import numpy as np

from .fields import Array, Mask
from .fx_dealer import (
    FxDealer,
    FxMeasures,
    FxPolicy,
    evaluate,
    gain_and_value,
    generator,
    is_fast,
    jump_width,
    running_reward,
    stationary_distribution,
)
from .linear import BlockTridiagonal

_ROUNDS = 100


@attrs.frozen(eq=False)
class FxSolution:
    """A solved stationary problem: the policy, its exact measures, and where the grid differences hedging upwind."""

    dealer: FxDealer
    policy: FxPolicy
    measures: FxMeasures
    fast: Mask


def marginal_costs(dealer: FxDealer, grid: Array, value: Array) -> tuple[Array, Array]:
    """Value lost per MEUR by buying and by selling, bp, each (sizes, points); inf where the limit forbids it."""
    step = grid[1] - grid[0]
    buying = np.full((len(dealer.sizes), len(grid)), np.inf)
    selling = buying.copy()
    for k, size in enumerate(dealer.sizes):
        jump = round(size / step)
        loss = (value[:-jump] - value[jump:]) / size
        buying[k, :-jump] = loss
        selling[k, jump:] = -loss
    return buying, selling


def best_hedge(dealer: FxDealer, grid: Array, value: Array, fast: Mask) -> Array:
    """The hedging rate that maximises the HJB's right-hand side, MEUR/day, shape (points,).

    `fast` says where the derivative is taken from the side that hedging goes to, as in `generator`.
    """
    if dealer.hedging == "none":
        return np.zeros_like(grid)
    step = grid[1] - grid[0]
    slope = np.diff(value) / step
    sell = _hedge_from_slope(dealer, grid, np.append(slope[:1], slope))
    buy = _hedge_from_slope(dealer, grid, np.append(slope, slope[-1:]))
    one_sided = np.where(grid > 0, np.minimum(sell, 0.0), np.maximum(buy, 0.0))
    rate = np.where(fast, one_sided, _hedge_from_slope(dealer, grid, np.gradient(value, step)))
    rate[0], rate[-1] = max(rate[0], 0.0), min(rate[-1], 0.0)
    return rate


def _hedge_from_slope(dealer: FxDealer, grid: Array, slope: Array) -> Array:
    pull = slope + dealer.impact * grid
    rate = np.sign(pull) * np.maximum(np.abs(pull) - dealer.hedge_linear, 0.0) / (2.0 * dealer.hedge_quadratic)
    return np.where(rate * grid >= 0.0, 0.0, rate) if dealer.hedging == "reduce" else rate


def best_policy(dealer: FxDealer, grid: Array, value: Array, fast: Mask, law: Array | None = None) -> FxPolicy:
    """The policy that is greedy for a value function (MEUR bp, shape (points,)).

    With `law`, a distribution of inventory, its quotes are equal on both sides and at every inventory: then the best
    one of a tier and size answers the average of its marginal costs under that law.
    """
    buying, selling = marginal_costs(dealer, grid, value)
    if law is not None:
        both = np.concatenate([buying, selling], axis=1)
        allowed = np.isfinite(both)
        weights = np.tile(law, 2) * allowed
        mean = (weights * np.where(allowed, both, 0.0)).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
        buying, selling = (np.where(np.isfinite(costs), mean, np.inf) for costs in (buying, selling))
    return FxPolicy(
        grid=grid,
        bid=np.stack([tier.best_quote(buying) for tier in dealer.tiers]),
        ask=np.stack([tier.best_quote(selling) for tier in dealer.tiers]),
        hedge=best_hedge(dealer, grid, value, fast),
    )


def _iterate(dealer: FxDealer, value: Array, fast: Mask, step: float, skew: bool) -> tuple[FxPolicy, Array]:
    """Policy iteration (Howard) from a value function until the gain stands still."""
    grid, gain = dealer.grid(step), -np.inf
    law = None if skew else np.full(len(grid), 1.0 / len(grid))
    for _ in range(_ROUNDS):
        policy = best_policy(dealer, grid, value, fast, law)
        rates = generator(dealer, policy, fast)
        new, value = gain_and_value(rates, running_reward(dealer, policy))
        if not skew:
            law = stationary_distribution(rates)
        if abs(new - gain) <= 1e-11 * max(1.0, abs(new)):
            return policy, value
        gain = new
    raise RuntimeError(f"policy iteration has not settled in {_ROUNDS} rounds: gain {gain}, {dealer}")


def solve(dealer: FxDealer, step: float = 1.0, *, skew: bool = True) -> FxSolution:
    """The stationary optimum by policy iteration (Howard) on a grid of `step` MEUR.

    Args:
        dealer: what is solved; with hedging="none" the best policy that never hedges.
        step: of the grid, MEUR.
        skew: False gives the best policy whose quotes do not depend on inventory (one per tier and size).

    Raises:
        ValueError: a size or the limit is no multiple of `step`, or the grid is too coarse for the optimum.
        RuntimeError: policy iteration has not settled (not seen for a valid dealer).
    """
    everywhere = np.ones(len(dealer.grid(step)), dtype=np.bool_)
    policy, value = _iterate(attrs.evolve(dealer, hedging="none"), np.zeros(len(everywhere)), everywhere, step, True)
    # Upwind differences first: that chain always settles. Then centred ones, which err by step^2 instead of step.
    policy, value = _iterate(dealer, value, everywhere, step, skew)
    fast = is_fast(dealer, policy.grid, policy.hedge)
    policy, _ = _iterate(dealer, value, fast, step, skew)
    return FxSolution(dealer, policy, evaluate(dealer, policy), fast)


@attrs.frozen(eq=False)
class FxFiniteHorizon:
    """A solved finite-horizon problem.

    Args:
        grid: inventories, MEUR, shape (points,).
        remaining: times to the end, days, increasing from 0 to the horizon, shape (times,).
        value: theta, MEUR bp, shape (times, points).
    """

    dealer: FxDealer
    grid: Array
    remaining: Array
    value: Array
    fast: Mask

    def policy(self, remaining: float | None = None) -> FxPolicy:
        """The optimal policy with this much time to go (days; by default all of it), from the nearest solved time."""
        left = self.remaining[-1] if remaining is None else remaining
        nearest = int(np.argmin(np.abs(self.remaining - left)))
        return best_policy(self.dealer, self.grid, self.value[nearest], self.fast)


def solve_finite_horizon(
    dealer: FxDealer, step: float = 1.0, times: int = 200, terminal_impact: bool = False
) -> FxFiniteHorizon:
    """The finite-horizon optimum, backward from the end in `times` equal steps.

    ROS2, a linearly implicit Runge-Kutta method of second order, L-stable (Verwer, Spee, Blom, Hundsdorfer 1999). Its
    Jacobian is the generator of the greedy policy: where quotes and hedge are optimal, their own change adds nothing.

    Args:
        dealer: whose `horizon` is solved.
        step: of the grid, MEUR.
        times: number of time steps.
        terminal_impact: charge (k/2) q^2 at the end for the impact of unwinding; otherwise nothing.
    """
    grid, fast = dealer.grid(step), solve(dealer, step).fast
    dt = dealer.horizon / times
    lam = 1.0 + np.sqrt(0.5)
    value = -0.5 * dealer.impact * grid**2 * float(terminal_impact)
    values = [value]

    def drift(theta: Array) -> tuple[Array, Array]:
        policy = best_policy(dealer, grid, theta, fast)
        rates = generator(dealer, policy, fast)
        return rates @ theta + running_reward(dealer, policy), rates

    for _ in range(times):
        slope, rates = drift(value)
        implicit = BlockTridiagonal(np.eye(len(grid)) - lam * dt * rates, jump_width(rates))
        first = implicit.solve(slope[:, None])[:, 0]
        second = implicit.solve((drift(value + dt * first)[0] - 2.0 * first)[:, None])[:, 0]
        value = value + dt * (1.5 * first + 0.5 * second)
        values.append(value)
    return FxFiniteHorizon(dealer, grid, np.linspace(0.0, dealer.horizon, times + 1), np.stack(values), fast)
