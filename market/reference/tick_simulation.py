"""Monte-Carlo simulation of the tick dealer, event by event: what checks the exact evaluation."""

from __future__ import annotations

import attrs
import numpy as np

from .estimates import Estimate, estimate, spread
from .fields import Array, Integers
from .tick_dealer import TickDealer, TickPolicy


@attrs.frozen
class TickEstimates:
    """Averages per minute over the measured window: units as in `TickMeasures`."""

    objective: Estimate
    turnover: Estimate
    hedged: Estimate
    inventory_sd: Estimate


def simulate(
    dealer: TickDealer,
    gamma: float,
    policy: TickPolicy,
    rng: np.random.Generator,
    *,
    paths: int = 2000,
    ticks: int = 1000,
    burn_in: int = 200,
) -> TickEstimates:
    """Simulate independent dealers who start flat, and average over `ticks` after `burn_in` ticks.

    Args:
        dealer: the instance.
        gamma: risk aversion, 1/(bp MEUR).
        policy: the tabulated policy.
        rng: the generator to draw from.
        paths: number of independent dealers.
        ticks: length of the measured window.
        burn_in: ticks left out before it.
    """
    policy.check(dealer)
    q: Integers = np.zeros(paths, dtype=np.int64)
    totals = np.zeros((5, paths))  # reward without risk, client volume, hedged volume, int q^2, int q
    for tick in range(burn_in + ticks):
        row = q + dealer.limit
        hedge = dealer.hedged(q, policy.h[row])
        q, flows = _between_ticks(dealer, q - hedge, policy.s[row], policy.u[row], rng)
        if tick >= burn_in:
            flows[0] -= dealer.hedging_cost(hedge)
            flows[2] = np.abs(hedge)
            totals += flows
    means = totals / (ticks * dealer.tick)
    return TickEstimates(
        objective=estimate(means[0] - 0.5 * gamma * dealer.sigma**2 * means[3]),
        turnover=estimate(means[1]),
        hedged=estimate(means[2]),
        inventory_sd=spread(means[4], means[3]),
    )


def _between_ticks(
    dealer: TickDealer, q: Integers, s: Array, u: Array, rng: np.random.Generator
) -> tuple[Integers, Array]:
    """One tick's requests, in order of time: the inventory at its end, and what each path gathered."""
    rates = np.asarray(dealer.rates)
    sizes = np.asarray(dealer.sizes)
    cumulative = np.cumsum(rates) / rates.sum()
    clock = np.zeros(len(q))
    flows = np.zeros((5, len(q)))
    alive = np.arange(len(q))
    while len(alive):
        event = clock[alive] + rng.exponential(0.5 / rates.sum(), len(alive))
        held = np.minimum(event, dealer.tick) - clock[alive]
        flows[3, alive] += held * q[alive] ** 2
        flows[4, alive] += held * q[alive]
        clock[alive] = event
        alive = alive[event < dealer.tick]
        side = np.where(rng.random(len(alive)) < 0.5, 1, -1)  # +1: the client sells to us
        size = sizes[np.searchsorted(cumulative, rng.random(len(alive)))]
        quote = s[alive] - side * u[alive]
        after = q[alive] + side * size
        traded = (rng.random(len(alive)) < dealer.acceptance.probability(quote)) & (np.abs(after) <= dealer.limit)
        flows[0, alive] += np.where(traded, size * quote, 0.0)
        flows[1, alive] += np.where(traded, size, 0.0)
        q[alive] = np.where(traded, after, q[alive])
    return q, flows
