"""A dealer who quotes and hedges at ticks: the benchmark for learners, and the exact value of any policy.

At each tick (every `tick` minutes) the dealer sees its inventory q, an integer, and picks a half-spread s, a skew u and
a hedge fraction h. It first hedges x = sign(q) floor(h |q| + 1/2), which costs linear |x| + quadratic x^2 and leaves
q - x, then quotes its bid at distance s - u and its ask at distance s + u from the reference price until the next tick.
Requests of sizes z_k arrive as Poisson processes at rate lambda_k per side; each is traded with probability f(delta),
the same distance for all sizes; a request that would carry |q| over the limit is declined. The objective, per minute:

    J = E[ sum z delta - hedging cost - (gamma/2) sigma^2 int q^2 dt ].

Within a tick inventory is a continuous-time Markov chain with constant rates, so the law at the next tick and the time
spent at each inventory are found to rounding by uniformisation:

    e^{GT} = sum_n p_n P^n,   int_0^T e^{Gt} dt = sum_n (1 - p_0 - ... - p_n) / L P^n,   P = I + G/L,  p = Poisson(LT).

Units: minutes, MEUR, bp; money in MEUR bp (= 100 EUR).
"""

from __future__ import annotations

import math

import attrs
import numpy as np
import numpy.typing as npt

from .acceptance import Logistic
from .fields import Array, Integers, Mask, floats, interval, whole, whole_numbers
from .linear import solve_in_blocks

# Chance per tick of being put back to a flat inventory: too rare to be seen (1e-9 of the objective), it makes what is
# reached from flat the only recurrent class, also for policies that would never leave some other set of inventories.
_RESTART = 1e-10

_CACHED = 20_000  # numbers worked on at a time, so that they stay in the processor's cache


