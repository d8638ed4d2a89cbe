"""Stylised facts of an order book's prices, from its tables of trades, tops and depths.

The functions on arrays and tables are pure and know no world; the `..._table` functions put them together for the log
of a run, a row or a few for each episode. They need a log of all that happened, not of trades alone.

R. Cont, "Empirical properties of asset returns: stylized facts and statistical issues", Quantitative Finance 1 (2001),
says what to look for: heavy tails, no autocorrelation of returns but at the shortest lags (where the bounce between bid
and ask makes it negative), slowly decaying autocorrelation of their absolute values.
"""

import json
from collections.abc import Iterator

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.engine import Message
from catallaxy.market.measures.columns import Events, Floats, Integers, integers, numbers
from catallaxy.market.prices import BP

from ..messages import TopOfBook, Trade

SECOND = 1.0 / 60.0
RETURN_INTERVAL = SECOND
"""Minutes over which the returns of `facts_table` are taken."""
ABSOLUTE_LAG = 10
"""Lag of the autocorrelation of absolute returns in `facts_table`."""


def mids(tops: pa.Table) -> tuple[Floats, Floats, Floats]:
    """Times, middle prices and spreads (ticks) whenever both sides of the book are there, each of shape (rows,)."""
    both = (integers(tops, "bid_size") > 0) & (integers(tops, "ask_size") > 0)
    bid, ask = numbers(tops, "bid")[both], numbers(tops, "ask")[both]
    return numbers(tops, "time")[both], 0.5 * (bid + ask), ask - bid


def sampled(times: Floats, values: Floats, at: Floats) -> Floats:
    """The value that holds at each time of `at` (NaN before the first), shape of `at`; `times` increase."""
    place = np.searchsorted(times, at, side="right") - 1
    return np.where(place >= 0, values[np.maximum(place, 0)], np.nan) if len(values) else np.full(len(at), np.nan)


def returns(tops: pa.Table, interval: float, start: float, end: float) -> Floats:
    """Changes of the logarithm of the middle price over intervals of so many minutes between start and end, bp."""
    times, middle, _ = mids(tops)
    grid = np.arange(start, end + 1e-9, interval)
    values = sampled(times, middle, grid)
    return np.asarray(np.diff(np.log(values[np.isfinite(values)])) / BP)


def autocorrelation(values: Floats, lags: int) -> Floats:
    """Autocorrelation at lags 1 ... lags, shape (lags,); NaN where it has no meaning. White noise: sd 1 / sqrt(n)."""
    centred = values - values.mean() if len(values) else values
    variance = float(centred @ centred)
    if variance <= 0.0:
        return np.full(lags, np.nan)
    return np.array(
        [
            float(centred[lag:] @ centred[:-lag]) / variance if lag < len(values) else np.nan
            for lag in range(1, lags + 1)
        ]
    )


def kurtosis(values: Floats) -> float:
    """Excess kurtosis: 0 for a Gaussian, positive for heavy tails; NaN if nothing moves."""
    if not len(values) or values.std() == 0.0:
        return float("nan")
    return float(np.mean((values - values.mean()) ** 4) / values.var() ** 2 - 3.0)


def time_weights(times: Floats, end: float) -> Floats:
    """How long each value holds, until the next or `end`, minutes, shape of `times`."""
    return np.diff(np.append(times, end))


def impact(trades: pa.Table, tops: pa.Table, after: float) -> tuple[Integers, Floats]:
    """What orders that came in and traded did to the middle price.

    Args:
        trades: of one episode, with the `cause` that trades of one order have in common.
        tops: of that episode.
        after: minutes after the order.

    Returns:
        The lots that each order traded, and by how many bp the middle had then moved in its direction from just before
        it; both of shape (orders,). Orders before both sides of the book were there are left out.
    """
    orders = trades.group_by("cause").aggregate(
        [("size", "sum"), ("time", "min"), ("sequence", "min"), ("side", "min")]
    )
    both = tops.filter(pc.and_(pc.greater(tops["bid_size"], 0), pc.greater(tops["ask_size"], 0)))
    times, middle, _ = mids(both)
    before = sampled(integers(both, "sequence").astype(np.float64), middle, numbers(orders, "sequence_min"))
    then = sampled(times, middle, numbers(orders, "time_min") + after)
    moved = integers(orders, "side_min") * np.log(then / before) / BP
    known = np.isfinite(moved)
    return integers(orders, "size_sum")[known], np.asarray(moved[known])


