"""Who gets the flow: market shares and their concentration."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from catallaxy.market.measures import herfindahl
from catallaxy.market.measures.columns import Events, Floats

from .trades import Trades

_MOST_SIZES = 16
_BANDS = np.array([a * 10.0**b for b in range(-6, 9) for a in (1, 2, 5)])


def market_share(events: Events, by: Sequence[str] = ("tier", "size")) -> pa.Table:
    """Volume and share of each maker by episode and, as `by` says, the client's tier and the size of the trade.

    Columns: `episode`, `agent`, `group`, `tier` (null if the log does not say), `size` (MEUR; the lower end of a band
    in steps of 1, 2, 5 where there are more than sixteen sizes), `trades`, `volume` (MEUR) and `share` of what all
    makers traded with that tier in that size and episode (NaN if nothing).
    """
    trades = Trades(events)
    makers = trades.makers
    apart = np.ones(len(trades.maker))
    tiers, tier = np.unique(trades.tier if "tier" in by else -apart.astype(np.int64), return_inverse=True)
    sizes, size = np.unique(_banded(trades.size) if "size" in by else apart, return_inverse=True)
    cells = len(tiers) * len(sizes)
    cell = trades.maker * cells + tier * len(sizes) + size
    shape = (len(makers.roster), cells)
    count = np.bincount(cell, minlength=shape[0] * cells).reshape(shape)
    volume = np.bincount(cell, weights=trades.size, minlength=shape[0] * cells).reshape(shape)
    episode = np.unique(makers.roster.episodes, return_inverse=True)[1]
    whole = np.zeros((int(episode.max(initial=-1)) + 1, cells))
    np.add.at(whole, episode, volume)
    with np.errstate(invalid="ignore"):
        share = volume / whole[episode]
    who = pa.array(np.repeat(np.arange(shape[0]), cells))
    base = makers.table({}).take(who)
    tier_column = np.tile(np.repeat(tiers, len(sizes)), shape[0])
    columns = {
        "tier": pa.array(tier_column, mask=tier_column < 0),
        "size": pa.array(np.tile(sizes, shape[0] * len(tiers))),
        "trades": pa.array(count.ravel()),
        "volume": pa.array(volume.ravel()),
        "share": pa.array(share.ravel()),
    }
    for name, column in columns.items():
        if name in by or name not in ("tier", "size"):
            base = base.append_column(name, column)
    return base


def concentration(events: Events) -> pa.Table:
    """Herfindahl index of makers' volumes, for each episode and tier and for all tiers together (null).

    Columns: `episode`, `tier`, `makers` (how many traded), `volume` (MEUR), `herfindahl` (1 / n for n equals, 1 for a
    monopoly; NaN if nothing was traded).
    """
    trades = Trades(events)
    episodes = trades.makers.roster.episodes
    rows = []
    for tier in (None, *(int(t) for t in np.unique(trades.tier) if t >= 0)):
        mine = np.ones(len(trades.tier), dtype=np.bool_) if tier is None else trades.tier == tier
        volume = np.bincount(trades.maker[mine], weights=trades.size[mine], minlength=len(episodes))
        for episode in np.unique(episodes):
            volumes = volume[episodes == episode]
            head = {"episode": int(episode), "tier": tier, "makers": int((volumes > 0.0).sum())}
            rows.append({**head, "volume": float(volumes.sum()), "herfindahl": herfindahl(volumes)})
    schema = [("episode", pa.int64()), ("tier", pa.int64()), ("makers", pa.int64())]
    return pa.Table.from_pylist(rows, pa.schema([*schema, ("volume", pa.float64()), ("herfindahl", pa.float64())]))


def _banded(sizes: Floats) -> Floats:
    if len(np.unique(sizes)) <= _MOST_SIZES:
        return sizes
    return np.asarray(_BANDS[np.maximum(np.searchsorted(_BANDS, sizes * (1.0 + 1e-12), side="right") - 1, 0)])
