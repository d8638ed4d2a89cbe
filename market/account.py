"""Cash and inventory in fixed point, so that nothing is lost to rounding."""

from typing import ClassVar

import attrs

from catallaxy.engine import Record

EUR_PER_MEUR = 1_000_000
NANO = 1_000_000_000
PRICE_DIGITS = 9
"""Prices lie on a grid of 10^-9 USD per EUR."""


class Statement(Record, level="decisions"):
    """An account at the opening and, everything settled, after the close.

    Attributes:
        closing: false at the opening, true after the close.
        inventory: EUR.
        dollars, nanodollars: cash is dollars + nanodollars / 10^9 USD exactly, 0 <= nanodollars < 10^9.
        reference: the reference price at which inventory is valued.
    """

    closing: bool
    inventory: int
    dollars: int
    nanodollars: int
    reference: float


@attrs.define
class Account:
    """An agent's inventory and cash.

    Both sides of a trade book it from the same message, so that their amounts are exactly opposite: the quantity is
    rounded to 1 EUR, the price to 10^-9, and cash moves by their exact product. A market that trades something else
    than euros says by `units` how many of its smallest units are a quantity of 1.

    Attributes:
        inventory: EUR.
        cash: 10^-9 USD.
    """

    units: ClassVar[int] = EUR_PER_MEUR

    inventory: int = 0
    cash: int = 0

    def buy(self, quantity: float, price: float) -> None:
        """Book a purchase of `quantity` MEUR (a sale if negative) at `price` USD per EUR."""
        euros = round(quantity * self.units)
        self.inventory += euros
        self.cash -= euros * round(price * NANO)

    def pay(self, amount: float) -> None:
        """Book a payment of `amount` USD (an income if negative), rounded to 10^-9."""
        self.cash -= round(amount * NANO)

    @property
    def position(self) -> float:
        """Inventory in MEUR."""
        return self.inventory / self.units

    def value(self, reference: float) -> float:
        """Cash and inventory at a price of `reference`, in MEUR bp of it (10^-4 x 10^6 EUR = 100 EUR)."""
        price = round(reference * NANO)
        return (self.cash + self.inventory * price) / price / 100.0

    def statement(self, reference: float, *, closing: bool) -> Statement:
        """The account as a row of the log."""
        dollars, nanodollars = divmod(self.cash, NANO)
        return Statement(
            closing=closing, inventory=self.inventory, dollars=dollars, nanodollars=nanodollars, reference=reference
        )


def on_grid(price: float) -> float:
    """`price` rounded to the grid of prices."""
    return round(price, PRICE_DIGITS)
