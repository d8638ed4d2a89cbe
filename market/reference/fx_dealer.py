"""An FX dealer who quotes ladders to tiers of clients and hedges at a cost: the model, and any policy's exact value.

Requests of size z_k arrive for each tier n and side at rate lambda_k; a quote at distance delta (bp) from the reference
price S is taken with probability f_n(delta). The dealer also hedges at a rate v (MEUR/day, positive: buying), which
moves the price by dS = sigma dW + k v dt and costs L(v) = eta v^2 + phi |v|. It maximises, per unit of time,

    E int [ sum z (delta_b 1{sold to us} + delta_a 1{bought from us}) + k q v - L(v) - (gamma/2) sigma^2 q^2 ] dt.

Units: day, MEUR, bp; money in MEUR bp (= 100 EUR). Requests that would carry |q| over the limit are declined.

Inventory lives on a grid of given step that contains every size; hedging is the upwind Markov chain (steps at rate
v / step), so every policy on the grid is a Markov chain whose gain and stationary law are found by linear algebra.

Source: Barzykin, Bergault, Gueant, "Market making by an FX dealer: tiers, pricing ladders and hedging rates for optimal
risk control" (2112.02269; Risk, 2022). Defaults are the paper's EUR/USD values.
"""

from __future__ import annotations

from typing import Literal, get_args

import attrs
import numpy as np

from .acceptance import Logistic
from .fields import Array, Mask, floats
from .linear import BlockTridiagonal

MINUTES = 1440.0  # of a day: rates are per day, times are reported in minutes

Hedging = Literal["reduce", "any", "none"]

# Per day: the rate of steps to neighbouring points that every generator contains. Too small to be seen in any result
# (1e-8 of the objective), it links points that no trade or hedge links, such as half a MEUR without hedging.
_LINK = 1e-3


