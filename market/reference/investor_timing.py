"""When an investor who wants profit and loss only (w = 1) should trade: dynamic programming over price and inventory.

The investor may, at each of its decisions, buy or sell one lot at a cost of c bp, or do nothing; its inventory is
marked at the reference price x (bp from its mean) until the close, where nothing is liquidated. V(t, x, q) is the best
expected profit from t on, and D the time to the next step of the grid:

    H(t, x, q) = E[ q (x' - x) - g |q (x' - x)| + V(t + D, x', q) | x ],
    V(t, x, q) = (1 - p) H(t, x, q) + p max_{a in -1, 0, 1} ( H(t, x, q + a z) - c |a| z ),

where x' given x is the exact transition of a Brownian motion or an Ornstein-Uhlenbeck process and p the probability of
a decision: 1 if decisions are regular (D is then their interval), else 1 - e^(-D / interval) for a Poisson process.

On a martingale price E[x' - x] = 0: trading earns nothing and costs c, so that it is best never to trade. On a
mean-reverting price the best rule is a threshold: buy where the price lies far enough below its mean, sell above.
"""

from __future__ import annotations

from functools import cached_property
from math import ceil, erf, exp, expm1, pi, sqrt
from typing import Literal

import attrs
import numpy as np
from attrs import validators

from .estimates import Estimate, estimate
from .fields import Array, Integers

_REACH = 6.0  # standard deviations of the price that the grid spans to either side
_POINTS = 241
_FINEST = 8  # steps of the grid between two decisions of a Poisson process


@attrs.frozen
class InvestorTiming:
    """An investor with w = 1. Times in minutes, quantities in MEUR, prices in bp, money in MEUR bp.

    Attributes:
        horizon: length of the session.
        interval: mean time between two decisions.
        pace: "regular": decisions at interval, 2 interval, ... before the close; "poisson": at exponential times.
        rate: speed of mean reversion, per minute; 0 for a Brownian motion.
        volatility: bp per square root of a minute.
        cost: c, of trading a MEUR, bp.
        size: z, of a lot.
        limit: of the absolute inventory, in whole lots.
        risk_aversion: g; for regular decisions only, as it is charged from one look at the price to the next.
    """

    horizon: float = attrs.field(validator=validators.gt(0.0))
    interval: float = attrs.field(validator=validators.gt(0.0))
    rate: float = attrs.field(validator=validators.ge(0.0))
    volatility: float = attrs.field(validator=validators.gt(0.0))
    cost: float = attrs.field(validator=validators.ge(0.0))
    size: float = attrs.field(default=1.0, validator=validators.gt(0.0))
    limit: int = attrs.field(default=10, validator=validators.ge(1))
    risk_aversion: float = attrs.field(default=0.0, validator=validators.ge(0.0))
    pace: Literal["poisson", "regular"] = attrs.field(
        default="regular", validator=validators.in_(("poisson", "regular"))
    )

    def __attrs_post_init__(self) -> None:
        if self.risk_aversion and self.pace == "poisson":
            raise ValueError(
                f"risk_aversion is {self.risk_aversion:g} with Poisson decisions: what is charged from one look at the "
                "price to the next is known for regular decisions only"
            )

    @property
    def step(self) -> float:
        """D, minutes: of the grid in time."""
        if self.pace == "regular":
            return self.interval
        return self.horizon / ceil(self.horizon / self.interval * _FINEST)

    @property
    def chance(self) -> float:
        """p, of a decision at a time of the grid."""
        return 1.0 if self.pace == "regular" else -expm1(-self.step / self.interval)

    @cached_property
    def times(self) -> Array:
        """Times of the grid at which a decision may come, before the close."""
        count = ceil(self.horizon / self.step - 1e-9)
        return np.arange(1, count, dtype=np.float64) * self.step

    @property
    def spread(self) -> float:
        """Standard deviation of the price: over all times if it reverts, at the close if not, bp."""
        if self.rate:
            return self.volatility / sqrt(2.0 * self.rate)
        return self.volatility * sqrt(self.horizon)

    def transition(self, over: float) -> tuple[float, float]:
        """Factor of x and standard deviation of x' given x, `over` minutes later."""
        if not self.rate:
            return 1.0, self.volatility * sqrt(over)
        return exp(-self.rate * over), self.volatility * sqrt(-expm1(-2.0 * self.rate * over) / (2.0 * self.rate))


