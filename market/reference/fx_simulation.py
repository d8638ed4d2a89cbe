"""Monte-Carlo simulation of the FX dealer in continuous time: what checks the solver of the HJB equation.

Nothing is shared with the solver but the policy's table. Each request comes at its own exponential time; between
requests inventory follows dq/dt = v(q) (Heun's method, several steps a gap), real-valued, with quotes and hedging rate
interpolated linearly in inventory.
"""

from __future__ import annotations

import attrs
import numpy as np

from .estimates import Estimate, estimate, spread
from .fields import Array, Integers, Mask
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
    requests = _Requests(dealer, policy)
    q, clock = np.zeros(paths), np.zeros(paths)
    totals = np.zeros((5, paths))  # reward, client volume, hedged volume, int q^2, int q
    start, end = burn_in, burn_in + days
    while (clock < end).any():
        gap, kind, chance = requests.draw(rng, paths)
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
        q, earned, traded = requests.answer(q, kind, chance, clock < end)
        totals[:2] += (clock >= start) * np.stack([earned, traded])
    means = totals / days
    return FxEstimates(
        objective=estimate(means[0]),
        turnover=estimate(means[1]),
        hedged=estimate(means[2]),
        inventory_sd=spread(means[4], means[3]),
    )


class _Requests:
    """Clients' requests, one for each path at a time; a kind is a row of the tables of bids and asks."""

    def __init__(self, dealer: FxDealer, policy: FxPolicy) -> None:
        tiers = len(dealer.tiers)
        self._limit = dealer.limit
        self._policy = policy
        self._tables = np.concatenate([policy.bid, policy.ask]).reshape(2 * tiers * len(dealer.sizes), -1)
        rates = np.tile(np.asarray(dealer.rates), 2 * tiers)
        self._mean_gap = 1.0 / rates.sum()
        self._cumulative = np.cumsum(rates) / rates.sum()
        self._size = np.tile(np.asarray(dealer.sizes), 2 * tiers)
        law = np.array([[tier.alpha, tier.beta] for tier in dealer.tiers])
        self._alpha, self._beta = np.tile(np.repeat(law, len(dealer.sizes), axis=0), (2, 1)).T
        self._change = self._size * np.repeat([1.0, -1.0], tiers * len(dealer.sizes))

    def draw(self, rng: np.random.Generator, paths: int) -> tuple[Array, Integers, Array]:
        """Days until the next request, its kind, and the uniform number that decides whether it trades."""
        gap = rng.exponential(self._mean_gap, paths)
        return gap, np.searchsorted(self._cumulative, rng.random(paths)), rng.random(paths)

    def answer(self, q: Array, kind: Integers, chance: Array, open_: Mask) -> tuple[Array, Array, Array]:
        """The inventory after the request, what it earned (MEUR bp) and what it traded (MEUR)."""
        after = q + self._change[kind]
        quote = _interpolate(self._policy, self._tables, kind, q)
        quoted = (np.abs(after) <= self._limit + 1e-9) & np.isfinite(quote) & open_
        distance = np.where(quoted, quote, 0.0)
        accepted = quoted & (chance * (1.0 + np.exp(self._alpha[kind] + self._beta[kind] * distance)) < 1.0)
        traded = np.where(accepted, self._size[kind], 0.0)
        return np.where(accepted, after, q), traded * distance, traded


def _interpolate(policy: FxPolicy, tables: Array, row: Integers, q: Array) -> Array:
    """Row `row` of each path's table at inventory q, linear between grid points; inf if either point has no quote."""
    place = (q - policy.grid[0]) / policy.step
    low = np.clip(place.astype(np.int64), 0, len(policy.grid) - 2)
    part = place - low
    left, right = tables[row, low], tables[row, low + 1]
    with np.errstate(invalid="ignore"):  # no part of no quote is not a number, and is not taken
        between = (1.0 - part) * left + part * right
    return np.asarray(np.where(part < 1e-9, left, np.where(part > 1.0 - 1e-9, right, between)))


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
