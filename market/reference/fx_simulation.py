"""Monte-Carlo simulation of the FX dealer in continuous time: what checks the solver of the HJB equation.

Nothing is shared with the solver but the policy's table. Each request comes at its own exponential time; between
requests inventory follows dq/dt = v(q) (Heun's method, several steps a gap), real-valued, with quotes and hedging rate
interpolated linearly in inventory.
"""

from __future__ import annotations

import attrs
import numpy as np

from .estimates import Estimate, estimate, spread
from .fields import Array, Integers
from .fx_dealer import FxDealer, FxPolicy, hedging_cost


@attrs.frozen
class FxEstimates:
    """Time averages over the measured window: units as in `FxMeasures`."""

    objective: Estimate
    turnover: Estimate
    hedged: Estimate
    inventory_sd: Estimate


def simulate(
    dealer: FxDealer,
    policy: FxPolicy,
    rng: np.random.Generator,
    *,
    paths: int = 1000,
    days: float = 0.25,
    burn_in: float = 0.02,
    substeps: int = 4,
) -> FxEstimates:
    """Simulate independent dealers who start flat, and average over `days` after `burn_in` days.

    Args:
        dealer: the market.
        policy: the tabulated policy.
        rng: the generator to draw from.
        paths: number of independent dealers.
        days: length of the measured window, days.
        burn_in: what is left out before it, days; several risk-neutralisation times.
        substeps: Heun steps between two requests.
    """
    sizes, tiers = len(dealer.sizes), len(dealer.tiers)
    rates = np.tile(np.asarray(dealer.rates), 2 * tiers)
    cumulative = np.cumsum(rates) / rates.sum()
    alpha = np.array([tier.alpha for tier in dealer.tiers])
    beta = np.array([tier.beta for tier in dealer.tiers])
    tables = np.concatenate([policy.bid, policy.ask]).reshape(2 * tiers * sizes, -1)
    start, end = burn_in, burn_in + days
    q, clock = np.zeros(paths), np.zeros(paths)
    totals = np.zeros((5, paths))  # reward, client volume, hedged volume, int q^2, int q
    while (clock < end).any():
        gap = rng.exponential(1.0 / rates.sum(), paths)
        kind = np.searchsorted(cumulative, rng.random(paths))
        chance = rng.random(paths)
        stop = np.minimum(clock + gap, end)
        if start > 0.0:
            straddles = (clock < start) & (stop > start)
            before = np.where(straddles, start - clock, 0.0)
            q, _ = _drift(dealer, policy, q, before, substeps)
            clock = clock + before
        q, flows = _drift(dealer, policy, q, stop - clock, substeps)
        measured = (clock >= start) & (stop > clock)
        totals[0] += measured * flows[0]
        totals[2:] += measured * flows[1:]
        clock = stop
        bought = kind < tiers * sizes
        size = np.asarray(dealer.sizes)[kind % sizes]
        tier = kind // sizes % tiers
        after = np.where(bought, q + size, q - size)
        quote = _interpolate(policy, tables, kind, q)
        quoted = (np.abs(after) <= dealer.limit + 1e-9) & np.isfinite(quote) & (clock < end)
        accepted = quoted & (chance * (1.0 + np.exp(alpha[tier] + beta[tier] * np.where(quoted, quote, 0.0))) < 1.0)
        traded = accepted & (clock >= start)
        totals[0] += np.where(traded, size * np.where(accepted, quote, 0.0), 0.0)
        totals[1] += np.where(traded, size, 0.0)
        q = np.where(accepted, after, q)
    means = totals / days
    return FxEstimates(
        objective=estimate(means[0]),
        turnover=estimate(means[1]),
        hedged=estimate(means[2]),
        inventory_sd=spread(means[4], means[3]),
    )


def _interpolate(policy: FxPolicy, tables: Array, row: Integers, q: Array) -> Array:
    """Row `row` of each path's table at inventory q, linear between grid points; inf if either point has no quote."""
    place = (q - policy.grid[0]) / policy.step
    low = np.clip(place.astype(np.int64), 0, len(policy.grid) - 2)
    part = place - low
    left, right = tables[row, low], tables[row, low + 1]
    return np.asarray(
        np.where(part < 1e-9, left, np.where(part > 1.0 - 1e-9, right, (1.0 - part) * left + part * right))
    )


def _drift(dealer: FxDealer, policy: FxPolicy, q: Array, time: Array, substeps: int) -> tuple[Array, Array]:
    """Follow dq/dt = v(q) for `time` days: the new inventory, and the integrals of reward, |v|, q^2 and q."""
    rate = policy.hedge
    dt = time / substeps
    integrals = np.zeros((4, len(q)))
    speed = np.interp(q, policy.grid, rate)

    def integrand(q: Array, v: Array) -> Array:
        square = q * q
        reward = dealer.impact * q * v - hedging_cost(dealer, v) - 0.5 * dealer.gamma * dealer.sigma**2 * square
        return np.stack([reward, np.abs(v), square, q])

    for _ in range(substeps):
        left = integrand(q, speed)
        guess = q + dt * speed
        q = q + 0.5 * dt * (speed + np.interp(guess, policy.grid, rate))
        speed = np.interp(q, policy.grid, rate)
        integrals += 0.5 * dt * (left + integrand(q, speed))
    return q, integrals
