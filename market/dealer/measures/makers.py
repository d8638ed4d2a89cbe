"""What makers achieved: one row for each episode and maker, from the log of any run or from worlds that were run.

Both ways give the same table (:data:`COLUMNS`), to the rounding of sums. Money is in MEUR bp (100 EUR), quantities in
MEUR.
"""

from collections.abc import Iterable, Mapping
from math import sqrt

import numpy as np
import pyarrow as pa

from catallaxy.engine import World
from catallaxy.market.measures.columns import Events, Floats, Integers, flags, in_order, numbers, total

from ..exchange import EXCHANGE, Exchange
from ..maker import MarketMaker
from ..tally import Tally
from .roster import Makers, closing_profits, makers_of

COLUMNS: Mapping[str, str] = {
    "pnl": "profit and loss of the account, inventory valued at the last reference price",
    "spread_revenue": "sum over clients' trades of size times distance from the reference price",
    "inventory_pnl": "what the inventory gained and lost as the price moved for other reasons than the maker's own "
    "hedges: pnl - spread_revenue + hedging_cost - impact",
    "hedging_cost": "sum over hedges of size times distance from the reference price",
    "risk_cost": "(gamma / 2) sigma^2 times the integral of the squared inventory",
    "impact": "what the inventory gained by what the maker's own hedges did to the price; mostly negative",
    "objective": "spread_revenue - hedging_cost + impact - risk_cost",
    "volume": "MEUR traded with clients",
    "hedged": "MEUR traded with the exchange",
    "trades": "number of trades with clients",
    "market_share": "the maker's part of all makers' volume in the episode",
    "rms_inventory": "root of the mean over time of the squared inventory, MEUR",
    "skew_slope": "bp by which the middle of the quotes falls for each MEUR of inventory; NaN if it never varied",
    "half_spread": "mean over decisions, bp",
}
"""The measures and what they mean; before them stand episode, agent, group, risk_aversion and connectivity."""

_TYPE = ("risk_aversion", "connectivity")
SCHEMA = pa.schema(
    [("episode", pa.int64()), ("agent", pa.string()), ("group", pa.string())]
    + [(name, pa.float64()) for name in (*_TYPE, *COLUMNS)]
)


def from_worlds(worlds: Iterable[World]) -> pa.Table:
    """Measure the makers of worlds that have been run to their scenario's `duration`."""
    rows: list[dict[str, object]] = []
    for world in worlds:
        exchange = world.agents[EXCHANGE]
        assert isinstance(exchange, Exchange)
        makers = [agent for agent in world.agents.values() if isinstance(agent, MarketMaker)]
        whole = sum(maker.tally.volume for maker in makers)
        for maker in makers:
            head = {"episode": world.episode, "agent": maker.name, "group": maker.group}
            head |= {name: getattr(maker.type, name) for name in _TYPE}
            rows.append({**head, **_numbers(maker.tally, maker.profit(exchange.price), whole, maker.session.horizon)})
    return pa.Table.from_pylist(rows, SCHEMA)


def _numbers(tally: Tally, profit: float, whole: float, horizon: float) -> dict[str, float]:
    return {
        "pnl": profit,
        "spread_revenue": tally.spread_revenue,
        "inventory_pnl": profit - tally.spread_revenue + tally.hedging_cost - tally.impact,
        "hedging_cost": tally.hedging_cost,
        "risk_cost": tally.risk_cost,
        "impact": tally.impact,
        "objective": tally.objective,
        "volume": tally.volume,
        "hedged": tally.hedged,
        "trades": float(tally.trades),
        "market_share": tally.volume / whole if whole > 0.0 else 0.0,
        "rms_inventory": sqrt(tally.squares / horizon),
        "skew_slope": tally.skew_slope,
        "half_spread": tally.sum_s / tally.decisions if tally.decisions else 0.0,
    }


