"""What shops should charge: logit demand (Nash, monopoly), and price competition without differences (Bertrand).

Sources: Anderson, de Palma & Thisse, "Discrete choice theory of product differentiation" (1992), chapters 6 and 7, for
the logit oligopoly and p - c = mu / (1 - s); Tirole, "The theory of industrial organization" (1988), section 5.1, for
Bertrand competition on a grid of prices.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from .fields import Array


def _floats(values: npt.ArrayLike) -> Array:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


@attrs.frozen(eq=False)
class Segment:
    """Customers who value alike and know the same shops.

    Attributes:
        weight: needs per day.
        worth: what a unit of each shop is worth, before its price: value - w2 delivery time; -inf for shops that they
            do not know. Shape (shops,).
    """

    weight: float
    worth: Array = attrs.field(converter=_floats)


@attrs.frozen(eq=False)
class LogitMarket:
    """Shops that sell to customers who choose by the logit model, buying nothing being worth 0.

    Attributes:
        segments: the customers.
        costs: EUR a unit, shape (shops,).
        scale: mu of the choice, EUR.
    """

    segments: Sequence[Segment]
    costs: Array = attrs.field(converter=_floats)
    scale: float = attrs.field(default=1.0, validator=validators.gt(0.0))

    @classmethod
    def symmetric(cls, shops: int, value: float, cost: float, scale: float) -> LogitMarket:
        """Equal shops that everybody knows, and one need a day."""
        return cls([Segment(1.0, np.full(shops, value))], np.full(shops, cost), scale)

    def demand(self, prices: npt.ArrayLike) -> Array:
        """Units a day that each shop sells, shape (shops,)."""
        parts = [segment.weight * self._shares(segment, _floats(prices)) for segment in self.segments]
        return np.asarray(np.sum(parts, axis=0))

    def profits(self, prices: npt.ArrayLike) -> Array:
        """EUR a day, shape (shops,)."""
        return np.asarray((_floats(prices) - self.costs) * self.demand(prices))

    def best_response(self, shop: int, prices: npt.ArrayLike) -> float:
        """The best price of one shop, given the others' `prices`: on a grid that is refined around its best point."""
        asked, cost = _floats(prices), float(self.costs[shop])
        low, high = cost, cost + 30.0 * self.scale
        for _ in range(5):
            grid = np.linspace(low, high, 201)
            place = int(np.argmax(self._own_profits(shop, asked, grid)))
            low, high = grid[max(place - 1, 0)], grid[min(place + 1, 200)]
        return float(low + high) / 2.0

    def nash(self) -> Array:
        """Prices from which no shop would deviate alone, shape (shops,), by turns of best responses.

        Raises:
            ArithmeticError: they have not converged. Where some customers know one shop only and choose sharply there
                is no such point: shops undercut each other until one of them would rather keep to those who know no
                other (Edgeworth's cycle).
        """
        prices = self.costs + 2.0 * self.scale
        for _ in range(500):
            before = prices.copy()
            for shop in range(len(prices)):
                prices[shop] = self.best_response(shop, prices)
            if np.abs(prices - before).max() < 1e-6 * self.scale:
                return prices
        raise ArithmeticError("best responses have not converged: there may be no equilibrium in pure prices")

    def exploitability(self, prices: npt.ArrayLike) -> Array:
        """By which part each shop's profit would grow if it alone went to its best response, shape (shops,)."""
        now = self.profits(prices)
        asked = _floats(prices)
        best = [
            self.profits(_with(asked, shop, self.best_response(shop, asked)))[shop] for shop in range(len(self.costs))
        ]
        return np.asarray(np.array(best) / now - 1.0)

    def joint_optimum(self) -> Array:
        """What one owner of all shops would charge, shape (shops,), by turns of searches along each price."""
        prices = self.costs + 2.0 * self.scale
        for _ in range(500):
            before = prices.copy()
            for shop in range(len(prices)):
                low, high = float(self.costs[shop]), float(self.costs[shop]) + 30.0 * self.scale
                for _ in range(5):
                    grid = np.linspace(low, high, 201)
                    place = int(np.argmax([self.profits(_with(prices, shop, price)).sum() for price in grid]))
                    low, high = grid[max(place - 1, 0)], grid[min(place + 1, 200)]
                prices[shop] = (low + high) / 2.0
            if np.abs(prices - before).max() < 1e-6 * self.scale:
                return prices
        raise ArithmeticError("the search for the joint optimum has not converged")

    def _own_profits(self, shop: int, prices: Array, own: Array) -> Array:
        """The shop's profit at each of its own prices, the others' as they are."""
        sold = np.zeros(len(own))
        for segment in self.segments:
            others = np.delete((segment.worth - prices) / self.scale, shop)
            beside = np.logaddexp.reduce(np.append(others, 0.0))
            with np.errstate(over="ignore"):
                sold += segment.weight / (1.0 + np.exp(beside - (segment.worth[shop] - own) / self.scale))
        return np.asarray((own - self.costs[shop]) * sold)

    def _shares(self, segment: Segment, prices: Array) -> Array:
        utility = (segment.worth - prices) / self.scale
        shift = max(float(utility.max()), 0.0)
        weights = np.exp(utility - shift)
        return np.asarray(weights / (np.exp(-shift) + weights.sum()))


@attrs.frozen
class Bertrand:
    """Equal shops, and customers who all buy of the cheapest; shops with equal prices share them.

    Customers' values are uniform on [lowest, highest], so that at price p the part P(value >= p) buys.

    Attributes:
        cost: EUR a unit.
        lowest: least value, EUR.
        highest: largest value, EUR.
        tick: EUR between two prices.
        shops: how many.
    """

    cost: float
    lowest: float
    highest: float
    tick: float = attrs.field(validator=validators.gt(0.0))
    shops: int = 2

    def demand(self, price: npt.ArrayLike) -> Array:
        """Part of the customers who buy at a price."""
        return np.clip((self.highest - np.asarray(price)) / (self.highest - self.lowest), 0.0, 1.0)

    def profit(self, price: npt.ArrayLike) -> Array:
        """EUR a need, all shops together, at one price for all."""
        return np.asarray((np.asarray(price) - self.cost) * self.demand(price))

    @property
    def grid(self) -> Array:
        """The prices that can be asked: multiples of the tick."""
        return np.round(np.arange(1, int(self.highest / self.tick) + 1) * self.tick, 9)

    def equilibria(self) -> Array:
        """Prices that all shops ask in a pure Nash equilibrium, ascending: undercutting does not pay, nor does leaving.

        A shop earns its part of the profit at the common price; a tick or more below it would earn all of that price's,
        above it nothing.
        """
        prices = self.grid
        earned = self.profit(prices)
        found = [
            price
            for place, price in enumerate(prices)
            if earned[place] >= -1e-12 and (place == 0 or earned[place] / self.shops >= earned[:place].max() - 1e-12)
        ]
        return np.array(found)

    def monopoly(self) -> float:
        """The best price of a single shop: (highest + cost) / 2, or `lowest` if that is more."""
        return max((self.highest + self.cost) / 2.0, self.lowest)


def _with(prices: Array, shop: int, price: float) -> Array:
    changed = prices.copy()
    changed[shop] = price
    return changed
