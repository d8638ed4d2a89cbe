"""What the parties of the dealer market say to one another, and what they note down in the log.

Quantities are in MEUR (10^6 EUR) and signed: positive where the sender of the request or order buys, negative where it
sells; a fill repeats its order's quantity. Prices are in USD per EUR.
"""

from bisect import bisect_left
from collections.abc import Sequence

from catallaxy.engine import Message, Record


class Tick(Message):
    """The exchange's reference price, published to all who are linked to it; hedges have moved it already.

    Attributes:
        half_spread: what the smallest hedge costs, bp.
    """

    price: float
    half_spread: float = 0.0


class QuoteRequest(Message):
    """A client asks at what price it could trade `quantity`. `tier`: the client's, counted from 1."""

    quantity: float
    tier: int


class Quote(Message):
    """The price at which a maker would trade what it was asked for."""

    price: float


class Ladder(Message):
    """What a maker streams to its clients: prices by tier and size, from now until its next ladder.

    A client reads its own tier's rungs.

    Attributes:
        sizes: MEUR, ascending.
        bids: bp by which it buys below the reference price; tier by tier, smallest size first.
        asks: bp by which it sells above it.
    """

    sizes: tuple[float, ...]
    bids: tuple[float, ...]
    asks: tuple[float, ...]

    def distance(self, tier: int, quantity: float) -> float:
        """How far above the reference price a client of this tier, counted from 1, buys `quantity` (sells: < 0), bp."""
        place = rung(self.sizes, tier - 1, quantity)
        return self.asks[place] if quantity > 0.0 else -self.bids[place]


class Enquiry(Record, table="enquiries"):
    """A client has looked at the ladders that are streamed to it; an order follows if the best price suits it.

    Attributes:
        quantity: MEUR that it would buy, or sell if negative.
        tier: the client's, counted from 1.
        offers: how many makers would trade it.
        distance: of the best price from the reference price as the client sees it, bp; positive is to its cost.
    """

    quantity: float
    tier: int
    offers: int
    distance: float


def rung(sizes: Sequence[float], tier: int, quantity: float) -> int:
    """Which rung of a ladder is for a quantity: the smallest size that holds it, or the largest.

    Args:
        sizes: MEUR, ascending.
        tier: counted from 0.
        quantity: MEUR, bought or sold.
    """
    return tier * len(sizes) + min(bisect_left(sizes, abs(quantity) - 1e-9), len(sizes) - 1)


class Order(Message):
    """A client trades on a quote or on a ladder, whose price it repeats."""

    quantity: float
    price: float


class Fill(Message, level="trades"):
    """The order is done: both sides book exactly opposite amounts."""

    quantity: float
    price: float


class Reject(Message):
    """A request is not quoted, or an order not done.

    `reason`: "limit" (the maker's inventory would exceed its limit), "credit" (its position towards this client would)
    or "closed".
    """

    reason: str


class HedgeOrder(Message):
    """A maker trades `quantity` with the exchange.

    Attributes:
        over: minutes over which it is worked: hedging at a rate of v is a slice of v x over, once every `over` minutes.
            0 for a market order, at once.
    """

    quantity: float
    over: float = 0.0


class HedgeFill(Message, level="trades"):
    """The exchange has done a hedge, or what it could of it; there is one for each order.

    Attributes:
        quantity: what was done.
        price: at which it was done, on average.
        reference: the middle between the reference price before and after.
        impact: bp by which the reference price has moved with it.
        unfilled: what was ordered and will not be done.
    """

    quantity: float
    price: float
    reference: float
    impact: float = 0.0
    unfilled: float = 0.0


class Pricing(Record, level="decisions"):
    """What a maker decided: it bids at middle - half_spread and offers at middle + half_spread.

    Attributes:
        inventory: MEUR, as the maker knew it when it decided.
        half_spread: bp of the reference price; of a ladder for its smallest size, the mean of its tiers.
        middle: bp by which the middle of its quotes lies above the reference price, likewise.
        hedge: in [0, 1]: the part of the inventory that it sends to the exchange, or of the highest hedging rate.
    """

    inventory: float
    half_spread: float
    middle: float
    hedge: float


class Position(Record, level="trades"):
    """A maker's inventory has changed (at the opening by 0).

    Attributes:
        inventory: MEUR, after the change.
        change: MEUR.
        reference: the reference price, as the maker saw it (at the exchange for a hedge).
        revenue: MEUR bp: what the trade's distance from the reference price earned; negative is a cost.
        hedge: whether the exchange was the counterparty.
        impact: MEUR bp: what the inventory gained by what the hedge did to the reference price; mostly negative.
    """

    inventory: float
    change: float
    reference: float
    revenue: float
    hedge: bool
    impact: float = 0.0
