"""Where shops' goods come from and where they are stored: suppliers and the warehouse."""

from functools import partial

from catallaxy.agents import Distribution
from catallaxy.engine import Agent, Process, Stream, on

from .account import Account
from .messages import Rent, RestockOrder, Shipment

WAREHOUSE = "warehouse"
"""The warehouse's name."""


class Supplier(Agent):
    """Sends what is ordered after its lead time, in any quantity.

    Lead times are drawn for each order from a stream that belongs to the shop: what others order changes nothing.

    Args:
        name: its name.
        lead_time: days.
        closes: when to write the closing books.
    """

    def __init__(self, name: str, lead_time: Distribution, closes: float) -> None:
        super().__init__(name)
        self.account = Account()
        self._lead_time = lead_time
        self._closes = closes
        self._draws: dict[str, Stream] = {}

    def run(self) -> Process:
        self.record(self.account.books(closing=False))
        yield self.sleep(self._closes)
        self.record(self.account.books(closing=True))

    @on(RestockOrder)
    def take(self, order: RestockOrder) -> None:
        """Send the goods off, to arrive after the lead time."""
        shop = order.sender
        draws = self._draws.get(shop)
        if draws is None:
            draws = self._draws[shop] = self.stream(f"lead time of {shop}")
        self.timer(self._lead_time.draw(draws), partial(self._ship, shop, order))

    def _ship(self, shop: str, order: RestockOrder) -> None:
        self.account.buy(-order.quantity, order.price)
        self.account.pay(-order.freight)
        self.send(shop, Shipment(quantity=order.quantity, price=order.price, freight=order.freight))


class Warehouse(Agent):
    """Lets shops store their goods, and gets their rents.

    Args:
        closes: when to write the closing books.
    """

    def __init__(self, closes: float) -> None:
        super().__init__(WAREHOUSE)
        self.account = Account()
        self._closes = closes

    def run(self) -> Process:
        self.record(self.account.books(closing=False))
        yield self.sleep(self._closes)
        self.record(self.account.books(closing=True))

    @on(Rent)
    def collect(self, rent: Rent) -> None:
        """Book a rent."""
        self.account.pay(-rent.amount)
