"""What makers achieved: one row for each episode and maker, from the log of any run or from worlds that were run.

Both ways give the same table (:data:`COLUMNS`). Money is in MEUR bp (100 EUR), quantities in MEUR.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from math import sqrt
from typing import Any

import attrs
import pyarrow as pa

from catallaxy.engine import World

from .account import NANO, Account
from .exchange import EXCHANGE, Exchange
from .maker import MarketMaker
from .tally import Tally

COLUMNS: Mapping[str, str] = {
    "pnl": "profit and loss of the account, inventory valued at the last reference price",
    "spread_revenue": "sum over clients' trades of size times distance from the reference price",
    "inventory_pnl": "what the inventory gained and lost with the reference price: pnl - spread_revenue + hedging_cost",
    "hedging_cost": "sum over hedges of size times distance from the reference price",
    "risk_cost": "(gamma / 2) sigma^2 times the integral of the squared inventory",
    "objective": "spread_revenue - hedging_cost - risk_cost",
    "volume": "MEUR traded with clients",
    "hedged": "MEUR traded with the exchange",
    "trades": "number of trades with clients",
    "market_share": "the maker's part of all makers' volume in the episode",
    "rms_inventory": "root of the mean over time of the squared inventory, MEUR",
    "skew_slope": "bp by which the middle of the quotes falls for each MEUR of inventory; NaN if it never varied",
    "half_spread": "mean over decisions, bp",
}
"""The measures and what they mean; before them stand episode, agent, group, risk_aversion and connectivity."""

_NUMBERS = ("risk_aversion", "connectivity", *COLUMNS)
SCHEMA = pa.schema(
    [("episode", pa.int64()), ("agent", pa.string()), ("group", pa.string())]
    + [(name, pa.float64()) for name in _NUMBERS]
)


def from_worlds(worlds: Iterable[World]) -> pa.Table:
    """Measure the makers of worlds that have been run to their scenario's `duration`."""
    rows: list[dict[str, object]] = []
    for world in worlds:
        exchange = world.agents[EXCHANGE]
        assert isinstance(exchange, Exchange)
        makers = [agent for agent in world.agents.values() if isinstance(agent, MarketMaker)]
        total = sum(maker.tally.volume for maker in makers)
        for maker in makers:
            head = {"episode": world.episode, "agent": maker.name, "group": maker.group, **attrs.asdict(maker.type)}
            rows.append({**head, **_numbers(maker.tally, maker.profit(exchange.price), total, maker.session.horizon)})
    return pa.Table.from_pylist(rows, SCHEMA)


def from_log(events: Callable[[str], pa.Table]) -> pa.Table:
    """Measure the makers of a run from its log alone.

    Args:
        events: gives a table of the log by its name: `agents`, `positions`, `pricings` and `statements` are asked for.
            For a run folder: `open_run(folder).events`.
    """
    agents = [row for row in events("agents").to_pylist() if row["kind"] == MarketMaker.__name__]
    types = {(row["episode"], row["agent"]): json.loads(row["type"]) for row in agents}
    tallies = {key: Tally(0.0, 0.5 * facts["risk_aversion"] * facts["volatility"] ** 2) for key, facts in types.items()}
    _add_positions(tallies, types, events("positions"))
    _add_decisions(tallies, events("pricings"))
    profits = _profits(events("statements"))
    totals: dict[int, float] = {}
    for (episode, _), tally in tallies.items():
        totals[episode] = totals.get(episode, 0.0) + tally.volume
    rows = []
    for (episode, agent), facts in types.items():
        head = {"episode": episode, "agent": agent, "group": facts["group"]}
        head |= {name: facts[name] for name in ("risk_aversion", "connectivity")}
        numbers = _numbers(tallies[episode, agent], profits[episode, agent], totals[episode], facts["horizon"])
        rows.append({**head, **numbers})
    return pa.Table.from_pylist(rows, SCHEMA)


def _numbers(tally: Tally, profit: float, total: float, horizon: float) -> dict[str, float]:
    return {
        "pnl": profit,
        "spread_revenue": tally.spread_revenue,
        "inventory_pnl": profit - tally.spread_revenue + tally.hedging_cost,
        "hedging_cost": tally.hedging_cost,
        "risk_cost": tally.risk_cost,
        "objective": tally.objective,
        "volume": tally.volume,
        "hedged": tally.hedged,
        "trades": float(tally.trades),
        "market_share": tally.volume / total if total > 0.0 else 0.0,
        "rms_inventory": sqrt(tally.squares / horizon),
        "skew_slope": tally.skew_slope,
        "half_spread": tally.sum_s / tally.decisions if tally.decisions else 0.0,
    }


def _add_positions(
    tallies: Mapping[tuple[int, str], Tally], types: Mapping[tuple[int, str], Mapping[str, float]], table: pa.Table
) -> None:
    """Play every change of inventory again, in the order of the log."""
    columns = ("episode", "agent", "time", "change", "inventory", "revenue", "hedge")
    for episode, agent, time, change, inventory, revenue, hedge in _rows(table, columns):
        tally = tallies[episode, agent]
        if change == 0.0 and not hedge:
            tally.inventory = inventory
            continue
        horizon = types[episode, agent]["horizon"]
        if time >= horizon and not tally.closed:
            tally.close(horizon)
        tally.traded(time, change, inventory, revenue, hedge=hedge)
    for key, tally in tallies.items():
        if not tally.closed:
            tally.close(types[key]["horizon"])


def _add_decisions(tallies: Mapping[tuple[int, str], Tally], table: pa.Table) -> None:
    columns = ("episode", "agent", "inventory", "half_spread", "middle")
    for episode, agent, inventory, half_spread, middle in _rows(table, columns):
        tallies[episode, agent].decided(inventory, half_spread, middle)


def _profits(table: pa.Table) -> dict[tuple[int, str], float]:
    """Change in value between opening and closing statement, MEUR bp."""
    opening: dict[tuple[int, str], float] = {}
    profits: dict[tuple[int, str], float] = {}
    columns = ("episode", "agent", "closing", "inventory", "dollars", "nanodollars", "reference")
    for episode, agent, closing, inventory, dollars, nanodollars, reference in _rows(table, columns):
        value = Account(inventory, dollars * NANO + nanodollars).value(reference)
        if closing:
            profits[episode, agent] = value - opening[episode, agent]
        else:
            opening[episode, agent] = value
    return profits


def _rows(table: pa.Table, columns: tuple[str, ...]) -> Iterable[tuple[Any, ...]]:
    return zip(*(table.column(name).to_pylist() for name in columns), strict=True)
