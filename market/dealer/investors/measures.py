"""What investors achieved: one row for each episode and investor, from the log of any run or from worlds that were run.

Both ways give the same table (:data:`COLUMNS`). Money is in MEUR bp (100 EUR), quantities in MEUR.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import pyarrow as pa

from catallaxy.engine import CatallaxyError, World
from catallaxy.market.account import NANO, Account
from catallaxy.market.measures.columns import Events

from ..exchange import EXCHANGE, Exchange
from .investor import Investor
from .tally import InvestorTally

TYPE = ("connectivity", "pnl_weight", "buy_target", "sell_target", "risk_aversion")
COLUMNS: Mapping[str, str] = {
    "decisions": "number of decisions",
    "bought": "fraction of what it could have traded that it bought",
    "sold": "fraction that it sold",
    "target_error": "|bought - buy target| + |sold - sell target|",
    "pnl": "profit and loss of the account, inventory valued at the last reference price",
    "execution_cost": "sum over trades of size times distance from the reference price, to the investor's cost",
    "inventory_pnl": "what the inventory gained and lost with the reference price: pnl + execution_cost",
    "volume": "MEUR traded",
    "exchange_volume": "MEUR traded on the exchange",
    "reward": "what the investor maximises, undiscounted",
}
"""The measures and what they mean; before them stand episode, agent, group and the type's parameters."""

SCHEMA = pa.schema(
    [("episode", pa.int64()), ("agent", pa.string()), ("group", pa.string())]
    + [(name, pa.float64()) for name in (*TYPE, *COLUMNS)]
)


def from_worlds(worlds: Iterable[World]) -> pa.Table:
    """Measure the investors of worlds that have been run to their scenario's `duration`."""
    rows: list[dict[str, object]] = []
    for world in worlds:
        exchange = world.agents[EXCHANGE]
        assert isinstance(exchange, Exchange)
        for agent in world.agents.values():
            if isinstance(agent, Investor):
                facts = attrs.asdict(agent.type)
                head = {"episode": world.episode, "agent": agent.name, "group": agent.group, **facts}
                numbers = agent.tally.numbers(facts, agent.profit(exchange.price), agent.pay.total)
                rows.append({**head, **numbers})
    return pa.Table.from_pylist(rows, SCHEMA)


def from_log(events: Events) -> pa.Table:
    """Measure the investors of a run from its log alone.

    Args:
        events: gives a table of the log by its name: `agents`, `timings`, `executions`, `investor_rewards` and
            `statements` are asked for. For a run folder: `open_run(folder).events`.
    """
    agents = [row for row in events("agents").to_pylist() if row["kind"] == Investor.__name__]
    types = {(row["episode"], row["agent"]): json.loads(row["type"]) for row in agents}
    tallies = {key: InvestorTally() for key in types}
    if not types:
        return pa.Table.from_pylist([], SCHEMA)
    for episode, agent, offered in _rows(events, "timings", "episode", "agent", "offered"):
        tallies[episode, agent].decided(offered)
    columns = ("episode", "agent", "quantity", "price", "reference", "exchange")
    for episode, agent, quantity, price, reference, exchange in _rows(events, "executions", *columns):
        tallies[episode, agent].traded(quantity, price, reference, exchange=exchange)
    rewards = {row[:2]: row[2] for row in _rows(events, "investor_rewards", "episode", "agent", "total")}
    profits = _profits(events)
    rows = []
    for (episode, agent), facts in types.items():
        head = {"episode": episode, "agent": agent, "group": facts["group"], **{name: facts[name] for name in TYPE}}
        key = episode, agent
        rows.append({**head, **tallies[key].numbers(facts, profits[key], rewards[key])})
    return pa.Table.from_pylist(rows, SCHEMA)


def _profits(events: Events) -> dict[tuple[int, str], float]:
    """Change in value between opening and closing statement, MEUR bp."""
    opening: dict[tuple[int, str], float] = {}
    profits: dict[tuple[int, str], float] = {}
    columns = ("episode", "agent", "closing", "inventory", "dollars", "nanodollars", "reference")
    for episode, agent, closing, inventory, dollars, nanodollars, reference in _rows(events, "statements", *columns):
        value = Account(inventory, dollars * NANO + nanodollars).value(reference)
        if closing:
            profits[episode, agent] = value - opening[episode, agent]
        else:
            opening[episode, agent] = value
    return profits


def _rows(events: Events, name: str, *columns: str) -> Iterable[tuple[Any, ...]]:
    """Rows of a table; none if it is missing, because nothing of its kind has happened."""
    try:
        table = events(name)
    except (KeyError, CatallaxyError):
        return ()
    return zip(*(table.column(column).to_pylist() for column in columns), strict=True)
