"""Measures of the dealer market: from worlds that were run, and from the log alone."""

from collections.abc import Callable, Mapping

import pyarrow as pa

from catallaxy.market.measures import Events

from .makers import COLUMNS, SCHEMA, from_log, from_worlds

TABLES: Mapping[str, Callable[[Events], pa.Table]] = {"makers": from_log}
"""What can be measured from a log, by name; the first is the market's main table."""

__all__ = ["COLUMNS", "SCHEMA", "TABLES", "from_log", "from_worlds"]
