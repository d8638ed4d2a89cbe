"""Where an investor can trade, and at what price."""

from collections.abc import Sequence

import attrs

from catallaxy.engine import Message
from catallaxy.market.prices import BP

from ..account import on_grid
from ..costs import HedgingCosts
from ..exchange import EXCHANGE
from ..messages import Quote, Tick

NO_OFFER = 100.0
"""bp at which an investor sees the price of what nobody offers."""


@attrs.frozen
class Offer:
    """The best that an investor has been offered on one side.

    Attributes:
        venue: the maker, or the exchange; empty if nobody offers anything.
        price: USD per EUR; 0 if nobody offers anything. The exchange's is what it would be now.
        distance: bp from the reference price, to the investor's cost.
    """

    venue: str
    price: float
    distance: float


def best_offer(replies: Sequence[Message], exchange: float | None, reference: float, sign: float, lot: float) -> Offer:
    """The best of makers' replies and the exchange.

    Args:
        replies: to a request for quotes.
        exchange: distance of the exchange's price, bp to the investor's cost; None if it can't trade there.
        reference: the reference price as the investor sees it.
        sign: 1 for buying, -1 for selling.
        lot: uniform in [0, 1), decides between equal quotes; makers go before the exchange.
    """
    found = Offer("", 0.0, NO_OFFER)
    if exchange is not None:
        found = Offer(EXCHANGE, on_grid(reference * (1.0 + sign * exchange * BP)), exchange)
    quotes = [reply for reply in replies if isinstance(reply, Quote)]
    if quotes:
        price = min(sign * quote.price for quote in quotes)
        equals = [quote for quote in quotes if sign * quote.price == price]
        chosen = equals[int(lot * len(equals))]
        if not found.venue or price <= sign * found.price:
            distance = sign * (chosen.price / reference - 1.0) / BP
            found = Offer(chosen.sender, chosen.price, distance)
    return found


def exchange_distance(costs: HedgingCosts, tick: Tick | None, size: float) -> float | None:
    """How far from the reference price the exchange trades `size` MEUR, bp; None while it can't be told."""
    if tick is None or size > costs.largest:
        return None
    return costs.distance(tick.half_spread, size, 0.0)