# -- tables of a run ---------------------------------------------------------------------------------------------------


def facts_table(events: Events) -> pa.Table:
    """One row for each episode: what the prices of its book look like.

    Columns: episode; returns (their number, over RETURN_INTERVAL), volatility (bp per square root of a minute),
    kurtosis (excess), autocorrelation (lag 1), absolute_autocorrelation (lag ABSOLUTE_LAG, of absolute returns),
    spread (bp, mean over time), trades, volume (MEUR).
    """
    rows = []
    for episode in _episodes(events):
        moves = returns(episode.tops, RETURN_INTERVAL, 0.0, episode.end)
        times, middle, spread = mids(episode.tops)
        weights = time_weights(times, episode.end)
        absolute = autocorrelation(np.abs(moves), ABSOLUTE_LAG)
        rows.append(
            {
                "episode": episode.number,
                "returns": len(moves),
                "volatility": float(moves.std() / RETURN_INTERVAL**0.5) if len(moves) else float("nan"),
                "kurtosis": kurtosis(moves),
                "autocorrelation": float(autocorrelation(moves, 1)[0]),
                "absolute_autocorrelation": float(absolute[-1]),
                "spread": float(np.average(spread / middle, weights=weights) / BP) if weights.sum() > 0 else np.nan,
                "trades": len(episode.trades),
                "volume": float(numbers(episode.trades, "size").sum() * episode.lot),
            }
        )
    return pa.Table.from_pylist(rows)


def spread_table(events: Events) -> pa.Table:
    """How often each spread stands: episode, spread (ticks), share of the time with both sides of the book."""
    rows = []
    for episode in _episodes(events):
        times, _, spread = mids(episode.tops)
        held = np.bincount(spread.astype(np.int64), weights=time_weights(times, episode.end))
        rows += [
            {"episode": episode.number, "spread": int(ticks), "share": float(held[ticks] / held.sum())}
            for ticks in np.flatnonzero(held)
        ]
    return pa.Table.from_pylist(rows)


def depth_table(events: Events) -> pa.Table:
    """Mean size at each published level: episode, side, level (1: best), distance (ticks from the middle), size (MEUR).

    Means over time; empty unless the venue publishes levels. A level that is not there counts as of size 0.
    """
    rows: list[dict[str, object]] = []
    try:
        depths = events("depths")
    except LookupError:
        return pa.Table.from_pylist(rows)
    for episode in _episodes(events):
        own = depths.filter(pc.equal(depths["episode"], episode.number))
        weights = time_weights(numbers(own, "time"), episode.end)
        middle = 0.5 * (_level(own, "bids", 0) + _level(own, "asks", 0))
        levels = max((len(row) for name in ("bids", "asks") for row in own[name].to_pylist()), default=0)
        for side, prices, sizes in ((1, "bids", "bid_sizes"), (-1, "asks", "ask_sizes")):
            for level in range(levels):
                size, distance = np.nan_to_num(_level(own, sizes, level)), np.abs(_level(own, prices, level) - middle)
                known = np.isfinite(distance)
                rows.append(
                    {
                        "episode": episode.number,
                        "side": side,
                        "level": level + 1,
                        "distance": float(np.average(distance[known], weights=weights[known])),
                        "size": float(np.average(size, weights=weights) * episode.lot),
                    }
                )
    return pa.Table.from_pylist(rows)


