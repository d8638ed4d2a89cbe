"""The order book: a matching engine with price-time priority, as a venue of its own, and traders who give it depth."""

from .book import OrderBook
from .orders import BUY, SELL, BookError, Lifetime, Outcome, Prevented, PriceLevel, Resting, SelfTrade, Trade

__all__ = [
    "BUY",
    "SELL",
    "BookError",
    "Lifetime",
    "OrderBook",
    "Outcome",
    "Prevented",
    "PriceLevel",
    "Resting",
    "SelfTrade",
    "Trade",
]
