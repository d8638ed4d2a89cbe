"""The goods market: shops price and stock a good, customers ask those that they know, suppliers restock the shops.

Units: days, whole units of the good, EUR.
"""

from .account import Account
from .build import Policies, build
from .customer import Choice, Customer
from .messages import (
    Books,
    Confirmation,
    Delivery,
    Enquiry,
    Need,
    Offer,
    Order,
    Plan,
    PriceTag,
    Purchase,
    Rent,
    RestockOrder,
    Shipment,
    SoldOut,
)
from .policies import BaseStock, CostPlus, Learned, Loyal, Nearest, PriceTaker, Undercutting
from .scenario import CustomerGroup, Decisions, GoodsScenario, Session, ShopGroup, SupplierGroup
from .shop import Shop
from .supplier import WAREHOUSE, Supplier, Warehouse
from .types import CustomerType, ShopType

__all__ = [
    "WAREHOUSE",
    "Account",
    "BaseStock",
    "Books",
    "Choice",
    "Confirmation",
    "CostPlus",
    "Customer",
    "CustomerGroup",
    "CustomerType",
    "Decisions",
    "Delivery",
    "Enquiry",
    "GoodsScenario",
    "Learned",
    "Loyal",
    "Nearest",
    "Need",
    "Offer",
    "Order",
    "Plan",
    "Policies",
    "PriceTag",
    "PriceTaker",
    "Purchase",
    "Rent",
    "RestockOrder",
    "Session",
    "Shipment",
    "Shop",
    "ShopGroup",
    "ShopType",
    "SoldOut",
    "Supplier",
    "SupplierGroup",
    "Undercutting",
    "Warehouse",
    "build",
]
