"""Goods in whole units and money in 10^-9 EUR, so that nothing is lost to rounding."""

from typing import ClassVar

import attrs

from catallaxy.market import account
from catallaxy.market.account import NANO

from .messages import Books


@attrs.define
class Account(account.Account):
    """An agent's goods and money.

    Attributes:
        inventory: units.
        cash: 10^-9 EUR.
    """

    units: ClassVar[int] = 1

    @property
    def money(self) -> float:
        """EUR."""
        return self.cash / NANO

    def books(self, *, closing: bool) -> Books:
        """The account as a row of the log."""
        euros, nanos = divmod(self.cash, NANO)
        return Books(closing=closing, goods=self.inventory, euros=euros, nanos=nanos)
