"""What makers and investors are rewarded for: one room for each term, and the weighted sum that makers earn."""

from .hedging_cost import HedgingCost
from .inventory_pnl import InventoryPnl
from .market_share import MarketShare, MarketVolume
from .quantity_target import QuantityTarget
from .risk import AbsoluteRisk, QuadraticRisk, StepRisk
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
    "QuantityTarget",
    "SpreadRevenue",
    "StepRisk",
    "Term",
    "TotalReward",
]
