"""Scripted shops and customers: policies as plain callables, on the same interface as learned ones.

A scenario file names them by `kind`, as in `policy = { kind = "cost-plus", markup = 0.3 }`. A group whose policy is of
the kind "learned" is left to whoever drives the world.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING, Literal, cast

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from catallaxy.agents import LearningAgent
from catallaxy.market.checks import not_negative, positive

if TYPE_CHECKING:
    from .customer import Customer
    from .shop import Shop

Action = npt.NDArray[np.float64]
NOTHING = 0
"""A customer's choice to buy nothing; n is the n-th cheapest offer."""


@attrs.frozen
class Learned:
    """No script: a learner decides, or a policy given when the world is built."""

    kind: Literal["learned"] = "learned"


@attrs.frozen
class CostPlus:
    """Asks its cost and a markup, and keeps its stock as its group says.

    Attributes:
        markup: part of the cost.
    """

    markup: float = attrs.field(default=0.25, validator=not_negative)
    kind: Literal["cost-plus"] = "cost-plus"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """Price: cost (1 + markup)."""
        shop = cast("Shop", agent)
        return shop.action(shop.type.cost * (1.0 + self.markup))


@attrs.frozen
class Undercutting:
    """Asks a little less than the cheapest rival whose price it sees, down to a margin over its cost.

    Where it sees nobody it asks its list price. It keeps its stock as its group says.

    Attributes:
        step: EUR by which it undercuts.
        margin: least markup, part of the cost.
    """

    step: float = attrs.field(default=0.05, validator=positive)
    margin: float = attrs.field(default=0.0, validator=not_negative)
    kind: Literal["undercutting"] = "undercutting"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """Price: the cheapest rival's less `step`, at least cost (1 + margin)."""
        shop = cast("Shop", agent)
        rivals = shop.rival_prices()
        price = min(rivals) - self.step if rivals else shop.list_price
        return shop.action(max(price, shop.type.cost * (1.0 + self.margin)))


@attrs.frozen
class BaseStock:
    """Asks its list price, and orders up to S when stock and what is on order have fallen to s or below: (s, S).

    Attributes:
        order_up_to: S, units; None: what its group says.
        reorder_level: s, units; None: what its group says if S is not given either, else S - 1 (base stock).
    """

    order_up_to: float | None = attrs.field(default=None, validator=validators.optional(not_negative))
    reorder_level: float | None = attrs.field(default=None, validator=validators.optional(not_negative))
    kind: Literal["base-stock"] = "base-stock"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """Price: the list price; stock: (s, S)."""
        shop = cast("Shop", agent)
        if self.order_up_to is None:
            return shop.action(shop.list_price, reorder_level=self.reorder_level)
        level = self.order_up_to - 1.0 if self.reorder_level is None else self.reorder_level
        return shop.action(shop.list_price, level, self.order_up_to)


@attrs.frozen
class PriceTaker:
    """Buys where its surplus is largest, if there is any; with a scale it errs as the logit model has it.

    With scale > 0 every offer's surplus and that of buying nothing, 0, are disturbed by independent Gumbel numbers of
    that scale, so that offer j is taken with probability exp(u_j / scale) / (1 + sum_k exp(u_k / scale)) (McFadden
    1974). The disturbances belong to the need and the shop: others' offers do not change them.

    Attributes:
        scale: EUR.
    """

    scale: float = attrs.field(default=0.0, validator=not_negative)
    kind: Literal["price-taker"] = "price-taker"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> int:
        """The choice: 0 for nothing, n for the n-th cheapest offer."""
        customer = cast("Customer", agent)
        scale = self.scale
        if not scale:
            return customer.best()
        best, chosen = -scale * _log_exponential(customer, ""), NOTHING
        for number, offer in enumerate(customer.offers, 1):
            utility = offer.surplus - scale * _log_exponential(customer, offer.shop)
            if utility > best:
                best, chosen = utility, number
        return chosen


def _log_exponential(customer: Customer, shop: str) -> float:
    """Minus a standard Gumbel number, the same for this need and shop whatever is offered."""
    return log(max(customer.taste(shop), 1e-300))


@attrs.frozen
class Loyal:
    """Buys of the shop that it bought of last, while that leaves it a surplus; else as a price-taker."""

    kind: Literal["loyal"] = "loyal"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> int:
        """The choice: 0 for nothing, n for the n-th cheapest offer."""
        customer = cast("Customer", agent)
        for number, offer in enumerate(customer.offers, 1):
            if offer.shop == customer.last_shop and offer.surplus >= 0.0:
                return number
        return customer.best()


@attrs.frozen
class Nearest:
    """Buys of the shop that delivers soonest, if that leaves it a surplus, and else nothing."""

    kind: Literal["nearest"] = "nearest"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> int:
        """The choice: 0 for nothing, n for the n-th cheapest offer."""
        offers = cast("Customer", agent).offers
        if not offers:
            return NOTHING
        soonest = min(range(len(offers)), key=lambda place: offers[place].delivery_time)
        return soonest + 1 if offers[soonest].surplus >= 0.0 else NOTHING


ShopPolicy = Learned | CostPlus | Undercutting | BaseStock
CustomerPolicy = Learned | PriceTaker | Loyal | Nearest
