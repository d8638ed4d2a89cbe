"""Clients' trades, one row each, and the reference price: what most measures are made from."""

import numpy as np
import pyarrow as pa

from catallaxy.market.measures.columns import (
    Events,
    Floats,
    Integers,
    in_order,
    integers,
    moments_of,
    numbers,
    places,
    same,
)

from .roster import Makers, makers_of

TRADES = pa.schema(
    [
        ("episode", pa.int64()),
        ("time", pa.float64()),
        ("maker", pa.string()),
        ("client", pa.string()),
        ("tier", pa.int64()),
        ("size", pa.float64()),
        ("side", pa.int64()),
        ("price", pa.float64()),
        ("reference", pa.float64()),
        ("distance", pa.float64()),
    ]
)


class Trades:
    """Columns of clients' trades with makers, shape (trades,), in the order of the log.

    Attributes:
        makers: who made the market.
        maker: entry of the maker in their roster.
        client: place of the client in `clients`.
        clients: names.
        tier: the client's, counted from 1; -1 if the log does not say (requests are logged at level "all" only).
        time: minutes.
        episode: number.
        quantity: MEUR, positive where the client buys.
        price: USD per EUR.
        reference: the reference price, as the maker saw it.
    """

    def __init__(self, events: Events) -> None:
        self.makers: Makers = makers_of(events)
        fills = in_order(events("fills"))
        entry = self.makers.roster.rows(fills, "sender")
        fills = fills.filter(pa.array(entry >= 0))
        self.maker: Integers = entry[entry >= 0]
        self.episode = integers(fills, "episode")
        self.time = numbers(fills, "time")
        self.quantity = numbers(fills, "quantity")
        self.price = numbers(fills, "price")
        self.clients: list[str] = sorted(_names(fills, "receiver"))
        self.client = places(fills, "receiver", self.clients)
        self.tier = self._tiers(events)
        self.reference = _references(fills, events("positions"))

    @property
    def size(self) -> Floats:
        """MEUR."""
        return np.abs(self.quantity)

    @property
    def side(self) -> Floats:
        """1 where the client buys, -1 where it sells."""
        return np.sign(self.quantity)

    @property
    def distance(self) -> Floats:
        """What the maker earned on each MEUR, bp of the reference price; negative is a loss."""
        return self.side * (self.price / self.reference - 1.0) * 1e4

    def _tiers(self, events: Events) -> Integers:
        """A client's tier is what it says in its requests; it is the same in all of them."""
        try:
            requests = events("quote_requests")
        except LookupError:
            return np.full(len(self.client), -1, dtype=np.int64)
        tiers = np.full(len(self.clients) + 1, -1, dtype=np.int64)
        tiers[places(requests, "sender", self.clients)] = integers(requests, "tier")
        tiers[-1] = -1  # who asked and never traded
        return tiers[self.client]


def _names(table: pa.Table, column: str) -> list[str]:
    names = table.column(column).cast(pa.string()).unique()
    return [str(name) for name in names.to_pylist() if name is not None]


def _references(fills: pa.Table, positions: pa.Table) -> Floats:
    """What the maker noted down when it booked the trade: fill and position follow from the same order."""
    positions = in_order(positions)
    caused = moments_of(integers(positions, "episode"), integers(positions, "cause"))
    order = np.argsort(caused, kind="stable")
    wanted = moments_of(integers(fills, "episode"), integers(fills, "in_reply_to"))
    found = same(caused[order], wanted)
    reference = numbers(positions, "reference")[order]
    return np.where(found >= 0, reference[found], np.nan) if len(reference) else np.full(len(wanted), np.nan)


def trades(events: Events) -> pa.Table:
    """Every trade of a client with a maker: `TRADES`; distance is what the maker earned per MEUR, bp."""
    all_ = Trades(events)
    names = pa.array(all_.makers.roster.names, pa.string())
    columns = [
        pa.array(all_.episode),
        pa.array(all_.time),
        names.take(pa.array(all_.maker)),
        pa.array(all_.clients, pa.string()).take(pa.array(all_.client)),
        pa.array(all_.tier, mask=all_.tier < 0),
        pa.array(all_.size),
        pa.array(all_.side.astype(np.int64)),
        pa.array(all_.price),
        pa.array(all_.reference),
        pa.array(all_.distance),
    ]
    return pa.Table.from_arrays(columns, schema=TRADES)


def prices(events: Events) -> pa.Table:
    """The reference price after every tick: episode, time, price."""
    ticks = in_order(events("ticks"))
    return pa.table({name: ticks.column(name) for name in ("episode", "time", "price")})


class ReferencePrice:
    """The reference price of every episode as a step function of time."""

    def __init__(self, events: Events) -> None:
        ticks = in_order(events("ticks"))
        episodes, self._time, self._price = integers(ticks, "episode"), numbers(ticks, "time"), numbers(ticks, "price")
        self._episodes, self._first = np.unique(episodes, return_index=True)
        self._end = np.append(self._first[1:], len(episodes))

    def at(self, episode: Integers, time: Floats) -> Floats:
        """The price at each time, shape of `time`; before the first tick that tick's; NaN without ticks."""
        ticks = self.ticks(episode, time)
        place = np.minimum(np.searchsorted(self._episodes, episode), max(len(self._episodes) - 1, 0))
        there = np.isin(episode, self._episodes)
        found = np.full(len(time), np.nan)
        found[there] = self._price[self._first[place[there]] + np.maximum(ticks[there] - 1, 0)]
        return found

    def ticks(self, episode: Integers, time: Floats) -> Integers:
        """How many ticks of the episode there have been until each time, shape of `time`."""
        found = np.zeros(len(time), dtype=np.int64)
        order = np.argsort(episode, kind="stable")
        known, first = np.unique(episode[order], return_index=True)
        for one, rows in zip(known, np.split(order, first[1:]), strict=True):
            place = int(np.searchsorted(self._episodes, one))
            if place < len(self._episodes) and self._episodes[place] == one:
                times = self._time[self._first[place] : self._end[place]]
                found[rows] = np.searchsorted(times, time[rows], side="right")
        return found
