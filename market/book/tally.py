"""What a trader has done on a book, counted while it happens."""

import attrs


@attrs.define
class BookTally:
    """Running sums of one trader over one episode; :mod:`.measures` finds the same numbers in the log.

    Attributes:
        orders: limit and market orders sent.
        refused: orders, cancellations and replacements that were refused.
        trades: number of trades.
        bought, sold: MEUR.
        passive: MEUR that its orders at rest have traded.
    """

    orders: int = 0
    refused: int = 0
    trades: int = 0
    bought: float = 0.0
    sold: float = 0.0
    passive: float = 0.0

    @property
    def volume(self) -> float:
        """MEUR."""
        return self.bought + self.sold

    def traded(self, side: int, quantity: float, price: float, *, passive: bool) -> None:
        """Count a trade of `quantity` MEUR."""
        self.trades += 1
        if side > 0:
            self.bought += quantity
        else:
            self.sold += quantity
        if passive:
            self.passive += quantity