@attrs.frozen
class TickDealer:
    """An instance of the benchmark; the defaults are the shipped one.

    Args:
        tick: minutes between decisions.
        sigma: volatility of the reference price, bp per square root of a minute.
        limit: of |inventory|, MEUR, whole.
        sizes: of requests, MEUR, whole.
        rates: requests per minute of each size, for each side.
        acceptance: probability of trading against distance.
        hedge_linear: bp.
        hedge_quadratic: bp/MEUR.
        half_spread: range of s, bp.
        skew: range of u, bp.
        hedge: range of h, within [0, 1].
        gammas: risk aversions at which scores are reported, 1/(bp MEUR).

    Raises:
        ValueError: a field outside its range, naming field and value.
    """

    tick: float = 0.25
    sigma: float = 50.0 / math.sqrt(1440.0)
    limit: int = attrs.field(default=50, converter=whole)
    sizes: tuple[int, ...] = attrs.field(default=(1, 5, 10), converter=whole_numbers)
    rates: tuple[float, ...] = attrs.field(default=(1.0, 0.5, 0.2), converter=floats)
    acceptance: Logistic = attrs.field(factory=lambda: Logistic(-0.3, 3.5))
    hedge_linear: float = 0.6
    hedge_quadratic: float = 0.01
    half_spread: tuple[float, float] = attrs.field(default=(0.0, 2.0), converter=interval)
    skew: tuple[float, float] = attrs.field(default=(-1.5, 1.5), converter=interval)
    hedge: tuple[float, float] = attrs.field(default=(0.0, 1.0), converter=interval)
    gammas: tuple[float, ...] = attrs.field(default=(0.001, 0.002, 0.005, 0.01, 0.02), converter=floats)

    def __attrs_post_init__(self) -> None:
        if len(self.sizes) != len(self.rates):
            raise ValueError(f"rates has {len(self.rates)} entries and sizes has {len(self.sizes)}: one rate per size")
        for name in ("tick", "sigma", "limit", "sizes", "rates", "gammas", "hedge_linear", "hedge_quadratic"):
            values = np.atleast_1d(getattr(self, name)).astype(np.float64)
            cost = name.startswith("hedge")
            if not (len(values) and np.isfinite(values).all() and (values >= 0 if cost else values > 0).all()):
                raise ValueError(f"{name} = {getattr(self, name)}: must be {'zero or more' if cost else 'positive'}")
        for name in ("half_spread", "skew", "hedge"):
            low, high = getattr(self, name)
            if not (np.isfinite([low, high]).all() and low <= high):
                raise ValueError(f"{name} = {(low, high)}: must be a finite range, lowest first")
        if self.hedge[0] < 0.0 or self.hedge[1] > 1.0:
            raise ValueError(f"hedge = {self.hedge}: must lie within [0, 1]")

    @property
    def inventories(self) -> Integers:
        """Every inventory within the limit, shape (2 limit + 1,)."""
        return np.arange(-self.limit, self.limit + 1)

    def hedged(self, inventory: npt.ArrayLike, fraction: npt.ArrayLike) -> Integers:
        """What is traded to reduce q: x = sign(q) floor(h |q| + 1/2); MEUR, whole."""
        q = np.asarray(inventory)
        return np.asarray(np.sign(q) * np.floor(np.asarray(fraction) * np.abs(q) + 0.5), dtype=np.int64)

    def reachable(self) -> Mask:
        """Which inventories some policy can reach from flat, before or after a hedge; shape (inventories,)."""
        q = self.inventories
        seen = q == 0
        least, most = (np.abs(self.hedged(q, edge)) for edge in self.hedge)
        for _ in q:
            new = seen.copy()
            for jump in (*self.sizes, *(-z for z in self.sizes)):
                after = q[seen] + jump
                new[after[np.abs(after) <= self.limit] + self.limit] = True
            for at in np.flatnonzero(seen):
                left = np.sign(q[at]) * (abs(q[at]) - np.arange(least[at], most[at] + 1))
                new[left + self.limit] = True
            if (new == seen).all():
                break
            seen = new
        return np.asarray(seen, dtype=np.bool_)

    def hedging_cost(self, amount: npt.ArrayLike) -> Array:
        """Cost of a hedge: linear |x| + quadratic x^2, MEUR bp."""
        x = np.abs(np.asarray(amount, dtype=np.float64))
        return np.asarray(self.hedge_linear * x + self.hedge_quadratic * x**2)

    def risk(self, gamma: float) -> Array:
        """(gamma/2) sigma^2 q^2 at each inventory, MEUR bp per minute, shape (inventories,)."""
        return np.asarray(0.5 * gamma * self.sigma**2 * self.inventories.astype(np.float64) ** 2)


@attrs.frozen(eq=False)
class TickPolicy:
    """What to do at each inventory, as seen before the tick's hedge; each of shape (2 limit + 1,), in order of q.

    Args:
        s: half-spreads, bp.
        u: skews, bp.
        h: hedge fractions.
    """

    s: Array
    u: Array
    h: Array

    def check(self, dealer: TickDealer) -> None:
        """ValueError naming the first inventory at which an action is missing or outside its range."""
        for name, values, (low, high) in (
            ("s", self.s, dealer.half_spread),
            ("u", self.u, dealer.skew),
            ("h", self.h, dealer.hedge),
        ):
            if values.shape != dealer.inventories.shape:
                raise ValueError(
                    f"{name} has shape {values.shape}: one value for each of {len(dealer.inventories)} inventories"
                )
            bad = ~((values >= low - 1e-9) & (values <= high + 1e-9))
            if bad.any():
                where = int(np.argmax(bad))
                raise ValueError(
                    f"{name} = {values[where]} at q = {dealer.inventories[where]}: outside [{low}, {high}]"
                )


@attrs.frozen(eq=False)
class TickMeasures:
    """What a policy is worth in its stationary state, from a flat start.

    Args:
        objective: J, MEUR bp per minute.
        revenue: spread earned, MEUR bp per minute.
        hedging_cost: MEUR bp per minute.
        risk_cost: (gamma/2) sigma^2 E q^2, MEUR bp per minute.
        turnover: traded with clients, MEUR per minute.
        hedged: traded as hedges, MEUR per minute.
        inventory_sd: over time, MEUR.
        distribution: of inventory as seen at a tick before its hedge, shape (inventories,).
        value: relative value of each inventory before a tick's hedge, MEUR bp, zero when flat, shape (inventories,).
    """

    objective: float
    revenue: float
    hedging_cost: float
    risk_cost: float
    turnover: float
    hedged: float
    inventory_sd: float
    distribution: Array
    value: Array


