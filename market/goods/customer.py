"""Customers: they need something now and then, ask the shops that they know, and choose."""

from math import log
from typing import Any

import attrs
import numpy as np
from gymnasium import spaces

from catallaxy.agents import LearningAgent
from catallaxy.engine import Process, Stream, on

from .account import Account
from .messages import Confirmation, Delivery, Enquiry, Need, Offer, Order, Purchase
from .policies import NOTHING
from .scenario import CustomerGroup, GoodsScenario
from .shop import Shop
from .tally import CustomerTally
from .types import CustomerType

_DEAR, _LATE = 2.0, 10.0
"""What stands in the observation for an offer that there is not: twice the value, ten days."""


@attrs.frozen
class Choice:
    """An offer as the customer sees it.

    Attributes:
        shop: whose.
        price: EUR a unit.
        delivery_time: days.
        surplus: what it would gain, EUR: quantity (value - w1 price) - w2 delivery_time.
    """

    shop: str
    price: float
    delivery_time: float
    surplus: float


class Customer(LearningAgent):
    """A customer who asks for offers at random times, and takes one or none.

    Its needs form a Poisson process. It asks every shop that it is linked to, compares the cheapest offers (equal
    prices in random order) and decides: 0 to buy nothing, n for the n-th cheapest. It asks for one thing at a time: a
    need that falls into the moments of another waits for it; deliveries it need not wait for. Each need's draws are the
    same whatever is offered, so that worlds of equal seed and different shops see the same needs.

    Reward, in EUR, when its order is confirmed: quantity (value - w1 price) - w2 delivery_time.

    Observation: logarithm of the need's total value over 5 EUR; for each of the `Decisions.offers` cheapest offers its
    price over the value of a unit, and its delivery time in days. Then the type's features, and what is on offer.

    Args:
        name: its name.
        group: its supertype.
        type: its type in this episode.
        scenario: the market.

    Attributes:
        offers: what it decides between, cheapest first.
        last_shop: of whom it has bought last; empty at first.
    """

    family = "customers"
    masked = True

    def __init__(self, name: str, group: CustomerGroup, type: CustomerType, scenario: GoodsScenario) -> None:
        super().__init__(name)
        self.group = group.name
        self.type = type
        self.features = type.features
        self.discount_rate = scenario.decisions.customer_discount_rate
        self._slots = scenario.decisions.offers
        self.observation_space = spaces.Box(-np.inf, np.inf, (1 + 2 * self._slots,), np.float64)
        self.action_space = spaces.Discrete(1 + self._slots)
        self.account = Account()
        self.tally = CustomerTally()
        self.offers: tuple[Choice, ...] = ()
        self.last_shop = ""
        self._group = group
        self._horizon = scenario.session.horizon
        self._closes = scenario.duration - 1e-6
        self._available = [(True,) * (1 + n) + (False,) * (self._slots - n) for n in range(self._slots + 1)]
        self._tastes: dict[str, _Taste] = {}

    def run(self) -> Process:
        group, horizon, rng = self._group, self._horizon, self.rng
        values, quantities = self.stream("value"), self.stream("quantity")
        wait = 1.0 / group.needs_per_day
        self.record(self.account.books(closing=False))
        arrival = rng.exponential(wait)
        while arrival < horizon:
            if arrival > self.now:
                yield self.sleep(arrival - self.now)
            quantity = max(1, round(group.quantity.draw(quantities)))
            yield from self._need(quantity, group.value.draw(values), rng.random())
            arrival += rng.exponential(wait)
        yield self.sleep(self._closes - self.now)
        self.record(self.account.books(closing=True))

    def _need(self, quantity: int, value: float, lot: float) -> Process:
        """Ask for offers and perhaps buy; `lot`, uniform in [0, 1), brings order among equals."""
        if self.now >= self._horizon:
            return
        tally = self.tally
        tally.needs += 1
        self.record(Need(quantity, value))
        shops = self.neighbours(Shop)
        replies = yield self.ask(shops, Enquiry(quantity, len(shops)))
        self.offers = self._compare([one for one in replies if one.__class__ is Offer], quantity, value, lot)
        if not self.offers or self.now >= self._horizon:
            return
        choice = yield self.decide(self._observe(quantity, value), self._available[len(self.offers)])
        if choice == NOTHING:
            return
        taken = self.offers[choice - 1]
        (answer,) = (yield self.ask(taken.shop, Order(quantity, taken.price))) or (None,)
        if answer.__class__ is Confirmation:
            self.last_shop = taken.shop
            self.reward(taken.surplus)
            tally.buy(quantity, taken.price, taken.delivery_time, taken.surplus)
            self.record(Purchase(taken.shop, quantity, value, taken.price, taken.delivery_time, taken.surplus))

    def _compare(self, offers: list[Offer], quantity: int, value: float, lot: float) -> tuple[Choice, ...]:
        """The cheapest offers, cheapest first."""
        if not offers:
            return ()
        weight, hurry = self.type.cost_weight, self.type.time_weight
        first = int(lot * len(offers))
        choices = [
            Choice(
                offer.sender,
                offer.price,
                offer.delivery_time,
                quantity * (value - weight * offer.price) - hurry * offer.delivery_time,
            )
            for offer in offers[first:] + offers[:first]
        ]
        choices.sort(key=_price)
        return tuple(choices[: self._slots])

    def _observe(self, quantity: int, value: float) -> list[float]:
        seen = [log(max(quantity * value, 1e-6) / 5.0)]
        unit = 1.0 / max(value, 1e-6)
        for offer in self.offers:
            seen.append(offer.price * unit)
            seen.append(offer.delivery_time)
        seen += (_DEAR, _LATE) * (self._slots - len(self.offers))
        return seen

    def best(self) -> int:
        """The choice that gains most; nothing, if none gains anything."""
        best, chosen = 0.0, NOTHING
        for number, offer in enumerate(self.offers, 1):
            if offer.surplus > best or (chosen == NOTHING and offer.surplus == best):
                best, chosen = offer.surplus, number
        return chosen

    def taste(self, shop: str) -> float:
        """A standard exponential number that belongs to its present need and a shop (or to buying nothing, "")."""
        taste = self._tastes.get(shop)
        if taste is None:
            taste = self._tastes[shop] = _Taste(self.stream(f"taste for {shop}"))
        return taste.of(self.tally.needs)

    @on(Delivery)
    def receive_goods(self, delivery: Delivery) -> None:
        """Take the goods and pay."""
        self.account.buy(delivery.quantity, delivery.price)

    def describe(self) -> dict[str, Any]:
        """For the log: its group and type."""
        return {"group": self.group, "type": attrs.asdict(self.type)}


def _price(choice: Choice) -> float:
    return choice.price


@attrs.define
class _Taste:
    """A number for each need, from a stream of its own."""

    draws: Stream
    need: int = 0
    value: float = 1.0

    def of(self, need: int) -> float:
        """The number that belongs to the need with this number."""
        while self.need < need:
            self.value = self.draws.standard_exponential()
            self.need += 1
        return self.value
