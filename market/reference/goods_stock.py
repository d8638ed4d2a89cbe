"""How much a shop should keep in stock: the newsvendor, and periodic review with lead time and lost sales.

A shop sells at a fixed price to unit Poisson demand. What it does not have is not sold (lost sales). Every `interval`
days it may order; the goods come `lead_time` days later. This is the goods market's shop with a fixed price and a
regular pace, so that what it learns can be held against the optimum.

Sources: Arrow, Harris & Marschak, "Optimal inventory policy", Econometrica 19 (1951), for the critical fractile; Scarf,
"The optimality of (S, s) policies in the dynamic inventory problem" (1960); Puterman, "Markov decision processes"
(1994), section 8.5, for relative value iteration.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor, lgamma

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from .fields import Array, Integers


def poisson(mean: float, top: int) -> Array:
    """P(N = 0), ..., P(N = top) of a Poisson variable, shape (top + 1,); they need not add up to 1."""
    if mean <= 0.0:
        return np.asarray(np.arange(top + 1) == 0, dtype=np.float64)
    counts = np.arange(top + 1)
    return np.asarray(np.exp(counts * np.log(mean) - mean - [lgamma(k + 1.0) for k in counts.tolist()]))


@attrs.frozen
class Newsvendor:
    """One order for one period of Poisson demand.

    Attributes:
        demand: mean units.
        underage: EUR that a unit too few costs: what it would have earned, and w3.
        overage: EUR that a unit too many costs: what it has cost, less what it is worth afterwards, and its storage.
    """

    demand: float = attrs.field(validator=validators.gt(0.0))
    underage: float = attrs.field(validator=validators.gt(0.0))
    overage: float = attrs.field(validator=validators.gt(0.0))

    @property
    def fractile(self) -> float:
        """Underage / (underage + overage): the probability with which demand should be met in full."""
        return self.underage / (self.underage + self.overage)

    @property
    def quantity(self) -> int:
        """The best order: the least q with P(N <= q) >= fractile."""
        top = int(self.demand + 12.0 * self.demand**0.5 + 20.0)
        return int(np.searchsorted(np.cumsum(poisson(self.demand, top)), self.fractile))

    def cost(self, quantity: int) -> float:
        """Expected EUR lost against knowing the demand: underage E(N - q)+ + overage E(q - N)+."""
        law = poisson(self.demand, quantity)
        left = float(np.arange(quantity, -1, -1) @ law)
        return self.overage * left + self.underage * (self.demand - quantity + left)


@attrs.frozen
class Span:
    """What happens to each stock 0, ..., top in a while of pure selling.

    Attributes:
        reward: expected EUR, shape (top + 1,).
        moves: P(stock afterwards | stock before), shape (top + 1, top + 1).
    """

    reward: Array
    moves: Array


@attrs.frozen
class Solution:
    """An optimal policy.

    Attributes:
        rate: EUR a day.
        orders: units to order, by stock and, with a lead time of an interval or more, by what is on order: shape
            (capacity + 1,) or (capacity + 1, capacity + 1).
    """

    rate: float
    orders: Integers


@attrs.frozen
class StockProblem:
    """A shop with a fixed price that reviews its stock regularly.

    Attributes:
        demand: units asked for per day (Poisson, one at a time).
        margin: EUR earned with each unit sold, w1 price - cost.
        storage: EUR a unit and day, w2 storage cost.
        shortfall: w3, EUR for each unit asked for and not there.
        order_cost: EUR an order.
        capacity: units in stock and on order, at most.
        interval: days between two reviews.
        lead_time: days; less than two intervals.
    """

    demand: float = attrs.field(validator=validators.gt(0.0))
    margin: float
    storage: float = attrs.field(validator=validators.ge(0.0))
    shortfall: float = attrs.field(default=0.0, validator=validators.ge(0.0))
    order_cost: float = attrs.field(default=0.0, validator=validators.ge(0.0))
    capacity: int = attrs.field(default=40, validator=validators.ge(1))
    interval: float = attrs.field(default=1.0, validator=validators.gt(0.0))
    lead_time: float = attrs.field(default=0.0, validator=validators.ge(0.0))

    def __attrs_post_init__(self) -> None:
        if self.lead_time >= 2.0 * self.interval:
            raise ValueError(f"lead_time must be less than two intervals, got {self.lead_time:g}")

    @property
    def pipeline(self) -> bool:
        """Whether an order may be under way at a review: the lead time is an interval or more."""
        return self.lead_time >= self.interval

    def span(self, days: float) -> Span:
        """Selling from stock for `days`.

        With N_t Poisson: units sold min(x, N); stock-days sum over k < x of (x - k) P(N_days > k) / demand, as the
        time spent at exactly k sales has that mean.
        """
        top, mean = self.capacity, self.demand * days
        law = poisson(mean, top)
        beyond = np.clip(1.0 - np.cumsum(law), 0.0, 1.0)  # P(N > k)
        moves = np.zeros((top + 1, top + 1))
        stock_days, sold = np.zeros(top + 1), np.zeros(top + 1)
        for stock in range(top + 1):
            moves[stock, stock:0:-1] = law[:stock]
            moves[stock, 0] = 1.0 - moves[stock, 1:].sum()
            sold[stock] = beyond[:stock].sum()
            stock_days[stock] = np.arange(stock, 0, -1) @ beyond[:stock] / self.demand
        reward = self.margin * sold - self.storage * stock_days - self.shortfall * (mean - sold)
        return Span(reward, moves)

    def solve(self, tolerance: float = 1e-10) -> Solution:
        """The best policy and what it earns, by relative value iteration on the mean reward."""
        values = np.zeros((self.capacity + 1,) * (1 + self.pipeline))
        step = self._step()
        for _ in range(100_000):
            worth = step(values)
            best = worth.max(axis=-1)
            change = best - values
            allowed = np.isfinite(best)
            spread = change[allowed].max() - change[allowed].min()
            values = np.where(allowed, best - best.flat[0], 0.0)
            if spread < tolerance:
                rate = float(change[allowed].mean()) / self.interval
                return Solution(rate, np.asarray(worth.argmax(axis=-1), dtype=np.int64))
        raise ArithmeticError("relative value iteration has not converged")

    def rate(self, orders: npt.ArrayLike) -> float:
        """What a policy earns, EUR a day, from its stationary distribution.

        Args:
            orders: units ordered in each state, shaped as in `Solution`; what does not fit into the storage is cut off.
        """
        table = np.asarray(orders, dtype=np.int64)
        first, second = self._spans()
        top = self.capacity
        if not self.pipeline:
            reward, moves = np.zeros(top + 1), np.zeros((top + 1, top + 1))
            for stock in range(top + 1):
                quantity = int(np.clip(table[stock], 0, top - stock))
                for left in range(stock + 1):
                    moves[stock] += first.moves[stock, left] * second.moves[left + quantity]
                    reward[stock] += first.moves[stock, left] * second.reward[left + quantity]
                reward[stock] += first.reward[stock] - self.order_cost * (quantity > 0)
        else:
            states = [(x, y) for x in range(top + 1) for y in range(top + 1 - x)]
            place = {state: number for number, state in enumerate(states)}
            reward, moves = np.zeros(len(states)), np.zeros((len(states), len(states)))
            for number, (stock, ordered) in enumerate(states):
                quantity = int(np.clip(table[stock, ordered], 0, top - stock - ordered))
                law = first.moves[stock, : stock + 1]
                after = law @ second.moves[ordered : ordered + stock + 1]
                for left in range(stock + ordered + 1):
                    moves[number, place[left, quantity]] += after[left]
                reward[number] = first.reward[stock] + law @ second.reward[ordered : ordered + stock + 1]
                reward[number] -= self.order_cost * (quantity > 0)
        return float(_stationary(moves) @ reward) / self.interval

    def reorder(self, order_up_to: int, reorder_level: float | None = None) -> Integers:
        """The orders of an (s, S) policy, by state: up to S, if the position is at or below s (always, without s)."""
        top = self.capacity
        position = np.arange(top + 1) if not self.pipeline else np.add.outer(np.arange(top + 1), np.arange(top + 1))
        quantity = np.maximum(np.minimum(order_up_to, top) - position, 0)
        return quantity if reorder_level is None else np.where(position <= reorder_level, quantity, 0)

    def best_base_stock(self) -> tuple[int, float]:
        """The best base-stock level S and what it earns, EUR a day."""
        rates = [self.rate(self.reorder(level)) for level in range(self.capacity + 1)]
        best = int(np.argmax(rates))
        return best, rates[best]

    def best_reorder(self) -> tuple[int, int, float]:
        """The best (s, S) and what it earns, EUR a day; all pairs are tried."""
        found = [
            (self.rate(self.reorder(up_to, level)), level, up_to)
            for up_to in range(1, self.capacity + 1)
            for level in range(up_to)
        ]
        rate, level, up_to = max(found)
        return level, up_to, rate

    def _spans(self) -> tuple[Span, Span]:
        """Before and after goods arrive between two reviews."""
        arrival = self.lead_time - self.interval * floor(self.lead_time / self.interval)
        return self.span(arrival), self.span(self.interval - arrival)

    def _step(self) -> Callable[[Array], Array]:
        """Values after the next review to the worth of each order now, -inf where it does not fit."""
        first, second = self._spans()
        top = self.capacity
        size = np.arange(top + 1)
        fee = -self.order_cost * (size > 0)
        if not self.pipeline:
            fits = np.add.outer(size, size) <= top

            def step(values: Array) -> Array:
                later = np.concatenate([second.reward + second.moves @ values, np.zeros(top)])
                shifted = later[np.add.outer(size, size)]  # by what is left and what arrives
                worth = first.reward[:, None] + fee + first.moves @ shifted
                return np.where(fits, worth, -np.inf)

            return step
        fits = size[:, None, None] + size[None, :, None] + size[None, None, :] <= top
        arrived = np.minimum(np.add.outer(size, size), top)

        def step_with_pipeline(values: Array) -> Array:
            later = second.reward[:, None] + second.moves @ values  # by stock after arrival and the order now
            worth = first.reward[:, None, None] + np.einsum("xl,lyq->xyq", first.moves, later[arrived])
            return np.where(fits, worth + fee, -np.inf)

        return step_with_pipeline


def _stationary(moves: Array) -> Array:
    """The stationary distribution of a transition matrix with one recurrent class, shape (states,)."""
    count = len(moves)
    system = np.vstack([moves.T - np.eye(count), np.ones(count)])
    found = np.linalg.lstsq(system, np.append(np.zeros(count), 1.0), rcond=None)[0]
    return np.asarray(found)