@attrs.frozen
class FxDealer:
    """The dealer's market and aims.

    Args:
        sizes: of requests, MEUR.
        rates: requests per day of each size, for each tier and side.
        tiers: acceptance of each tier of clients (bp).
        sigma: volatility of the reference price, bp per square root of a day.
        impact: k, permanent impact of hedging, bp per MEUR.
        hedge_quadratic: eta, bp day/MEUR.
        hedge_linear: phi, bp.
        gamma: risk aversion, 1/(bp MEUR).
        limit: of |inventory|, MEUR.
        horizon: of the finite-horizon problem, days.
        hedging: "reduce" lets hedges only reduce |q|; "any" lets them go either way; "none" forbids them.

    With "any" a risk aversion below k^2 / (2 eta sigma^2) is refused: client trades carry no impact in this model, so
    such a dealer would pump the price by buying while long (see `pumping_gamma`).

    Raises:
        ValueError: a field outside its range, naming field and value.
    """

    sizes: tuple[float, ...] = attrs.field(default=(1.0, 2.0, 5.0, 10.0, 20.0, 50.0), converter=floats)
    rates: tuple[float, ...] = attrs.field(default=(720.0, 450.0, 342.0, 180.0, 90.0, 18.0), converter=floats)
    tiers: tuple[Logistic, ...] = attrs.field(default=(Logistic(-0.3, 5.0), Logistic(-1.9, 15.0)), converter=tuple)
    sigma: float = 50.0
    impact: float = 5e-3
    hedge_quadratic: float = 1e-5
    hedge_linear: float = 0.1
    gamma: float = 2e-3
    limit: float = 250.0
    horizon: float = 0.05
    hedging: Hedging = "reduce"

    def __attrs_post_init__(self) -> None:
        for name in ("sizes", "rates", "tiers"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty: at least one is needed")
        if len(self.sizes) != len(self.rates):
            raise ValueError(f"rates has {len(self.rates)} entries and sizes has {len(self.sizes)}: one rate per size")
        positive = ("sizes", "rates", "sigma", "hedge_quadratic", "gamma", "limit", "horizon")
        for name in (*positive, "impact", "hedge_linear"):
            values = np.atleast_1d(getattr(self, name))
            least = "positive" if name in positive else "zero or more"
            if not (np.isfinite(values) & ((values > 0) if name in positive else (values >= 0))).all():
                raise ValueError(f"{name} = {getattr(self, name)}: must be {least} and finite")
        if self.hedging not in get_args(Hedging):
            raise ValueError(f"hedging = {self.hedging!r}: must be one of {get_args(Hedging)}")
        if self.hedging == "any" and self.gamma <= self.pumping_gamma:
            raise ValueError(
                f"gamma = {self.gamma}: with hedging in either direction it must exceed k^2/(2 eta sigma^2) = "
                f"{self.pumping_gamma:.6g}, or the optimum pumps the price; use hedging='reduce'"
            )

    @property
    def pumping_gamma(self) -> float:
        """k^2 / (2 eta sigma^2), 1/(bp MEUR): below it an unguarded dealer gains by buying while long."""
        return self.impact**2 / (2.0 * self.hedge_quadratic * self.sigma**2)

    def grid(self, step: float = 1.0) -> Array:
        """Inventories within the limit, MEUR, shape (points,); ValueError if a size or the limit is off the grid."""
        for name, value in (("limit", self.limit), *(("sizes", z) for z in self.sizes)):
            if abs(value / step - round(value / step)) > 1e-9:
                raise ValueError(f"step = {step}: {name} holds {value}, which is no multiple of it")
        half = round(self.limit / step)
        return np.asarray(np.arange(-half, half + 1) * step, dtype=np.float64)


@attrs.frozen(eq=False)
class FxPolicy:
    """A stationary policy tabulated on a grid of inventories.

    Args:
        grid: inventories, MEUR, shape (points,), evenly spaced.
        bid: distances below the reference price at which the dealer buys, bp, (tiers, sizes, points); inf: no quote.
        ask: distances above it at which the dealer sells, bp, same shape.
        hedge: hedging rate v, MEUR/day, shape (points,); positive buys.
    """

    grid: Array
    bid: Array
    ask: Array
    hedge: Array

    @property
    def step(self) -> float:
        """Spacing of the grid, MEUR."""
        return float(self.grid[1] - self.grid[0])

    def index(self, inventory: float) -> int:
        """Where an inventory (MEUR) stands on the grid; ValueError if it is not on it."""
        i = round((inventory - self.grid[0]) / self.step)
        if not (0 <= i < len(self.grid) and abs(self.grid[i] - inventory) < 1e-9):
            raise ValueError(f"inventory = {inventory}: not on the grid from {self.grid[0]} to {self.grid[-1]}")
        return int(i)

    @property
    def internalisation_threshold(self) -> float:
        """Half-width of the pure internalisation zone, MEUR: nothing is hedged on [-it, it].

        Between the last point without hedging and the first with it, the rate is continued linearly to zero.
        """
        zones = []
        for rates in (self.hedge[len(self.grid) // 2 :], self.hedge[len(self.grid) // 2 :: -1]):
            speed = np.abs(rates)
            first = int(np.argmax(speed > 0.0))
            if first == 0:
                zones.append(0.0 if speed[0] else float(self.grid[-1]))
            else:
                rise = float(speed[first + 1] - speed[first]) if first + 1 < len(speed) else 0.0
                back = min(float(speed[first]) / rise, 1.0) if rise > 0.0 else 1.0
                zones.append((first - back) * self.step)
        return min(zones)


@attrs.frozen(eq=False)
class FxMeasures:
    """What a policy is worth in its stationary state.

    Args:
        objective: the gain, MEUR bp per day.
        revenue: spread earned from clients, MEUR bp per day.
        hedging_cost: L(v), MEUR bp per day.
        impact_gain: k q v, MEUR bp per day (negative: hedging out of a position moves the price against it).
        risk_cost: (gamma/2) sigma^2 E q^2, MEUR bp per day.
        turnover: traded with clients, MEUR per day.
        hedged: traded as hedges, MEUR per day.
        internalisation: 1 - hedged / turnover: the share of client flow offset by other client flow; NaN without any.
        inventory_sd: MEUR.
        risk_neutralisation_time: integral of inventory's autocorrelation over time, minutes. (Our definition: the
            paper's was not available to us. At gamma = 1e-2 it is 1.46 min; the paper compares 1.39 min.)
        holding_time: E|q| over the rate at which clients' trades open risk, minutes: by Little's law the mean time
            from opening a unit of risk to closing it.
        distribution: stationary probabilities of inventory, shape (points,).
        value: relative value theta, MEUR bp, zero at q = 0, shape (points,).
    """

    objective: float
    revenue: float
    hedging_cost: float
    impact_gain: float
    risk_cost: float
    turnover: float
    hedged: float
    internalisation: float
    inventory_sd: float
    risk_neutralisation_time: float
    holding_time: float
    distribution: Array
    value: Array


def client_rates(dealer: FxDealer, policy: FxPolicy) -> Array:
    """Rates per day at which clients' trades carry inventory from point to point, shape (points, points)."""
    points = len(policy.grid)
    rates = np.zeros((points, points))
    own = np.arange(points)
    for k, (size, rate) in enumerate(zip(dealer.sizes, dealer.rates, strict=True)):
        jump = round(size / policy.step)
        for n, tier in enumerate(dealer.tiers):
            rates[own[:-jump], own[jump:]] += rate * tier.probability(policy.bid[n, k, :-jump])
            rates[own[jump:], own[:-jump]] += rate * tier.probability(policy.ask[n, k, jump:])
    return rates


def is_fast(dealer: FxDealer, grid: Array, hedge: Array) -> Mask:
    """Where hedging outruns what clients' trades blur within a step: differenced upwind there, not centred."""
    blur = len(dealer.tiers) * sum(rate * size**2 for rate, size in zip(dealer.rates, dealer.sizes, strict=True))
    return np.asarray(np.abs(hedge) * (grid[1] - grid[0]) > 0.25 * blur)


def generator(dealer: FxDealer, policy: FxPolicy, fast: Mask | None = None) -> Array:
    """The policy's generator per day, shape (points, points), rows summing to zero: client trades and v d/dq.

    The derivative is centred (second order, so off-diagonal entries may be negative) except where hedging is `fast`
    (by default: `is_fast` for this policy).
    """
    rates = client_rates(dealer, policy)
    own = np.arange(len(policy.grid))
    rates[own[:-1], own[1:]] += _LINK
    rates[own[1:], own[:-1]] += _LINK
    speed = policy.hedge / policy.step
    fast = is_fast(dealer, policy.grid, policy.hedge) if fast is None else fast.copy()
    fast[[0, -1]] = True
    up = np.where(fast, np.maximum(speed, 0.0), 0.5 * speed)
    down = np.where(fast, np.maximum(-speed, 0.0), -0.5 * speed)
    rates[own[:-1], own[1:]] += up[:-1]
    rates[own[1:], own[:-1]] += down[1:]
    rates[own, own] -= rates.sum(axis=1)
    return rates


def _client_flows(dealer: FxDealer, policy: FxPolicy) -> tuple[Array, Array, Array]:
    """Per day and inventory: spread revenue, bought volume, sold volume; each of shape (points,)."""
    flows = np.zeros((3, len(policy.grid)))
    for side, quotes in ((1, policy.bid), (2, policy.ask)):
        for n, tier in enumerate(dealer.tiers):
            for k, (size, rate) in enumerate(zip(dealer.sizes, dealer.rates, strict=True)):
                quote = quotes[n, k]
                allowed = np.isfinite(quote)
                volume = size * rate * tier.probability(quote)
                flows[0] += np.where(allowed, quote, 0.0) * volume
                flows[side] += volume
    return flows[0], flows[1], flows[2]


def hedging_cost(dealer: FxDealer, rate: Array) -> Array:
    """L(v) = eta v^2 + phi |v|, MEUR bp per day; v in MEUR/day, any shape."""
    return dealer.hedge_quadratic * rate**2 + dealer.hedge_linear * np.abs(rate)


def running_reward(dealer: FxDealer, policy: FxPolicy) -> Array:
    """The integrand of the objective at each inventory, MEUR bp per day, shape (points,)."""
    q, v = policy.grid, policy.hedge
    risk = 0.5 * dealer.gamma * dealer.sigma**2 * q**2
    return _client_flows(dealer, policy)[0] + dealer.impact * q * v - hedging_cost(dealer, v) - risk


def jump_width(rates: Array) -> int:
    """How far from the diagonal a generator reaches, in steps of the grid."""
    rows, columns = np.nonzero(rates)
    return int(np.abs(rows - columns).max())


def gain_and_value(rates: Array, reward: Array) -> tuple[float, Array]:
    """Solve rates @ value + reward = gain with value = 0 in the middle: the gain per day and the relative value."""
    points = len(reward)
    middle = points // 2
    others = np.delete(np.arange(points), middle)
    right = np.column_stack([-reward[others], np.ones(points - 1)])
    base, slope = BlockTridiagonal(rates[np.ix_(others, others)], jump_width(rates)).solve(right).T
    gain = float((reward[middle] + rates[middle, others] @ base) / (1.0 - rates[middle, others] @ slope))
    return gain, np.insert(base + gain * slope, middle, 0.0)


def stationary_distribution(rates: Array) -> Array:
    """The stationary law of a chain with this generator, shape (points,); ValueError on too coarse a grid."""
    points = len(rates)
    middle = points // 2
    others = np.delete(np.arange(points), middle)
    inflow = -rates[middle, others][:, None]
    law = np.insert(
        BlockTridiagonal(rates[np.ix_(others, others)].T, jump_width(rates)).solve(inflow)[:, 0], middle, 1.0
    )
    law = law / law.sum()
    if law.min() < -1e-6:
        raise ValueError(
            f"the grid is too coarse for this hedging (a probability of {law.min():.2g}): use a smaller step"
        )
    law = np.maximum(law, 0.0)
    return np.asarray(law / law.sum())


def evaluate(dealer: FxDealer, policy: FxPolicy) -> FxMeasures:
    """Exact stationary measures of a policy on its grid (the same generator as the solver's)."""
    rates = generator(dealer, policy)
    trades = client_rates(dealer, policy)
    gain, value = gain_and_value(rates, running_reward(dealer, policy))
    law = stationary_distribution(rates)
    q, v = policy.grid, policy.hedge
    revenue, bought, sold = _client_flows(dealer, policy)
    turnover = float(law @ (bought + sold))
    hedged = float(law @ np.abs(v))
    absolute = np.abs(q)
    opened = float(law @ (trades * np.maximum(absolute[None, :] - absolute[:, None], 0.0)).sum(axis=1))
    mean, second = float(law @ q), float(law @ q**2)
    variance = second - mean**2
    memory = gain_and_value(rates, q - mean)[1]  # E int_0^inf (q_t - mean) dt from each inventory, up to a constant
    return FxMeasures(
        objective=gain,
        revenue=float(law @ revenue),
        hedging_cost=float(law @ hedging_cost(dealer, v)),
        impact_gain=float(law @ (dealer.impact * q * v)),
        risk_cost=0.5 * dealer.gamma * dealer.sigma**2 * second,
        turnover=turnover,
        hedged=hedged,
        internalisation=1.0 - hedged / turnover if turnover > 0.0 else np.nan,
        inventory_sd=float(np.sqrt(variance)),
        risk_neutralisation_time=float((law * (q - mean)) @ memory) / variance * MINUTES,
        holding_time=float(law @ absolute) / opened * MINUTES if opened > 0.0 else np.nan,
        distribution=law,
        value=value,
    )
