"""Shops: they price their goods, keep a stock of them, sell and deliver."""

from collections.abc import Callable
from functools import partial
from math import floor, log1p
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.agents import LearningAgent
from catallaxy.engine import Agent, Process, on
from catallaxy.market.account import on_grid

from .account import Account
from .messages import (
    Confirmation,
    Delivery,
    Enquiry,
    Offer,
    Order,
    Plan,
    PriceTag,
    Rent,
    RestockOrder,
    Shipment,
    SoldOut,
)
from .scenario import Decisions, GoodsScenario, ShopGroup
from .supplier import WAREHOUSE
from .tally import Demand, ShopTally
from .types import ShopType

_SIZES = {"stock": 2, "demand": 3, "reach": 1, "rivals": 2}


class Shop(LearningAgent):
    """A shop that answers enquiries at once, from its price and its stock.

    At times of its own it decides on its price, a factor on its list price, and on its stock: S, up to which it orders
    of its supplier, and s, the position (stock and what is on order) at or below which it does so (`Decisions.decides`;
    S and s as parts of its capacity). What it does not have it can't offer: such demand is lost to it.

    Reward, in EUR: w1 revenue - purchases - w2 storage - w3 shortfall. Revenue counts when goods are sold; purchases
    are the cost of the goods sold, at the same moment, and of each order to the supplier, when it is sent; storage is
    paid by unit and day; shortfall counts units that it was asked for and did not have. At a terminal close what is
    left loses the part 1 - `salvage` of its cost, which adds to the purchases.

    Observation, local information only, as `Decisions.observes` has it: stock and position as parts of the capacity;
    logarithm of 1 + units asked for per day, the part of them sold, and how many other shops were asked each time;
    part of all customers that it is linked to; lowest and mean price of the rivals that it sees, over its list price.
    Before a terminal close also the part of the session that is left. Then the type's features.

    Args:
        name: its name.
        group: its supertype, list price and rules.
        type: its type in this episode.
        stock: units at the opening.
        scenario: the market.
    """

    family = "shops"
    action_space: spaces.Box

    def __init__(self, name: str, group: ShopGroup, type: ShopType, stock: int, scenario: GoodsScenario) -> None:
        super().__init__(name)
        decisions = scenario.decisions
        self.group = group.name
        self.type = type
        self.features = type.features
        self.discount_rate = decisions.discount_rate
        size = sum(_SIZES[name] for name in decisions.observes) + scenario.session.terminal
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float64)
        self.action_space = action_space(decisions)
        self.list_price = group.price
        self.room = floor(type.capacity)
        self.cost = on_grid(type.cost)
        self.account = Account()
        self.account.buy(stock, self.cost)
        self.stock = stock
        self.outstanding = 0
        self.price = self._on_tick(1.0, decisions)
        self.tally = ShopTally(type, stock)
        self.demand = Demand(decisions.memory)
        self.session = scenario.session
        self._rules = group
        self._decisions = decisions
        self._customers = sum(one.count for one in scenario.customers)
        self._settles = scenario.session.horizon + scenario.settlement
        self._closes = scenario.duration - 1e-6
        self._delivery_times: dict[str, float] = {}
        self._margin = type.revenue_weight, self.cost
        self._storage_price = type.storage_weight * type.storage_cost

    # -- decisions -------------------------------------------------------------------------------------------------

    def run(self) -> Process:
        session = self.session
        self.record(self.account.books(closing=False))
        self.publish(PriceTag(price=self.price))
        self.flow(-self._storage_price * self.stock)
        pause = self._pause()
        while session.horizon - self.now > 1e-9:
            action = yield self.decide(self._observe())
            self._apply(action.tolist())
            yield self.sleep(min(pause(), session.horizon - self.now))
        self._close()
        yield self.sleep(self._settles - self.now)
        self.account.pay(self.tally.storage)
        self.send(WAREHOUSE, Rent(amount=self.tally.storage))
        yield self.sleep(self._closes - self.now)
        self.record(self.account.books(closing=True))

    def _pause(self) -> Callable[[], float]:
        interval = self._decisions.interval
        if self._decisions.pace == "regular":
            return lambda: interval
        draw = self.stream("pace").exponential
        return lambda: float(draw(interval))

    def _observe(self) -> list[float]:
        seen: list[float] = []
        for name in self._decisions.observes:
            if name == "stock":
                seen += self.stock / self.room, self.position / self.room
            elif name == "demand":
                asked, sold, others = self.demand.summary(self.now)
                seen += log1p(asked), sold, others
            elif name == "reach":
                seen.append(self.reach / self._customers)
            else:
                prices = [price / self.list_price for price in self.rival_prices()] or [1.0]
                seen += min(prices), sum(prices) / len(prices)
        if self.session.terminal:
            seen.append(1.0 - self.now / self.session.horizon)
        return seen

    def _apply(self, action: list[float]) -> None:
        """Sell at the decided price from now on, and order if it is time to."""
        values = dict(zip(self._decisions.decides, action, strict=True))
        rules, room = self._rules, self.room
        factor = values.get("price", 1.0)
        self.price = self._on_tick(factor, self._decisions)
        up_to = values["order_up_to"] * room if "order_up_to" in values else rules.order_up_to
        level = up_to if rules.reorder_level is None else rules.reorder_level
        if "reorder_level" in values:
            level = values["reorder_level"] * room
        position = self.position
        quantity = min(round(up_to), room) - position if position <= level else 0
        self.publish(PriceTag(price=self.price))
        self.tally.decided(self.price)
        self.record(Plan(self.price, factor, level, up_to, max(quantity, 0), self.stock, position))
        if quantity > 0:
            self._restock(quantity)

    def _restock(self, quantity: int) -> None:
        freight = self.type.order_cost
        self.outstanding += quantity
        self.tally.orders += 1
        self.reward(-freight)
        self.send(self._rules.supplier, RestockOrder(quantity=quantity, price=self.cost, freight=freight))

    def _close(self) -> None:
        """What is left at a terminal close, on order too, is worth less."""
        self.tally.close(self.now)
        self.flow(0.0)
        if self.session.terminal:
            self.tally.written_off = (1.0 - self._rules.salvage) * self.cost * self.position
            self.reward(-self.tally.written_off)
            self.terminate()

    # -- what scripts know -----------------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Units in stock and on order."""
        return self.stock + self.outstanding

    @property
    def reach(self) -> int:
        """To how many customers it is linked: all its neighbours but other shops, its supplier and the warehouse."""
        return len(self.neighbours()) - len(self.neighbours(Shop)) - 2

    def rival_prices(self) -> list[float]:
        """The prices of the other shops that it sees."""
        tags = [self.latest(name, PriceTag) for name in self.neighbours(Shop)]
        return [tag.price for tag in tags if tag is not None]

    def action(
        self, price: float, reorder_level: float | None = None, order_up_to: float | None = None
    ) -> npt.NDArray[np.float64]:
        """The action by which it asks `price` EUR and orders up to `order_up_to` units at or below `reorder_level`.

        What is not given stays as its group has it; what lies outside the action space is brought to its edge.
        """
        rules = self._rules
        up_to = rules.order_up_to if order_up_to is None else order_up_to
        level = rules.reorder_level if reorder_level is None else reorder_level
        if level is not None and self.position > level and "reorder_level" not in self._decisions.decides:
            up_to = 0.0  # without a level to decide, not to order is to order up to nothing
        values = {
            "price": price / self.list_price,
            "order_up_to": up_to / self.room,
            "reorder_level": (up_to if level is None else level) / self.room,
        }
        space = self.action_space
        return np.clip([values[name] for name in self._decisions.decides], space.low, space.high)

    # -- sales -----------------------------------------------------------------------------------------------------

    @on(Enquiry)
    def offer(self, enquiry: Enquiry) -> None:
        """Make an offer, if the goods are there."""
        quantity = enquiry.quantity
        now = self.now
        if now < self.session.horizon:
            self.demand.ask(now, quantity, enquiry.asked - 1)
            if quantity <= self.stock:
                self.reply(enquiry, Offer(self.price, self.delivery_time(enquiry.sender)))
                return
        self._refuse(enquiry, quantity)

    @on(Order)
    def sell(self, order: Order) -> None:
        """Set the goods aside and send them off, unless they have been sold meanwhile."""
        quantity, price = order.quantity, order.price
        now = self.now
        if now >= self.session.horizon or quantity > self.stock:
            self._refuse(order, quantity)
            return
        customer = order.sender
        time = self.delivery_time(customer)
        self.reply(order, Confirmation(quantity, price, time))
        self.stock -= quantity
        self.tally.sell(now, quantity, price, time)
        self.demand.sell(now, quantity)
        weight, cost = self._margin
        self.reward((weight * price - cost) * quantity)
        self.flow(-self._storage_price * self.stock)
        self.timer(time, partial(self._hand_over, customer, quantity, price))

    def _hand_over(self, customer: str, quantity: int, price: float) -> None:
        self.account.buy(-quantity, price)
        self.send(customer, Delivery(quantity, price))

    def _refuse(self, request: Enquiry | Order, quantity: int) -> None:
        closed = self.now >= self.session.horizon
        self.reply(request, SoldOut(quantity, "closed" if closed else "stock"))
        if not closed:
            self.tally.missed(quantity)
            self.reward(-self.type.shortfall_weight * quantity)

    @on(Shipment)
    def stock_up(self, shipment: Shipment) -> None:
        """Store the goods that have arrived, and pay for them."""
        quantity = shipment.quantity
        self.account.buy(quantity, shipment.price)
        self.account.pay(shipment.freight)
        self.stock += quantity
        self.outstanding -= quantity
        self.tally.stocked(self.now, quantity)
        if not self.tally.closed:
            self.flow(-self._storage_price * self.stock)

    def delivery_time(self, customer: str) -> float:
        """How many days it takes to bring goods to a customer, the same during an episode."""
        known = self._delivery_times.get(customer)
        if known is None:
            drawn = self._rules.delivery_time.draw(self.stream(f"way to {customer}"))
            known = self._delivery_times[customer] = drawn
        return known

    # -- for the log -----------------------------------------------------------------------------------------------

    def describe(self) -> dict[str, Any]:
        """For the log: its group and type, and what it is measured with."""
        session = self.session
        return {
            "group": self.group,
            "type": attrs.asdict(self.type),
            "list_price": self.list_price,
            "horizon": session.horizon,
            "salvage": self._rules.salvage if session.terminal else 1.0,
        }

    def _on_tick(self, factor: float, decisions: Decisions) -> float:
        """The price of a factor, on the grid of prices."""
        return on_grid(round(factor * self.list_price / decisions.price_tick) * decisions.price_tick)

    def serves(self, customer: Agent) -> float:
        """The probability of a link to a customer."""
        links = self._rules.links
        if links:
            return float(customer.name in links or getattr(customer, "group", None) in links)
        return float(self.type.connectivity * customer.type.connectivity)  # type: ignore[attr-defined]


def action_space(decisions: Decisions) -> spaces.Box:
    """What shops decide, in the order of `Decisions.decides`: the factor on the list price, parts of the capacity."""
    bounds = {"price": (decisions.lowest_price, decisions.highest_price)}
    low, high = np.array([bounds.get(name, (0.0, 1.0)) for name in decisions.decides]).T
    return spaces.Box(low, high, dtype=np.float64)
