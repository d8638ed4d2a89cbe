"""Where a maker's profit comes from."""

import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.market.measures import Events

from .makers import from_log


def pnl(events: Events) -> pa.Table:
    """Profit and loss of each maker and episode, MEUR bp, and its four parts, which add up to it.

    - `spread`: sum over clients' trades of size times distance from the reference price.
    - `hedging`: the same over hedges, negative: what the exchange charged.
    - `impact`: sum over its hedges of x MEUR of I (q + x / 2), where I is by how much (bp) the hedge has moved the
      reference price and q the inventory before: what its own hedges gained or lost on what it held. It is the
      integral of k q v of Barzykin, Bergault, Gueant (2112.02269).
    - `inventory`: the rest: what the inventory gained and lost as the price moved for other reasons.
    """
    found = from_log(events)
    columns = {name: found[name] for name in ("episode", "agent", "group", "pnl")}
    columns |= {"spread": found["spread_revenue"], "inventory": found["inventory_pnl"]}
    columns |= {"hedging": pc.negate(found["hedging_cost"]), "impact": found["impact"]}
    return pa.table(columns)
