"""Skew and spread against inventory."""

import numpy as np
import pyarrow as pa

from catallaxy.market.measures.columns import Events, numbers, total

from .roster import makers_of


def skew(events: Events, bins: int = 21) -> pa.Table:
    """What makers quoted by inventory: one row for each episode, maker and bin of inventory with a decision in it.

    Columns: `episode`, `agent`, `group`, `inventory` (middle of the bin, MEUR), `decisions`, `middle` (bp by which the
    middle of the quotes lay above the reference price, mean over decisions), `half_spread` (bp). Bins are of equal
    width and symmetric about zero, and reach as far as 99 % of the decisions do; the outer ones hold what lies beyond.
    """
    makers = makers_of(events)
    pricings = events("pricings")
    entry = makers.roster.rows(pricings)
    inventory = numbers(pricings, "inventory")
    reach = float(np.quantile(np.abs(inventory), 0.99)) if len(inventory) else 0.0
    edges = np.linspace(-max(reach, 1e-9), max(reach, 1e-9), bins + 1)
    place = np.clip(np.searchsorted(edges, inventory, side="right") - 1, 0, bins - 1)
    cell = np.where(entry >= 0, entry * bins + place, -1)
    count = len(makers.roster) * bins
    decisions = total(cell, 1.0, count)
    some = np.flatnonzero(decisions > 0.0)
    table = makers.table({}).take(pa.array(some // bins))
    centres = 0.5 * (edges[1:] + edges[:-1])
    centres[bins // 2] = 0.0 if bins % 2 else centres[bins // 2]
    columns = {
        "inventory": pa.array(centres[some % bins]),
        "decisions": pa.array(decisions[some].astype(np.int64)),
        "middle": pa.array(total(cell, numbers(pricings, "middle"), count)[some] / decisions[some]),
        "half_spread": pa.array(total(cell, numbers(pricings, "half_spread"), count)[some] / decisions[some]),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table