@attrs.frozen(eq=False)
class TimingRule:
    """The best rule.

    Attributes:
        problem: what it solves.
        prices: grid of x, shape (points,), bp.
        trades: lots to buy (1), to sell (-1) or neither (0), shape (times, points, inventories).
        value: V before the first time of the grid, at each price and inventory, shape (points, inventories), MEUR bp.
    """

    problem: InvestorTiming
    prices: Array
    trades: Integers
    value: Array

    def lots(self, time: float, price: float, inventory: float) -> int:
        """What to buy (sell if negative) at `time`, the price `price` bp above its mean, with an inventory in MEUR."""
        problem = self.problem
        when = int(np.clip(round(time / problem.step) - 1, 0, len(self.trades) - 1))
        where = int(np.clip(np.searchsorted(self.prices, price), 1, len(self.prices) - 1))
        where -= int(price - self.prices[where - 1] < self.prices[where] - price)
        held = int(np.clip(round(inventory / problem.size), -problem.limit, problem.limit)) + problem.limit
        return int(self.trades[when, where, held])

    def thresholds(self, time: float) -> tuple[Array, Array]:
        """For each inventory the highest price at which to buy and the lowest at which to sell, bp; NaN if none.

        Each of shape (inventories,), from -limit lots to limit lots.
        """
        when = int(np.clip(round(time / self.problem.step) - 1, 0, len(self.trades) - 1))
        table = self.trades[when]
        low = np.where(table == 1, self.prices[:, None], -np.inf).max(axis=0)
        high = np.where(table == -1, self.prices[:, None], np.inf).min(axis=0)
        return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)

    def profit(self, price: float = 0.0, inventory: float = 0.0) -> float:
        """Expected profit of a session that opens at `price` with `inventory` (MEUR), MEUR bp."""
        factor, deviation = self.problem.transition(self.problem.step)
        held = round(inventory / self.problem.size) + self.problem.limit
        weights = _cells(self.prices, np.array([price * factor]), deviation)[0]
        moved = inventory * price * (factor - 1.0)
        return float(weights @ self.value[:, held]) + moved - self._first_risk(price, inventory, factor, deviation)

    def _first_risk(self, price: float, inventory: float, factor: float, deviation: float) -> float:
        g = self.problem.risk_aversion
        return g * abs(inventory) * float(_absolute(np.array([price * (factor - 1.0)]), deviation)[0])


def solve(problem: InvestorTiming) -> TimingRule:
    """The best rule, by backward induction on a grid of prices."""
    reach = _REACH * problem.spread
    prices = np.linspace(-reach, reach, _POINTS)
    factor, deviation = problem.transition(problem.step)
    law = _cells(prices, prices * factor, deviation)
    lots = np.arange(-problem.limit, problem.limit + 1)
    held = problem.size * lots
    moved = prices * (factor - 1.0)
    gain = moved[:, None] * held
    risk = problem.risk_aversion * _absolute(moved, deviation)[:, None] * np.abs(held)
    price_of = problem.cost * problem.size
    value = np.zeros((len(prices), len(lots)))
    trades = np.zeros((len(problem.times), len(prices), len(lots)), np.int8)
    for when in reversed(range(len(problem.times))):
        hold = gain - risk + law @ value
        best, chosen = hold, trades[when]
        for lot in (1, -1):
            other = np.full_like(hold, -np.inf)
            inner = (slice(None), slice(1, None) if lot > 0 else slice(None, -1))
            here = (slice(None), slice(None, -1) if lot > 0 else slice(1, None))
            other[here] = hold[inner] - price_of
            chosen[other > best + 1e-12] = lot
            best = np.maximum(best, other)
        value = hold + problem.chance * (best - hold)
    return TimingRule(problem, prices, trades.astype(np.int64), value)


def simulate(rule: TimingRule, rng: np.random.Generator, paths: int, price: float = 0.0) -> Estimate:
    """Profit of a session by the rule, from independent paths of the price that open at `price`, MEUR bp."""
    problem = rule.problem
    x, q = np.full(paths, price), np.zeros(paths, np.int64)
    earned = np.zeros(paths)
    half = (rule.prices[1] - rule.prices[0]) / 2.0
    for when in range(-1, len(problem.times)):
        if when >= 0:
            where = np.clip(np.searchsorted(rule.prices, x - half), 0, len(rule.prices) - 1)
            lots = rule.trades[when, where, q + problem.limit] * (rng.random(paths) < problem.chance)
            q += lots
            earned -= problem.cost * problem.size * np.abs(lots)
        factor, deviation = problem.transition(problem.step)
        moved = factor * x + deviation * rng.standard_normal(paths)
        gain = problem.size * q * (moved - x)
        earned += gain - problem.risk_aversion * np.abs(gain)
        x = moved
    return estimate(earned)


def _cells(prices: Array, centres: Array, deviation: float) -> Array:
    """Probability of each price of a regular grid given Gaussian laws, shape (centres, prices): of the cell around it,
    with what lies beyond the grid given to its ends.
    """
    edges = (prices[1:] + prices[:-1]) / 2.0
    places = (edges[None, :] - centres[:, None]) / (deviation * sqrt(2.0))
    below = 0.5 * (1.0 + _ERF(places))
    zero, one = np.zeros((len(centres), 1)), np.ones((len(centres), 1))
    return np.diff(np.hstack([zero, below, one]), axis=1)


def _absolute(mean: Array, deviation: float) -> Array:
    """E|m + deviation xi| for a standard normal xi."""
    place = mean / deviation
    return np.asarray(deviation * sqrt(2.0 / pi) * np.exp(-0.5 * place**2) + mean * _ERF(place / sqrt(2.0)))


_ERF = np.vectorize(erf, otypes=[np.float64])
