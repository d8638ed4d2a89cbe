"""The order book: a matching engine with price-time priority, as a venue of its own, and traders who give it depth.

Prices are whole ticks, sizes whole lots, times minutes.
"""

from .book import OrderBook
from .build import background, build
from .groups import Informed, ZeroIntelligence
from .instrument import Hours, Instrument
from .messages import (
    Acknowledgement,
    Cancel,
    Cancellation,
    Depth,
    ExecutionReport,
    LimitOrder,
    MarketOrder,
    Refusal,
    Replace,
    TopOfBook,
    Trade,
)
from .orders import BUY, SELL, BookError, Lifetime, Match, Outcome, Prevented, PriceLevel, Resting, SelfTrade
from .scenario import BookScenario
from .traders import InformedTrader, Trader, ZeroIntelligenceTrader
from .venue import VENUE, OrderBookVenue

__all__ = [
    "BUY",
    "SELL",
    "VENUE",
    "Acknowledgement",
    "BookError",
    "BookScenario",
    "Cancel",
    "Cancellation",
    "Depth",
    "ExecutionReport",
    "Hours",
    "Informed",
    "InformedTrader",
    "Instrument",
    "Lifetime",
    "LimitOrder",
    "MarketOrder",
    "Match",
    "OrderBook",
    "OrderBookVenue",
    "Outcome",
    "Prevented",
    "PriceLevel",
    "Refusal",
    "Replace",
    "Resting",
    "SelfTrade",
    "TopOfBook",
    "Trade",
    "Trader",
    "ZeroIntelligence",
    "ZeroIntelligenceTrader",
    "background",
    "build",
]
