"""What makers' flow is like: imbalance, how often quotes are hit, effective and realised spread."""

import numpy as np
import pyarrow as pa

from catallaxy.market.measures.columns import Events, Floats, in_order, total

from .trades import ReferencePrice, Trades


def flow(events: Events, after: float = 1.0) -> pa.Table:
    """Flow of each maker and episode.

    - `trades`, `volume` (MEUR): with clients.
    - `imbalance`: (bought - sold) / volume, as clients do; 0 is balanced, 1 is all buying.
    - `quotes`: given; `hit_ratio`: trades / quotes (NaN if the log has no quotes, which are of level "all").
    - `effective_spread`: 2 s (p / m - 1), bp, weighted by size; p the price, m the reference price at the trade, s = 1
      where the client buys and -1 where it sells.
    - `realised_spread`: the same with m `after` minutes later: what is left when the price has moved.
    - `price_impact`: effective less realised: by how much the price has moved the client's way.

    Source: Huang and Stoll, "Dealer versus auction markets", Journal of Financial Economics 41 (1996).
    """
    trades = Trades(events)
    makers, who, size = trades.makers, trades.maker, trades.size
    count = len(makers.roster)
    volume, number = total(who, size, count), total(who, 1.0, count)
    effective = _weighted(who, 2.0 * trades.distance, size, count)
    try:
        later = ReferencePrice(events).at(trades.episode, trades.time + after)
    except LookupError:
        later = np.full(len(size), np.nan)
    realised = _weighted(who, 2.0 * trades.side * (trades.price / later - 1.0) * 1e4, size, count)
    try:
        quotes = total(makers.roster.rows(in_order(events("quotes")), "sender"), 1.0, count)
    except LookupError:
        quotes = np.full(count, np.nan)
    columns = {
        "trades": number,
        "volume": volume,
        "imbalance": _ratio(total(who, trades.quantity, count), volume),
        "quotes": quotes,
        "hit_ratio": _ratio(number, quotes),
        "effective_spread": effective,
        "realised_spread": realised,
        "price_impact": effective - realised,
    }
    return makers.table(columns)


def _weighted(who: np.ndarray[tuple[int], np.dtype[np.int64]], values: Floats, weights: Floats, count: int) -> Floats:
    return _ratio(total(who, values * weights, count), total(who, weights, count))


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0.0))
