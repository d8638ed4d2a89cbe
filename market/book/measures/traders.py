"""What traders on a book achieved: one row for each episode and trader, from the log or from worlds that were run."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from catallaxy.engine import World
from catallaxy.market.account import NANO, Account
from catallaxy.market.measures.columns import Events, Floats, Roster, flags, integers, total

from ..tally import BookTally
from ..traders import Trader

COLUMNS: Mapping[str, str] = {
    "pnl": "profit and loss of the account, inventory valued at the middle of the book",
    "volume": "MEUR traded",
    "bought": "MEUR bought",
    "sold": "MEUR sold",
    "passive_share": "the part of its volume that its orders at rest have traded; 0 if it has not traded",
    "trades": "number of trades",
    "inventory": "MEUR at the end",
}
"""The measures and what they mean; before them stand episode, agent and group."""

SCHEMA = pa.schema(
    [("episode", pa.int64()), ("agent", pa.string()), ("group", pa.string())]
    + [(name, pa.float64()) for name in COLUMNS]
)


def from_worlds(worlds: Iterable[World]) -> pa.Table:
    """Measure the traders of worlds that have been run to their scenario's `duration`."""
    rows: list[dict[str, object]] = []
    for world in worlds:
        for agent in world.agents.values():
            if isinstance(agent, Trader):
                tally, pnl = agent.tally, agent.profit(agent.reference)
                head = {"episode": world.episode, "agent": agent.name, "group": agent.group}
                rows.append({**head, **_numbers(tally, pnl, agent.account.position)})
    return pa.Table.from_pylist(rows, SCHEMA)


def from_log(events: Events) -> pa.Table:
    """Measure the traders of a run from its log alone.

    Args:
        events: gives a table of the log by its name: `agents`, `execution_reports` and `statements` are asked for. For
            a run folder: `open_run(folder).events`.
    """
    agents = [{**row, "facts": json.loads(row["type"] or "null") or {}} for row in events("agents").to_pylist()]
    lot = next((row["facts"]["lot"] for row in agents if {"tick", "lot", "horizon"} <= row["facts"].keys()), 1.0)
    traders = [row for row in agents if {"group", "venue"} <= row["facts"].keys()]
    roster = Roster(np.array([row["episode"] for row in traders], dtype=np.int64), [row["agent"] for row in traders])
    sums = _sums(roster, events, lot)
    profits, inventories = _accounts(events)
    rows = []
    for place, row in enumerate(traders):
        key = (row["episode"], row["agent"])
        tally = BookTally(
            trades=int(sums["trades"][place]),
            bought=float(sums["bought"][place]),
            sold=float(sums["sold"][place]),
            passive=float(sums["passive"][place]),
        )
        head = {"episode": row["episode"], "agent": row["agent"], "group": row["facts"]["group"]}
        rows.append({**head, **_numbers(tally, profits[key], inventories[key])})
    return pa.Table.from_pylist(rows, SCHEMA)


def _numbers(tally: BookTally, pnl: float, inventory: float) -> dict[str, float]:
    return {
        "pnl": pnl,
        "volume": tally.volume,
        "bought": tally.bought,
        "sold": tally.sold,
        "passive_share": tally.passive / tally.volume if tally.volume else 0.0,
        "trades": float(tally.trades),
        "inventory": inventory,
    }


def _sums(roster: Roster, events: Events, lot: float) -> dict[str, Floats]:
    """What each trader has traded, shape (traders,) each."""
    count = len(roster)
    try:
        table = events("execution_reports")
    except LookupError:  # nobody has traded
        return {name: np.zeros(count) for name in ("trades", "bought", "sold", "passive")}
    who = roster.rows(table, "receiver")
    quantity = integers(table, "size") * lot
    buys = integers(table, "side") > 0
    return {
        "trades": total(who, 1.0, count),
        "bought": total(who, quantity * buys, count),
        "sold": total(who, quantity * ~buys, count),
        "passive": total(who, quantity * flags(table, "passive"), count),
    }


def _accounts(events: Events) -> tuple[dict[tuple[int, str], float], dict[tuple[int, str], float]]:
    """Change in value between opening and closing statement in MEUR bp, and inventory at the end in MEUR."""
    opening: dict[tuple[int, str], float] = {}
    profits: dict[tuple[int, str], float] = {}
    inventories: dict[tuple[int, str], float] = {}
    for row in _rows(events("statements")):
        account = Account(row["inventory"], row["dollars"] * NANO + row["nanodollars"])
        key = row["episode"], row["agent"]
        if row["closing"]:
            profits[key] = account.value(row["reference"]) - opening[key]
            inventories[key] = account.position
        else:
            opening[key] = account.value(row["reference"])
    return profits, inventories


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
