"""Measures of the dealer market: from worlds that were run, and from the log alone.

Each table is a pure function of the log's tables; docs/markets/measures.md says what its columns mean.
"""

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa

from catallaxy.engine import World

from ..investors.measures import from_log as investors
from ..investors.measures import from_worlds as investors_of_worlds
from .fills import acceptance, fill_curve, requests_of
from .flow import flow
from .inventory import inventories, inventory
from .makers import COLUMNS, SCHEMA, from_log, from_worlds
from .pnl import pnl
from .quotes import Quoted, fill_probability, quoted
from .quoting import skew
from .shares import concentration, market_share
from .trades import prices, trades

TABLES: Mapping[str, Callable[..., pa.Table]] = {
    "makers": from_log,
    "pnl": pnl,
    "inventory": inventory,
    "flow": flow,
    "market_share": market_share,
    "concentration": concentration,
    "skew": skew,
    "fill_curve": fill_curve,
    "acceptance": acceptance,
    "investors": investors,
    "trades": trades,
    "prices": prices,
    "inventories": inventories,
}
"""What can be measured from a log, by name, each called with `events`; the first is the market's main table."""

DIRECT: Mapping[str, Callable[[Iterable[World]], pa.Table]] = {"makers": from_worlds, "investors": investors_of_worlds}
"""Those of the tables that worlds which have been run give without a log, by name."""

CURVES: Mapping[str, Callable[..., float]] = {"fill_probability": fill_probability}
"""What falls or rises with a price, by name: each is called with worlds, `at`, `of` and `among`."""

__all__ = [
    "COLUMNS",
    "CURVES",
    "DIRECT",
    "SCHEMA",
    "TABLES",
    "Quoted",
    "acceptance",
    "concentration",
    "fill_curve",
    "fill_probability",
    "flow",
    "from_log",
    "from_worlds",
    "inventories",
    "inventory",
    "investors",
    "market_share",
    "pnl",
    "prices",
    "quoted",
    "requests_of",
    "skew",
    "trades",
]
