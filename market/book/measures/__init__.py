"""What can be measured of an order book: what each trader achieved, and the stylised facts of its prices.

All from the log alone; money is in MEUR bp (100 EUR), quantities in MEUR, times in minutes.
"""

from collections.abc import Callable, Mapping

import pyarrow as pa

from .facts import depth_table, facts_table, impact_table, memory_table, prices_table, spread_table
from .traders import COLUMNS, SCHEMA, from_log, from_worlds

TABLES: Mapping[str, Callable[..., pa.Table]] = {
    "traders": from_log,
    "facts": facts_table,
    "spread": spread_table,
    "depth": depth_table,
    "impact": impact_table,
    "memory": memory_table,
    "prices": prices_table,
}
"""What can be measured of a run, by name."""

__all__ = [
    "COLUMNS",
    "SCHEMA",
    "TABLES",
    "depth_table",
    "facts_table",
    "from_log",
    "from_worlds",
    "impact_table",
    "memory_table",
    "prices_table",
    "spread_table",
]
