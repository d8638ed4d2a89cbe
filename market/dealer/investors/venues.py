"""Where an investor can trade, and at what price."""

from collections.abc import Sequence

import attrs

from catallaxy.market.account import on_grid
from catallaxy.market.prices import BP

from ..costs import HedgingCosts
from ..exchange import EXCHANGE
from ..messages import Tick

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


def best_offer(
    quotes: Sequence[tuple[float, str]], exchange: float | None, reference: float, sign: float, lot: float
) -> Offer:
    """The best of makers and exchange.

    Args:
        quotes: price and maker of each.
        exchange: distance of the exchange's price, bp to the investor's cost; None if it can't trade there.
        reference: the reference price as the investor sees it.
        sign: 1 for buying, -1 for selling.
        lot: uniform in [0, 1), decides between equal quotes; makers go before the exchange.
    """
    found = Offer("", 0.0, NO_OFFER)
    if exchange is not None:
        found = Offer(EXCHANGE, on_grid(reference * (1.0 + sign * exchange * BP)), exchange)
    if quotes:
        best = min(sign * price for price, _ in quotes)
        equals = [quote for quote in quotes if sign * quote[0] == best]
        price, maker = equals[int(lot * len(equals))]
        if not found.venue or best <= sign * found.price:
            found = Offer(maker, price, sign * (price / reference - 1.0) / BP)
    return found


def exchange_distance(costs: HedgingCosts, tick: Tick | None, size: float) -> float | None:
    """How far from the reference price the exchange trades `size` MEUR, bp; None while it can't be told."""
    if tick is None or size > costs.largest:
        return None
    return costs.distance(tick.half_spread, size, 0.0)
