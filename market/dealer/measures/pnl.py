"""Where a maker's profit comes from."""

import numpy as np
import pyarrow as pa

from catallaxy.market.measures.columns import (
    Events,
    flags,
    in_order,
    integers,
    moments,
    moments_of,
    numbers,
    same,
    total,
)

from .roster import closing_profits, makers_of


def pnl(events: Events) -> pa.Table:
    """Profit and loss of each maker and episode, MEUR bp, and its four parts, which add up to it.

    - `spread`: sum over clients' trades of size times distance from the reference price.
    - `hedging`: the same over hedges, negative: what the exchange charged.
    - `impact`: sum over its hedges of x MEUR of I (q + x / 2), where I is by how much (bp) the hedge has moved the
      reference price and q the inventory before: what its own hedges gained or lost on what it held. It is the
      integral of k q v of Barzykin, Bergault, Gueant (2112.02269).
    - `inventory`: the rest: what the inventory gained and lost as the price moved for other reasons.
    """
    makers = makers_of(events)
    count = len(makers.roster)
    positions = in_order(events("positions"))
    entry, hedge = makers.roster.rows(positions), flags(positions, "hedge")
    revenue = numbers(positions, "revenue")
    profit = closing_profits(makers, events("statements"))
    spread = total(np.where(hedge, -1, entry), revenue, count)
    hedging = total(np.where(hedge, entry, -1), revenue, count)
    held = numbers(positions, "inventory") - 0.5 * numbers(positions, "change")
    impact = total(np.where(hedge, entry, -1), held * _moved(positions, events), count)
    rest = profit - spread - hedging - impact
    columns = {"pnl": profit, "spread": spread, "inventory": rest, "hedging": hedging, "impact": impact}
    return makers.table(columns)


def _moved(positions: pa.Table, events: Events) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """By how many bp the hedge that changed a position has moved the price; 0 for other rows."""
    try:
        fills = in_order(events("hedge_fills"))
    except LookupError:  # nobody has hedged
        return np.zeros(positions.num_rows)
    if "impact" not in fills.column_names:
        return np.zeros(positions.num_rows)
    found = same(moments(fills), moments_of(integers(positions, "episode"), integers(positions, "cause")))
    impact = numbers(fills, "impact")
    return np.where(found >= 0, impact[found], 0.0) if len(impact) else np.zeros(positions.num_rows)