def from_log(events: Events) -> pa.Table:
    """Measure the makers of a run from its log alone.

    Args:
        events: gives a table of the log by its name: `agents`, `positions`, `pricings` and `statements` are asked for.
            For a run folder: `open_run(folder).events`.
    """
    makers = makers_of(events)
    trades = _trades(makers, in_order(events("positions")))
    profit = closing_profits(makers, events("statements"))
    squares = trades.pop("squares")
    risk = 0.5 * makers.facts["risk_aversion"] * makers.facts["volatility"] ** 2 * squares
    episode = np.unique(makers.roster.episodes, return_inverse=True)[1]
    whole = total(episode, trades["volume"], int(episode.max(initial=-1)) + 1)[episode]
    columns = {
        **trades,
        **_decisions(makers, events("pricings")),
        "pnl": profit,
        "inventory_pnl": profit - trades["spread_revenue"] + trades["hedging_cost"] - trades["impact"],
        "risk_cost": risk,
        "objective": trades["spread_revenue"] - trades["hedging_cost"] + trades["impact"] - risk,
        "market_share": np.divide(trades["volume"], whole, out=np.zeros_like(whole), where=whole > 0.0),
        "rms_inventory": np.sqrt(squares / makers.facts["horizon"]),
        **{name: makers.facts[name] for name in _TYPE},
    }
    return makers.table({name: columns[name] for name in (*_TYPE, *COLUMNS)}, SCHEMA)


def _trades(makers: Makers, positions: pa.Table) -> dict[str, Floats]:
    """Sums over every change of inventory, and the integral of its square over the session."""
    count = len(makers.roster)
    entry = makers.roster.rows(positions)
    change, revenue = numbers(positions, "change"), numbers(positions, "revenue")
    hedge = flags(positions, "hedge")
    client = ~hedge & (change != 0.0)
    with_client = np.where(client, entry, -1)
    with_exchange = np.where(hedge, entry, -1)
    return {
        "spread_revenue": total(with_client, revenue, count),
        "hedging_cost": total(with_exchange, -revenue, count),
        "impact": total(with_exchange, numbers(positions, "impact"), count),
        "volume": total(with_client, np.abs(change), count),
        "hedged": total(with_exchange, np.abs(change), count),
        "trades": total(with_client, 1.0, count),
        "squares": squares(makers, positions, entry),
    }


def squares(makers: Makers, positions: pa.Table, entry: Integers) -> Floats:
    """Integral of the squared inventory over the session, MEUR^2 minutes, for each maker."""
    order = np.argsort(entry, kind="stable")
    order = order[entry[order] >= 0]
    who = entry[order]
    horizon = makers.facts["horizon"][who]
    start = np.minimum(numbers(positions, "time")[order], horizon)
    last = np.append(who[1:] != who[:-1], True) if len(who) else np.zeros(0, dtype=np.bool_)
    until = np.where(last, horizon, np.append(start[1:], 0.0))
    inventory = numbers(positions, "inventory")[order]
    return total(who, inventory**2 * (until - start), len(makers.roster))


def _decisions(makers: Makers, pricings: pa.Table) -> dict[str, Floats]:
    """Mean half-spread, and the least-squares slope of the middle in the inventory, over each maker's decisions."""
    entry, count = makers.roster.rows(pricings), len(makers.roster)
    q, middle = numbers(pricings, "inventory"), numbers(pricings, "middle")
    n, sum_q, sum_qq = (total(entry, values, count) for values in (np.ones_like(q), q, q * q))
    sum_m, sum_qm, sum_s = (total(entry, v, count) for v in (middle, q * middle, numbers(pricings, "half_spread")))
    spread = n * sum_qq - sum_q**2
    slope = np.divide(sum_q * sum_m - n * sum_qm, spread, out=np.full(count, np.nan), where=spread > 1e-9)
    return {"skew_slope": slope, "half_spread": np.divide(sum_s, n, out=np.zeros(count), where=n > 0.0)}
