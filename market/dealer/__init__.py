"""The dealer (over-the-counter) market: makers quote to clients around a reference price and hedge on an exchange.

Units: minutes, MEUR (10^6 EUR), prices in USD per EUR, distances in bp of the reference price, rewards in MEUR bp
(100 EUR).
"""

from catallaxy.market.account import Account, Statement

from .book_exchange import BookExchange
from .build import build
from .client import Client
from .costs import CurveCosts, ExchangeCosts, reducing
from .exchange import EXCHANGE, Exchange
from .hedging_book import HedgingBook
from .investors.group import Investing, InvestorGroup
from .investors.investor import Investor
from .investors.policies import MeanReversion, Momentum, Noise, Twap
from .investors.type import InvestorType
from .maker import MarketMaker
from .messages import (
    Fill,
    HedgeFill,
    HedgeOrder,
    Ladder,
    Order,
    Position,
    Pricing,
    Quote,
    QuoteRequest,
    Reject,
    Tick,
)
from .policies import AvellanedaStoikov, ClosedFormSkew, FixedSpread, FromFile, Glft, Learned, LinearSkew, Optimal
from .scenario import Clients, DealerScenario, Decisions, Latencies, MakerGroup, RewardWeights, Session, Tier
from .types import MakerType

__all__ = [
    "EXCHANGE",
    "Account",
    "AvellanedaStoikov",
    "BookExchange",
    "Client",
    "Clients",
    "ClosedFormSkew",
    "CurveCosts",
    "DealerScenario",
    "Decisions",
    "Exchange",
    "ExchangeCosts",
    "Fill",
    "FixedSpread",
    "FromFile",
    "Glft",
    "HedgeFill",
    "HedgeOrder",
    "HedgingBook",
    "Investing",
    "Investor",
    "InvestorGroup",
    "InvestorType",
    "Ladder",
    "Latencies",
    "Learned",
    "LinearSkew",
    "MakerGroup",
    "MakerType",
    "MarketMaker",
    "MeanReversion",
    "Momentum",
    "Noise",
    "Optimal",
    "Order",
    "Position",
    "Pricing",
    "Quote",
    "QuoteRequest",
    "Reject",
    "RewardWeights",
    "Session",
    "Statement",
    "Tick",
    "Tier",
    "Twap",
    "build",
    "reducing",
]
