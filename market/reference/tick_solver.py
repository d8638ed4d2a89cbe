"""The optimum of the tick dealer by average-reward dynamic programming, the best fixed policies, and the score.

With V(q) the relative value before a tick's hedge and U(y) that after it,

    U(y) = max_{s,u} E[ int_0^T r(q_t; s, u) dt + V(q_T) | q_0 = y ],   V(q) = max_x ( U(q - x) - cost(x) ) - J T,

solved by policy iteration: every policy is evaluated exactly, and improved over a grid of all (s, u), then by a local
search around the best of each inventory. What is left of the Bellman equation bounds the error (`TickSolution.gap`).
"""

from __future__ import annotations

import attrs
import numpy as np

from .fields import Array, Integers
from .tick_dealer import TickDealer, TickMeasures, TickPolicy, after_tick, evaluate, revenue_rate

_ROUNDS = 50
_COARSE = (21, 31)  # points of the grid over s and over u
_STENCIL = np.array([(0, 0), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)], dtype=np.float64)
_DESIGN = np.linalg.pinv(
    np.column_stack([np.ones(9), _STENCIL, _STENCIL[:, 0] ** 2, _STENCIL[:, 1] ** 2, _STENCIL[:, 0] * _STENCIL[:, 1]])
)


@attrs.frozen(eq=False)
class TickSolution:
    """The optimum: its policy, exact measures, and by how much the true optimum can exceed it (MEUR bp per minute)."""

    policy: TickPolicy
    measures: TickMeasures
    gap: float


def _quoting_values(dealer: TickDealer, gamma: float, value: Array, s: Array, u: Array) -> Array:
    """U under given quotes (n,) held from each inventory, shape (n, inventories)."""
    reward = revenue_rate(dealer, s - u, s + u)[0] - dealer.risk(gamma)
    return after_tick(dealer, s - u, s + u, reward, value)


def _best_quotes(dealer: TickDealer, gamma: float, value: Array) -> tuple[Array, Array, Array]:
    """Best s, u and U after the hedge, each of shape (inventories,), for a value at the next tick."""
    spreads, skews = (np.linspace(*box, n) for box, n in zip((dealer.half_spread, dealer.skew), _COARSE, strict=True))
    s, u = (side.ravel() for side in np.meshgrid(spreads, skews, indexing="ij"))
    values = _quoting_values(dealer, gamma, value, s, u)
    best = values.argmax(axis=0)
    points = np.arange(values.shape[1])
    s, u, top = s[best], u[best], values[best, points]
    steps = np.array(
        [(box[1] - box[0]) / (n - 1) for box, n in zip((dealer.half_spread, dealer.skew), _COARSE, strict=True)]
    )
    for _ in range(4):
        s, u, top = _refine(dealer, gamma, value, (s, u, top), steps)
        steps = steps / 3.0
    return s, u, top


def _refine(
    dealer: TickDealer, gamma: float, value: Array, best: tuple[Array, Array, Array], steps: Array
) -> tuple[Array, Array, Array]:
    """One local search: the eight neighbours at `steps`, and the peak of the quadratic through them."""
    s, u, top = best
    points = np.arange(len(s))

    def try_at(new_s: Array, new_u: Array) -> Array:
        # Each inventory tries its own quotes, all of which are evaluated from every inventory: pick its own.
        flat = _quoting_values(dealer, gamma, value, new_s.ravel(), new_u.ravel())
        return np.asarray(flat.reshape(*new_s.shape, -1)[..., points, points])

    around_s = np.clip(s + steps[0] * _STENCIL[:, :1], *dealer.half_spread)
    around_u = np.clip(u + steps[1] * _STENCIL[:, 1:], *dealer.skew)
    values = try_at(around_s, around_u)
    _, gs, gu, hs, hu, cross = _DESIGN @ values
    determinant = 4.0 * hs * hu - cross**2
    concave = (hs < 0) & (determinant > 0)
    safe = np.where(concave, determinant, 1.0)
    shift_s = np.where(concave, np.clip((cross * gu - 2.0 * hu * gs) / safe, -2, 2), 0.0)
    shift_u = np.where(concave, np.clip((cross * gs - 2.0 * hs * gu) / safe, -2, 2), 0.0)
    peak_s = np.clip(s + steps[0] * shift_s, *dealer.half_spread)
    peak_u = np.clip(u + steps[1] * shift_u, *dealer.skew)
    all_s, all_u = np.vstack([s, around_s, peak_s]), np.vstack([u, around_u, peak_u])
    values = np.vstack([top, values, try_at(peak_s, peak_u)])
    pick = values.argmax(axis=0)
    return all_s[pick, points], all_u[pick, points], values[pick, points]


def _best_hedges(dealer: TickDealer, quoted: Array) -> tuple[Integers, Array]:
    """The best x at each inventory given U, and what it yields: U(q - x) - cost(x)."""
    q = dealer.inventories
    low, high = (np.abs(dealer.hedged(q, edge)) for edge in dealer.hedge)
    amount = np.arange(dealer.limit + 1)
    left = q[:, None] - np.sign(q)[:, None] * amount
    allowed = (amount >= low[:, None]) & (amount <= high[:, None])
    yields = np.where(allowed, quoted[np.where(allowed, left, 0) + dealer.limit] - dealer.hedging_cost(amount), -np.inf)
    best = yields.argmax(axis=1)
    return np.sign(q) * best, yields[np.arange(len(q)), best]


def _improve(dealer: TickDealer, gamma: float, value: Array) -> tuple[TickPolicy, Array]:
    """The policy that is greedy for a value before the hedge, and what it yields over the next tick and after."""
    q = dealer.inventories
    s, u, quoted = _best_quotes(dealer, gamma, value)
    hedge, yields = _best_hedges(dealer, quoted)
    after = q - hedge + dealer.limit
    fraction = np.where(q == 0, 0.0, np.abs(hedge) / np.maximum(np.abs(q), 1))
    return TickPolicy(s=s[after], u=u[after], h=np.clip(fraction, *dealer.hedge)), yields


def solve(dealer: TickDealer, gamma: float, tolerance: float = 1e-7) -> TickSolution:
    """The optimal policy, by policy iteration.

    Args:
        dealer: the instance.
        gamma: risk aversion, 1/(bp MEUR).
        tolerance: stop when the optimum is known to lie less than this above the policy's J (MEUR bp per minute).

    Raises:
        RuntimeError: policy iteration has not settled (not seen for a valid instance).
    """
    value = -2.0 * dealer.risk(gamma)  # any start will do; this one already holds inventory to be a cost
    policy, _ = _improve(dealer, gamma, value)
    reachable = dealer.reachable()
    for _ in range(_ROUNDS):
        measures = evaluate(dealer, gamma, policy)
        better, yields = _improve(dealer, gamma, measures.value)
        gap = float((yields - measures.value)[reachable].max()) / dealer.tick - measures.objective
        if gap <= tolerance:
            return TickSolution(policy, measures, max(gap, 0.0))
        policy = better
    raise RuntimeError(f"policy iteration has not settled in {_ROUNDS} rounds: gap {gap} at gamma = {gamma}, {dealer}")