def impact_table(events: Events, after: float = 0.1) -> pa.Table:
    """Impact of orders that came in, by size: episode, size (MEUR), orders, impact (bp, mean), error (its s.e.).

    Sizes are gathered by doubling: `size` stands for [size, 2 size). Impact is measured `after` so many minutes.
    """
    rows = []
    for episode in _episodes(events):
        size, moved = impact(episode.trades, episode.tops, after)
        group = np.floor(np.log2(size)).astype(np.int64)
        for number in np.unique(group):
            inside = moved[group == number]
            rows.append(
                {
                    "episode": episode.number,
                    "size": 2.0**number * episode.lot,
                    "orders": len(inside),
                    "impact": float(inside.mean()),
                    "error": float(inside.std(ddof=1) / len(inside) ** 0.5) if len(inside) > 1 else float("nan"),
                }
            )
    return pa.Table.from_pylist(rows)


def memory_table(events: Events, interval: float = RETURN_INTERVAL, lags: int = 30) -> pa.Table:
    """Autocorrelation over `interval` minutes: episode, lag, returns, absolute (of the returns' absolute values)."""
    rows = []
    for episode in _episodes(events):
        moves = returns(episode.tops, interval, 0.0, episode.end)
        plain, absolute = autocorrelation(moves, lags), autocorrelation(np.abs(moves), lags)
        rows += [
            {"episode": episode.number, "lag": lag + 1, "returns": float(plain[lag]), "absolute": float(absolute[lag])}
            for lag in range(lags)
        ]
    return pa.Table.from_pylist(rows)


def prices_table(events: Events, episode: int | None = None) -> pa.Table:
    """The middle of the book whenever it changes, USD per EUR: episode, time, bid, ask, mid; of one or all episodes."""
    found = []
    for each in _episodes(events):
        if episode is not None and each.number != episode:
            continue
        times, middle, spread = mids(each.tops)
        bid, ask = (middle - 0.5 * spread) * each.tick, (middle + 0.5 * spread) * each.tick
        number = np.full(len(times), each.number)
        found.append(pa.table({"episode": number, "time": times, "bid": bid, "ask": ask, "mid": middle * each.tick}))
    return pa.concat_tables(found)


def _level(depths: pa.Table, name: str, level: int) -> Floats:
    """The entry of a level in a column of lists, NaN where there is none, shape (rows,)."""
    rows = depths[name].to_pylist()
    return np.array([row[level] if len(row) > level else np.nan for row in rows], dtype=np.float64)


def _table(events: Events, kind: type[Message]) -> pa.Table:
    """The table of a message; an empty one with its columns if the log has none."""
    try:
        return events(kind.table())
    except LookupError:
        names = [field.name for field in attrs.fields(kind) if not field.name.startswith("_")]
        columns = {name: pa.array([], pa.int64()) for name in ("episode", "sequence", "cause", *names)}
        return pa.table({**columns, "time": pa.array([], pa.float64())})


@attrs.frozen(eq=False)
class _Episode:
    """An episode's tables: ticks in USD per EUR, lots in MEUR, the close in minutes."""

    number: int
    tops: pa.Table
    trades: pa.Table
    tick: float
    lot: float
    end: float


def _episodes(events: Events) -> Iterator[_Episode]:
    """The episodes of a run in their order."""
    venues = {}
    for row in events("agents").to_pylist():
        facts = json.loads(row["type"] or "null") or {}
        if {"tick", "lot", "horizon"} <= facts.keys():
            venues[row["episode"]] = facts
    trades = _table(events, Trade)
    tops = events(TopOfBook.table()) if len(trades) else _table(events, TopOfBook)
    for episode, facts in sorted(venues.items()):
        own, done = (table.filter(pc.equal(table["episode"], episode)) for table in (tops, trades))
        yield _Episode(episode, own, done, facts["tick"], facts["lot"], facts["horizon"])
