"""How makers hold and pass on risk: internalisation, turnover, and how fast inventory comes back."""

import numpy as np
import pyarrow as pa

from catallaxy.market.measures import correlation_time
from catallaxy.market.measures.columns import Events, Floats, Integers, flags, in_order, numbers, total

from .roster import Makers, makers_of

_MINUTES_PER_DAY = 1440.0


def inventory(events: Events, window: float = 60.0) -> pa.Table:
    """Risk of each maker and episode.

    - `mean_inventory`, `sd_inventory`: over time, MEUR.
    - `turnover`, `hedged`: MEUR a day with clients, and with the exchange.
    - `internalisation`: 1 - hedged / turnover: the part of client flow that other client flow offsets.
    - `net_flow`: |z| / sum v, mean over windows of `window` minutes: z is the net, sum v the gross quantity that it
      traded with clients; 0 where flow offsets itself within the window. (The predecessor's internalisation ratio:
      Ganesh et al. 2019, with 96 steps of 15 minutes.)
    - `risk_neutralisation_time`: integral of the autocorrelation of inventory over time, minutes.
    - `holding_time`: mean |q| over the rate at which clients' trades open risk, minutes: by Little's law the mean time
      from opening a unit of risk to closing it.

    NaN where something is not defined, as the times of a maker who never traded.
    """
    makers = makers_of(events)
    count, horizon = len(makers.roster), makers.facts["horizon"]
    positions = in_order(events("positions"))
    entry = makers.roster.rows(positions)
    change, after = numbers(positions, "change"), numbers(positions, "inventory")
    hedge = flags(positions, "hedge")
    client = np.where(~hedge & (change != 0.0), entry, -1)
    opened = np.maximum(np.abs(after) - np.abs(after - change), 0.0)
    turnover = total(client, np.abs(change), count)
    hedged = total(np.where(hedge, entry, -1), np.abs(change), count)
    mean, square, absolute, memory = _over_time(makers, entry, numbers(positions, "time"), after)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "mean_inventory": mean,
            "sd_inventory": np.sqrt(np.maximum(square - mean**2, 0.0)),
            "turnover": turnover / horizon * _MINUTES_PER_DAY,
            "hedged": hedged / horizon * _MINUTES_PER_DAY,
            "internalisation": 1.0 - hedged / turnover,
            "net_flow": _net_flow(client, change, numbers(positions, "time"), window, makers),
            "risk_neutralisation_time": memory,
            "holding_time": absolute * horizon / total(client, opened, count),
        }
    return makers.table({name: np.where(np.isfinite(column), column, np.nan) for name, column in columns.items()})


def _over_time(makers: Makers, entry: Integers, time: Floats, after: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Means over the session of q, q^2 and |q|, and the correlation time, for each maker."""
    found = np.full((4, len(makers.roster)), np.nan)
    order = np.argsort(entry, kind="stable")
    order = order[entry[order] >= 0]
    owners, first = np.unique(entry[order], return_index=True)
    for maker, rows in zip(owners.tolist(), np.split(order, first[1:]), strict=True):
        horizon = float(makers.facts["horizon"][maker])
        held, since = after[rows], time[rows]
        lasted = np.diff(np.append(np.minimum(since, horizon), horizon))
        found[:3, maker] = [held @ lasted / horizon, held**2 @ lasted / horizon, np.abs(held) @ lasted / horizon]
        found[3, maker] = correlation_time(since, held, horizon)
    mean, square, absolute, memory = found
    return mean, square, absolute, memory


def _net_flow(client: Integers, change: Floats, time: Floats, window: float, makers: Makers) -> Floats:
    """|net| over gross quantity with clients, mean over the windows in which there was a trade."""
    count = len(makers.roster)
    windows = int(np.ceil(makers.facts["horizon"].max(initial=0.0) / window)) + 1
    cell = np.where(client >= 0, client * windows + np.minimum(time // window, windows - 1).astype(np.int64), -1)
    net, gross = total(cell, change, count * windows), total(cell, np.abs(change), count * windows)
    ratio = np.divide(np.abs(net), gross, out=np.full(count * windows, np.nan), where=gross > 0.0)
    ratio = ratio.reshape(count, windows)
    some = ~np.isnan(ratio)
    mean = np.divide(np.nansum(ratio, axis=1), some.sum(axis=1), out=np.full(count, np.nan), where=some.any(axis=1))
    return np.asarray(mean)


def inventories(events: Events) -> pa.Table:
    """Inventory after every change: `episode`, `agent`, `group`, `time`, `inventory` (MEUR)."""
    makers = makers_of(events)
    positions = in_order(events("positions"))
    entry = makers.roster.rows(positions)
    table = makers.table({}).take(pa.array(entry, mask=entry < 0))
    return table.append_column("time", positions.column("time")).append_column(
        "inventory", positions.column("inventory")
    )
