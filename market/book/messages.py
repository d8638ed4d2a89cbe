"""What traders and an order book's venue say to one another.

Prices are whole ticks and sizes whole lots of the venue's instrument, sides +1 (buy) and -1 (sell).

Every order, cancellation and replacement is answered by one `Acknowledgement`, `Cancellation` or `Refusal`, a reply to
it. Each trade is told to both sides by an `ExecutionReport` and to everybody by a `Trade`.
"""

from catallaxy.engine import Message


class LimitOrder(Message):
    """Buy or sell up to `size` at `price` or better. `lifetime`: "day", "ioc", "fok" or "post" (see `Lifetime`)."""

    side: int
    price: int
    size: int
    lifetime: str = "day"


class MarketOrder(Message):
    """Buy or sell up to `size` at whatever price there is."""

    side: int
    size: int


class Cancel(Message):
    """Take the order of this number out of the book."""

    order: int


class Replace(Message):
    """Give the order of this number another price and open size; it keeps its priority if only the size shrinks."""

    order: int
    price: int
    size: int


class Acknowledgement(Message):
    """An order or replacement has been dealt with; what it traded follows, or has come before, as execution reports.

    Attributes:
        order: its number from now on.
        traded: lots that traded at once.
        open: lots that rest in the book.
        lapsed: lots that do neither.
    """

    order: int
    traded: int
    open: int
    lapsed: int


class Refusal(Message):
    """What was asked for can't be done, and nothing has changed. `reason`: in words."""

    reason: str


class ExecutionReport(Message, level="trades"):
    """An order has traded.

    Attributes:
        order: its number.
        trade: the trade's number; its other side is told the same.
        side: +1: the receiver has bought; -1: sold.
        price: ticks.
        size: lots.
        left: lots of the order that are still open or, before its acknowledgement, still to be dealt with.
        passive: whether the order was at rest.
    """

    order: int
    trade: int
    side: int
    price: int
    size: int
    left: int
    passive: bool


class Cancellation(Message):
    """An order has lost `size` lots without a trade.

    Attributes:
        order: its number.
        size: lots.
        left: lots that are still open (more than 0 only where self-trade prevention decrements).
        reason: "asked", "self-trade" or "closed".
    """

    order: int
    size: int
    left: int
    reason: str


class Trade(Message, level="trades"):
    """Published: a trade. `side`: of the order that came in, +1 buys; `trade`: its number."""

    trade: int
    side: int
    price: int
    size: int


class TopOfBook(Message, table="tops"):
    """Published whenever it changes: best prices and the lots there. A side with size 0 is empty, its price nothing."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int


class Depth(Message):
    """Published with the top of the book, if the venue is told to: the best levels of both sides, best first."""

    bids: tuple[int, ...]
    bid_sizes: tuple[int, ...]
    asks: tuple[int, ...]
    ask_sizes: tuple[int, ...]
