"""What market makers are rewarded for: one room for each term, and their weighted sum."""

from .hedging_cost import HedgingCost
from .inventory_pnl import InventoryPnl
from .market_share import MarketShare, MarketVolume
from .risk import AbsoluteRisk, QuadraticRisk
from .spread_revenue import SpreadRevenue
from .term import Term
from .total import TotalReward

__all__ = [
    "AbsoluteRisk",
    "HedgingCost",
    "InventoryPnl",
    "MarketShare",
    "MarketVolume",
    "QuadraticRisk",
    "SpreadRevenue",
    "Term",
    "TotalReward",
]
