"""What investors note down in the log. Quantities in MEUR, positive where the investor buys; prices in USD per EUR."""

from catallaxy.engine import Record


class Timing(Record, level="decisions"):
    """What an investor decided, and what it saw.

    Attributes:
        quantity: MEUR that it wants to buy (sell if negative); 0 for nothing.
        offered: MEUR that it could have traded.
        inventory: MEUR.
        reference: the reference price as it sees it.
        ask, bid: distance of the best price for buying, and selling, from the reference price, bp to its cost.
    """

    quantity: float
    offered: float
    inventory: float
    reference: float
    ask: float
    bid: float


class Execution(Record, level="trades"):
    """A trade of an investor.

    Attributes:
        quantity: MEUR.
        price: at which it traded.
        reference: the reference price as it sees it (at the exchange for a trade there).
        exchange: whether the exchange was the counterparty.
        inventory: MEUR, after the trade.
    """

    quantity: float
    price: float
    reference: float
    exchange: bool
    inventory: float


class InvestorReward(Record, level="decisions"):
    """What an investor has earned when the session closes, MEUR bp: each term without its weight, and their sum with.

    Attributes:
        execution_cost, inventory_pnl, risk, quantity_target: see `rewards`.
        total: the weighted sum, undiscounted.
    """

    execution_cost: float
    inventory_pnl: float
    risk: float
    quantity_target: float
    total: float
