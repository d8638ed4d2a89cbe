"""What an order book is made of: orders at rest, price levels, trades, and what became of an order that came in.

Prices are whole ticks, sizes whole lots; sides are +1 (buy) and -1 (sell).
"""

from collections.abc import Hashable
from enum import StrEnum
from typing import NamedTuple

import attrs

from catallaxy.engine import CatallaxyError

BUY = 1
SELL = -1


class BookError(CatallaxyError, ValueError):
    """An order that no book can take: a side, price or size that is none, or no order of that number."""


class SelfTrade(StrEnum):
    """What happens where an owner's order would meet one of its own."""

    CANCEL_RESTING = "cancel-resting"
    """The one at rest is cancelled; the one that came in goes on."""
    CANCEL_INCOMING = "cancel-incoming"
    """What is left of the one that came in is cancelled; the one at rest stays."""
    CANCEL_BOTH = "cancel-both"
    """Both are cancelled."""
    DECREMENT = "decrement"
    """Both lose the smaller size, without a trade; what is left of the larger goes on."""
    ALLOW = "allow"
    """They trade."""


class Lifetime(StrEnum):
    """What becomes of the part of a limit order that can't trade at once."""

    DAY = "day"
    """It rests in the book."""
    IOC = "ioc"
    """Immediate or cancel: it lapses."""
    FOK = "fok"
    """Fill or kill: unless all of it can trade at once nothing happens."""
    POST = "post"
    """Post only: unless none of it would trade at once nothing happens; then it rests."""


class Resting:
    """An order at rest: a link in its level's chain, the oldest first.

    Attributes:
        number: the order's.
        owner: whose it is.
        side: BUY or SELL.
        price: ticks.
        size: lots that are open.
    """

    __slots__ = ("level", "newer", "number", "older", "owner", "price", "side", "size")

    def __init__(self, number: int, owner: Hashable, side: int, price: int, size: int) -> None:
        self.number = number
        self.owner = owner
        self.side = side
        self.price = price
        self.size = size
        self.level: Level
        self.older: Resting | None
        self.newer: Resting | None

    def __repr__(self) -> str:
        side = "buy" if self.side == BUY else "sell"
        return f"<order {self.number} of {self.owner!r}: {side} {self.size} at {self.price}>"


class Level:
    """All orders at one price.

    Attributes:
        price: ticks.
        size: lots that are open.
        count: number of orders.
        first, last: the oldest and the newest.
    """

    __slots__ = ("count", "first", "last", "price", "size")

    def __init__(self, price: int) -> None:
        self.price = price
        self.size = 0
        self.count = 0
        self.first: Resting | None = None
        self.last: Resting | None = None

    def append(self, order: Resting) -> None:
        """Put an order behind all others."""
        order.level, order.older, order.newer = self, self.last, None
        if self.last is None:
            self.first = order
        else:
            self.last.newer = order
        self.last = order
        self.size += order.size
        self.count += 1

    def remove(self, order: Resting) -> None:
        """Take an order out, wherever it stands."""
        older, newer = order.older, order.newer
        if older is None:
            self.first = newer
        else:
            older.newer = newer
        if newer is None:
            self.last = older
        else:
            newer.older = older
        self.size -= order.size
        self.count -= 1


class Match(NamedTuple):
    """A trade with an order at rest, as the order that came in sees it.

    Attributes:
        resting: number of the order at rest.
        owner: whose that is.
        price: ticks; the order at rest sets it.
        size: lots.
        left: what is still open of the order at rest.
    """

    resting: int
    owner: Hashable
    price: int
    size: int
    left: int


class Prevented(NamedTuple):
    """An order at rest that lost `size` lots because it would have met an order of the same owner."""

    resting: int
    owner: Hashable
    size: int
    left: int


class PriceLevel(NamedTuple):
    """What can be seen of a level: price in ticks, open lots, number of orders."""

    price: int
    size: int
    orders: int


@attrs.define
class Outcome:
    """What became of an order that came in; `traded` + `open` + `lapsed` is its size.

    Attributes:
        number: the order's, from 1; it keeps it for life.
        matches: with orders at rest, in the order in which they happened, best price first.
        open: lots that now rest in the book.
        lapsed: lots that neither traded nor rest: the book was exhausted, the lifetime says so, or self-trade.
        prevented: orders at rest that self-trade prevention has shortened or cancelled.
    """

    number: int
    matches: list[Match] = attrs.field(factory=list)
    open: int = 0
    lapsed: int = 0
    prevented: list[Prevented] = attrs.field(factory=list)

    @property
    def traded(self) -> int:
        """Lots."""
        return sum(match.size for match in self.matches)