def uniformisation(rate: float, time: float) -> tuple[Array, Array]:
    """Weights of the powers of P = I + G/rate in e^{G time} and in its integral over [0, time]; each (terms,)."""
    mean = rate * time
    terms = int(mean + 10.0 * math.sqrt(mean) + 20.0)
    n = np.arange(terms)
    logs = np.concatenate([[0.0], np.cumsum(np.log(n[1:]))])
    weights = np.exp(n * math.log(mean) - mean - logs)
    # Summed from the small end, the tail keeps its digits.
    tails = np.append(np.cumsum(weights[::-1])[::-1][1:], 0.0)
    used = int(np.searchsorted(-tails, -1e-17)) + 1
    return weights[:used], tails[:used] / rate


def _top_rate(dealer: TickDealer) -> float:
    return 2.0 * float(sum(dealer.rates))


def revenue_rate(dealer: TickDealer, bid: Array, ask: Array) -> tuple[Array, Array]:
    """Spread revenue and traded volume per minute, for quotes of shape (n,); each (n, inventories)."""
    q = dealer.inventories
    volume = [np.zeros(len(q)), np.zeros(len(q))]
    for size, rate in zip(dealer.sizes, dealer.rates, strict=True):
        volume[0] += size * rate * (q + size <= dealer.limit)
        volume[1] += size * rate * (q - size >= -dealer.limit)
    buys = dealer.acceptance.probability(bid)[:, None] * volume[0]
    sells = dealer.acceptance.probability(ask)[:, None] * volume[1]
    return bid[:, None] * buys + ask[:, None] * sells, buys + sells


