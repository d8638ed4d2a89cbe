"""What shops and customers have done in an episode, counted while it happens."""

from math import exp, expm1, nan

import attrs

from .types import ShopType


@attrs.define
class ShopTally:
    """Running sums of one shop over one episode; :mod:`.measures` finds the same numbers in the log.

    Attributes:
        type: the shop's.
        stock: units, now.
        sold: units.
        sales: number of sales.
        revenue: EUR.
        shortfall: units that it was asked for and did not have.
        stock_outs: number of times that this happened.
        orders: number of orders to its supplier.
        stock_days: integral of the stock over the session, units times days.
        price_sum: sum of prices over its decisions.
        decisions: number of decisions.
        delivery_days: sum over sales of delivery times.
        written_off: EUR by which the stock at the close is worth less than it cost.
    """

    type: ShopType
    stock: int = 0
    sold: int = 0
    sales: int = 0
    revenue: float = 0.0
    shortfall: int = 0
    stock_outs: int = 0
    orders: int = 0
    stock_days: float = 0.0
    price_sum: float = 0.0
    decisions: int = 0
    delivery_days: float = 0.0
    written_off: float = 0.0
    closed: bool = False
    _since: float = 0.0

    def stocked(self, now: float, change: int) -> None:
        """Count a change of the stock."""
        if not self.closed:
            self.stock_days += self.stock * (now - self._since)
            self._since = now
        self.stock += change

    def sell(self, now: float, quantity: int, price: float, delivery_time: float) -> None:
        """Count a sale."""
        self.stocked(now, -quantity)
        self.sold += quantity
        self.sales += 1
        self.revenue += quantity * price
        self.delivery_days += delivery_time

    def missed(self, quantity: int) -> None:
        """Count a stock-out."""
        self.shortfall += quantity
        self.stock_outs += 1

    def decided(self, price: float) -> None:
        """Count a decision."""
        self.decisions += 1
        self.price_sum += price

    def close(self, now: float) -> None:
        """The session is over: stock held from here on costs nothing."""
        self.stocked(now, 0)
        self.closed = True

    @property
    def storage(self) -> float:
        """Storage costs, EUR."""
        return self.type.storage_cost * self.stock_days

    @property
    def purchases(self) -> float:
        """What the goods sold and written off have cost, and all orders, EUR."""
        return self.type.cost * self.sold + self.type.order_cost * self.orders + self.written_off

    @property
    def profit(self) -> float:
        """EUR, stock valued at cost."""
        return self.revenue - self.purchases - self.storage

    @property
    def objective(self) -> float:
        """What the shop maximises, undiscounted: w1 revenue - purchases - w2 storage - w3 shortfall."""
        one = self.type
        gained = one.revenue_weight * self.revenue - self.purchases
        return gained - one.storage_weight * self.storage - one.shortfall_weight * self.shortfall

    @property
    def price(self) -> float:
        """Mean price over its decisions, EUR."""
        return self.price_sum / self.decisions if self.decisions else nan

    @property
    def delivery_time(self) -> float:
        """Mean over sales, days."""
        return self.delivery_days / self.sales if self.sales else nan


@attrs.define
class CustomerTally:
    """Running sums of one customer over one episode.

    Attributes:
        needs: number of its needs.
        purchases: number of them that it has bought for.
        bought: units.
        spending: EUR.
        surplus: EUR.
        delivery_days: sum over purchases of delivery times.
    """

    needs: int = 0
    purchases: int = 0
    bought: int = 0
    spending: float = 0.0
    surplus: float = 0.0
    delivery_days: float = 0.0

    def buy(self, quantity: int, price: float, delivery_time: float, surplus: float) -> None:
        """Count a purchase."""
        self.purchases += 1
        self.bought += quantity
        self.spending += quantity * price
        self.surplus += surplus
        self.delivery_days += delivery_time

    @property
    def price(self) -> float:
        """Mean price paid for a unit, EUR."""
        return self.spending / self.bought if self.bought else nan

    @property
    def delivery_time(self) -> float:
        """Mean over purchases, days."""
        return self.delivery_days / self.purchases if self.purchases else nan


@attrs.define
class Demand:
    """A shop's recent demand: exponentially fading averages, unbiased from the beginning on.

    Attributes:
        memory: days.
        asked: units asked for, faded.
        sold: units sold, faded.
        enquiries: number of enquiries, faded.
        others: other shops asked with them, faded.
    """

    memory: float
    asked: float = 0.0
    sold: float = 0.0
    enquiries: float = 0.0
    others: float = 0.0
    _now: float = 0.0

    def ask(self, now: float, quantity: int, others: int) -> None:
        """Count an enquiry."""
        self._fade(now)
        self.asked += quantity
        self.enquiries += 1.0
        self.others += others

    def sell(self, now: float, quantity: int) -> None:
        """Count a sale."""
        self._fade(now)
        self.sold += quantity

    def summary(self, now: float) -> tuple[float, float, float]:
        """Units asked for per day, part of them sold (1/2 if nothing was asked for), other shops asked each time."""
        self._fade(now)
        if self.enquiries < 1e-9:
            return 0.0, 0.5, 0.0
        weight = self.memory * -expm1(-now / self.memory)
        return self.asked / weight, self.sold / self.asked, self.others / self.enquiries

    def _fade(self, now: float) -> None:
        if now > self._now:
            part = exp((self._now - now) / self.memory)
            self.asked *= part
            self.sold *= part
            self.enquiries *= part
            self.others *= part
            self._now = now
