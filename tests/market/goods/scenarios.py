"""Small markets to test with."""

from catallaxy.agents import Choice, LogUniform, Uniform
from catallaxy.market.goods import (
    BaseStock,
    CostPlus,
    CustomerGroup,
    Decisions,
    GoodsScenario,
    Loyal,
    Nearest,
    PriceTaker,
    Session,
    ShopGroup,
    SupplierGroup,
    Undercutting,
)

MIXED = GoodsScenario(
    shops=(
        ShopGroup("X", price=5.5, order_cost=2.0, order_up_to=25.0, reorder_level=10.0, policy=BaseStock()),
        ShopGroup("Y", delivery_time=Uniform(0.1, 3.0), storage_cost=LogUniform(0.01, 0.2), policy=Undercutting(0.03)),
        ShopGroup("corner", 2, cost=Uniform(3.5, 4.5), capacity=Choice([10.0, 20.0]), connectivity=0.6,
                  policy=CostPlus(0.3)),
    ),
    customers=(
        CustomerGroup("thrifty", 3, 2.0, Choice([1.0, 2.0, 5.0]), Uniform(4.0, 9.0), policy=PriceTaker(0.3)),
        CustomerGroup("hurried", 2, 2.0, value=Uniform(5.0, 9.0), time_weight=Uniform(0.5, 2.0), policy=Nearest()),
        CustomerGroup("faithful", 2, 2.0, value=Uniform(5.0, 9.0), connectivity=0.8, policy=Loyal()),
    ),
    suppliers=(SupplierGroup("mill", Uniform(0.5, 3.0)),),
    session=Session(20.0),
    # Slow messages, so that much is in flight at the close and goods that were offered are gone when they are ordered.
    latency=Uniform(0.01, 0.2),
)  # fmt: skip
"""All scripts, random types, links, lead times and latencies."""

ONE_SHOP = GoodsScenario(
    shops=(ShopGroup("shop", price=6.0, storage_cost=0.05, shortfall_weight=0.5),),
    customers=(CustomerGroup("crowd", 1, 10.0, policy=PriceTaker()),),
    suppliers=(SupplierGroup("mill", 0.5),),
    session=Session(30.0),
    decisions=Decisions(interval=1.0, pace="regular", decides=("order_up_to",), observes=("stock",)),
)
"""One shop with a fixed price, reviewed every day, and Poisson demand."""