def after_tick(dealer: TickDealer, bid: Array, ask: Array, reward: Array, value: Array) -> Array:
    """E[ int_0^T reward(q_t) dt + value(q_T) ] from each inventory, under quotes of shape (n,).

    Args:
        dealer: the instance.
        bid: distances, bp, shape (n,).
        ask: distances, bp, shape (n,).
        reward: per minute, shape (n, inventories) or (inventories,).
        value: at the next tick, shape (inventories,).

    Returns:
        Shape (n, inventories).
    """
    rewards = np.broadcast_to(reward, (len(bid), len(dealer.inventories)))
    return np.concatenate(
        [
            _after_tick(dealer, bid[some], ask[some], rewards[some], value)
            for some in np.array_split(np.arange(len(bid)), max(1, rewards.size // _CACHED))
        ]
    )


def _after_tick(dealer: TickDealer, bid: Array, ask: Array, reward: Array, value: Array) -> Array:
    top = _top_rate(dealer)
    points, tails = uniformisation(top, dealer.tick)
    up = dealer.acceptance.probability(bid)[:, None] / top
    down = dealer.acceptance.probability(ask)[:, None] / top
    x, rise, fall = np.zeros((3, *reward.shape))
    for point, tail in zip(points[::-1], tails[::-1], strict=True):
        rise[:], fall[:] = 0.0, 0.0
        for size, rate in zip(dealer.sizes, dealer.rates, strict=True):
            if size <= 2 * dealer.limit:
                difference = rate * (x[:, size:] - x[:, :-size])
                rise[:, :-size] += difference
                fall[:, size:] -= difference
        rise *= up
        fall *= down
        x += rise
        x += fall
        x += point * value + tail * reward
    return np.asarray(x)


def tick_laws(dealer: TickDealer, start: Integers, bid: Array, ask: Array) -> tuple[Array, Array]:
    """The law at the next tick, and the minutes spent at each inventory until then, from given inventories.

    Args:
        dealer: the instance.
        start: inventories after the hedge, MEUR, shape (n,).
        bid: distances, bp, shape (n,).
        ask: distances, bp, shape (n,).

    Returns:
        Two arrays of shape (n, inventories); rows sum to 1 and to the tick.
    """
    top = _top_rate(dealer)
    points, tails = uniformisation(top, dealer.tick)
    up = dealer.acceptance.probability(bid)[:, None] / top
    down = dealer.acceptance.probability(ask)[:, None] / top
    law = np.zeros((len(start), len(dealer.inventories)))
    law[np.arange(len(start)), start + dealer.limit] = 1.0
    end, spent = points[0] * law, tails[0] * law
    for point, tail in zip(points[1:], tails[1:], strict=True):
        rising, falling, new = up * law, down * law, law.copy()
        for size, rate in zip(dealer.sizes, dealer.rates, strict=True):
            if size <= 2 * dealer.limit:
                flow = rate * rising[:, :-size]
                new[:, :-size] -= flow
                new[:, size:] += flow
                flow = rate * falling[:, size:]
                new[:, size:] -= flow
                new[:, :-size] += flow
        law = new
        end += point * law
        spent += tail * law
    return end, spent


def average_reward(laws: Array, reward: Array, tick: float, flat: int | None = None) -> tuple[Array, Array]:
    """Gain per minute and relative value of Markov chains started flat.

    Args:
        laws: transition probabilities over a tick, shape (..., points, points).
        reward: expected over the tick from each point, shape (..., points).
        tick: minutes.
        flat: the point that is the flat inventory; None: the one in the middle.

    Returns:
        Gains, shape (...,), and values, zero when flat, shape (..., points).
    """
    points = laws.shape[-1]
    middle = points // 2 if flat is None else flat
    system = np.eye(points) - (1.0 - _RESTART) * laws
    system[..., :, middle] = tick  # the value is zero there, so its column is free to hold the gain
    # The flat inventory goes last, so that what stands before it is a transient chain.
    order = np.append(np.delete(np.arange(points), middle), middle)
    moved = system[..., order[:, None], order]
    solution = np.empty_like(reward)
    solution[..., order] = solve_in_blocks(moved, reward[..., order, None])[..., 0]
    gain = solution[..., middle].copy()
    solution[..., middle] = 0.0
    return gain, solution


def stationary_law(laws: Array) -> Array:
    """The stationary distribution of a chain started flat, from its transition probabilities, shape (points,)."""
    points = len(laws)
    system = np.eye(points) - (1.0 - _RESTART) * laws.T
    start = np.zeros((points, 1))
    start[points // 2] = 1.0
    law = np.maximum(solve_in_blocks(system, start)[:, 0], 0.0)
    return np.asarray(law / law.sum())


def evaluate(dealer: TickDealer, gamma: float, policy: TickPolicy) -> TickMeasures:
    """The exact stationary measures of a tabulated policy.

    Raises:
        ValueError: an action outside its range.
    """
    policy.check(dealer)
    q = dealer.inventories
    hedge = dealer.hedged(q, policy.h)
    bid, ask = policy.s - policy.u, policy.s + policy.u
    laws, spent = tick_laws(dealer, q - hedge, bid, ask)
    earned, traded = (np.sum(spent * flow, axis=1) for flow in revenue_rate(dealer, bid, ask))
    cost = dealer.hedging_cost(hedge)
    reward = earned - cost - spent @ dealer.risk(gamma)
    gain, value = average_reward(laws, reward, dealer.tick)
    law = stationary_law(laws)
    mean, second = (
        float(law @ (spent @ moment)) / dealer.tick for moment in (q.astype(np.float64), (q**2).astype(np.float64))
    )
    return TickMeasures(
        objective=float(gain),
        revenue=float(law @ earned) / dealer.tick,
        hedging_cost=float(law @ cost) / dealer.tick,
        risk_cost=0.5 * gamma * dealer.sigma**2 * second,
        turnover=float(law @ traded) / dealer.tick,
        hedged=float(law @ np.abs(hedge)) / dealer.tick,
        inventory_sd=math.sqrt(max(second - mean**2, 0.0)),
        distribution=law,
        value=value,
    )
