"""Who made the market, as the log tells it."""

import json
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.market.account import NANO, Account
from catallaxy.market.measures.columns import Events, Floats, Roster

_FACTS = ("risk_aversion", "connectivity", "volatility", "horizon")
HEAD = (("episode", pa.int64()), ("agent", pa.string()), ("group", pa.string()))
"""The columns that stand before the numbers of a table by episode and maker."""


@attrs.frozen(eq=False)
class Makers:
    """The makers of a log, one entry for each episode and maker in the order in which they were introduced.

    Attributes:
        roster: episodes and names.
        groups: their groups, one for each entry.
        facts: `risk_aversion`, `connectivity`, `volatility` and `horizon` of each, shape (entries,).
    """

    roster: Roster
    groups: list[str]
    facts: Mapping[str, Floats]

    def table(self, columns: Mapping[str, Any], schema: pa.Schema | None = None) -> pa.Table:
        """A table with one row for each entry: who it is, then these columns."""
        arrays = [pa.array(self.roster.episodes), pa.array(self.roster.names), pa.array(self.groups, pa.string())]
        arrays += [pa.array(column) for column in columns.values()]
        names = [name for name, _ in HEAD] + list(columns)
        return (
            pa.Table.from_arrays(arrays, names=names).cast(schema)
            if schema
            else pa.table(dict(zip(names, arrays, strict=True)))
        )


def makers_of(events: Events) -> Makers:
    """The makers of a log: all who note down positions, whatever their class is called."""
    positions = events("positions")
    names = pc.unique(_plain(positions.column("agent")))
    agents = events("agents").select(["episode", "agent", "type"])
    agents = agents.filter(pc.is_in(_plain(agents.column("agent")), value_set=names))
    told = [json.loads(text) for text in agents.column("type").to_pylist()]
    episodes = np.asarray(agents.column("episode").to_numpy(), dtype=np.int64)
    return Makers(
        roster=Roster(episodes, _plain(agents.column("agent")).to_pylist()),
        groups=[facts["group"] for facts in told],
        facts={name: np.array([facts[name] for facts in told], dtype=np.float64) for name in _FACTS},
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def closing_profits(makers: Makers, statements: pa.Table) -> Floats:
    """Change in value between opening and closing statement, MEUR bp, for each maker.

    In whole numbers, as accounts are kept. NaN for a maker whose episode was not played to its end.
    """
    entry = makers.roster.rows(statements)
    opening, profits = np.full(len(makers.roster), np.nan), np.full(len(makers.roster), np.nan)
    mine = statements.filter(pa.array(entry >= 0)).select(
        ["closing", "inventory", "dollars", "nanodollars", "reference"]
    )
    for place, row in zip(entry[entry >= 0].tolist(), mine.to_pylist(), strict=True):
        value = Account(row["inventory"], row["dollars"] * NANO + row["nanodollars"]).value(row["reference"])
        if row["closing"]:
            profits[place] = value - opening[place]
        else:
            opening[place] = value
    return profits
