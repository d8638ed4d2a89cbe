"""What investors are rewarded for: one room for each term, and their weighted sum."""

from .execution_cost import ExecutionCost
from .inventory_pnl import InventoryPnl
from .quantity_target import QuantityTarget
from .risk import Risk
from .term import Term
from .total import TotalReward

__all__ = ["ExecutionCost", "InventoryPnl", "QuantityTarget", "Risk", "Term", "TotalReward"]
