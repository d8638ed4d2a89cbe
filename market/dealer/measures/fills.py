"""How the probability of a trade falls with the quoted distance."""

from collections.abc import Sequence
from contextlib import suppress

import attrs
import numpy as np
import pyarrow as pa

from catallaxy.engine import CatallaxyError
from catallaxy.market.measures import LogisticFit, curve, fit_logistic
from catallaxy.market.measures.columns import (
    Events,
    Floats,
    Integers,
    Truths,
    in_order,
    integers,
    latest,
    moments,
    moments_of,
    numbers,
    places,
    same,
)

from .trades import ReferencePrice


class NoRequestsError(CatallaxyError, LookupError):
    """A log from which no curve can be drawn."""


@attrs.frozen(eq=False)
class Requests:
    """Requests for a quote that got at least one, shape (requests,).

    Attributes:
        episode: number.
        time: minutes, when the client had heard from everybody whom it asked, or looked.
        tier: the client's, counted from 1.
        quantity: MEUR, positive where the client wants to buy.
        quotes: how many it got.
        distance: of the best quote from the reference price, bp; positive is to the client's cost.
        traded: whether the client then sent an order.
    """

    episode: Integers
    time: Floats
    tier: Integers
    quantity: Floats
    quotes: Integers
    distance: Floats
    traded: Truths


def requests_of(events: Events) -> Requests:
    """Every request of a client that was quoted, and every look at streamed ladders; investors' are left out.

    Of requests, the client's distance is from the reference price as it saw it, with a lag that the log does not tell.
    So those are left out during which, or as long before which as they took, the exchange ticked: then nobody's lag (if
    it is no longer than that) makes a difference. Ticks do not depend on what is accepted: nothing is biased by this.
    """
    parts = []
    for table, read in (("quote_requests", _asked), ("enquiries", _looked)):
        try:
            rows = in_order(events(table))
        except LookupError:
            continue
        parts.append(read(rows, events))
    if not parts:
        raise NoRequestsError("the log has no requests: they are of level 'all'")
    fields = [field.name for field in attrs.fields(Requests)]
    return Requests(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in fields})


def _asked(asked: pa.Table, events: Events) -> Requests:
    """Clients' requests to makers, and the quotes that answered them."""
    quotes = in_order(events("quotes"))
    clients = _clients(asked, "sender", events)
    asked = asked.filter(pa.array(places(asked, "sender", clients) >= 0))
    owner, time = _owners(asked, "sender", clients), numbers(asked, "time")
    # Everybody who is asked gets a row of its own: one request is a run of rows of one client at one time.
    begins = np.append(True, (owner[1:] != owner[:-1]) | (time[1:] != time[:-1]))[: len(owner)]
    request, first = np.cumsum(begins) - 1, np.flatnonzero(begins)
    row = same(moments(asked), moments_of(integers(quotes, "episode"), integers(quotes, "in_reply_to")))
    answered = row >= 0
    of = request[row[answered]]
    quantity, episode, start = numbers(asked, "quantity")[first], integers(asked, "episode")[first], time[first]
    sign = np.sign(quantity)
    price, arrived = np.full(len(first), np.inf), np.full(len(first), -np.inf)
    np.minimum.at(price, of, sign[of] * numbers(quotes, "price")[answered])
    np.maximum.at(arrived, of, (numbers(quotes, "time") + numbers(quotes, "latency"))[answered])
    reference, until = ReferencePrice(events), np.where(np.isfinite(arrived), arrived, start)
    kept = np.isfinite(price) & (reference.ticks(episode, until) == reference.ticks(episode, 2.0 * start - until))
    traded = np.zeros(len(first), dtype=np.bool_)
    traded[request[_ordered(asked, owner, clients, events)]] = True
    return Requests(
        episode=episode[kept],
        time=arrived[kept],
        tier=integers(asked, "tier")[first][kept],
        quantity=quantity[kept],
        quotes=np.bincount(of, minlength=len(first))[kept],
        distance=(price[kept] / reference.at(episode, until)[kept] - sign[kept]) * 1e4,
        traded=traded[kept],
    )


def _looked(looks: pa.Table, events: Events) -> Requests:
    """Clients' looks at streamed ladders, which say themselves what the client saw."""
    clients = _clients(looks, "agent", events)
    traded = np.zeros(looks.num_rows, dtype=np.bool_)
    traded[_ordered(looks, _owners(looks, "agent", clients), clients, events)] = True
    return Requests(
        episode=integers(looks, "episode"),
        time=numbers(looks, "time"),
        tier=integers(looks, "tier"),
        quantity=numbers(looks, "quantity"),
        quotes=integers(looks, "offers"),
        distance=numbers(looks, "distance"),
        traded=traded,
    )


def _clients(table: pa.Table, column: str, events: Events) -> list[str]:
    """Who asks and is no investor: an investor asks for both sides and for the most that it might trade."""
    names = set(table.column(column).cast(pa.string()).unique().to_pylist())
    with suppress(LookupError):
        names -= set(events("timings").column("agent").cast(pa.string()).unique().to_pylist())
    return sorted(str(name) for name in names)


def _owners(table: pa.Table, column: str, clients: Sequence[str]) -> Integers:
    """A number for the episode and client of each row; -1 for anybody else."""
    place = places(table, column, clients)
    return np.where(place >= 0, integers(table, "episode") * len(clients) + place, -1)


def _ordered(asked: pa.Table, owner: Integers, clients: Sequence[str], events: Events) -> Integers:
    """The row of the request that each order followed: a client's order belongs to its latest request."""
    try:
        orders = in_order(events("orders"))
    except LookupError:  # nobody has traded
        return np.zeros(0, dtype=np.int64)
    known = np.unique(owner)
    key = (np.searchsorted(known, owner) << 32) | integers(asked, "sequence")
    order = np.argsort(key)
    at = same(known, _owners(orders, "sender", clients))
    wanted = (at << 32) | integers(orders, "sequence")
    return order[latest(key[order], wanted[at >= 0])]


def fill_curve(events: Events, bins: int = 12) -> pa.Table:
    """Probability of trading against the best quote's distance, by tier, with Wilson's 95 % intervals.

    Columns: `tier`, `distance` (mean of the bin, bp), `requests`, `trades`, `probability`, `low`, `high`. Bins hold
    about as many requests each.
    """
    found = requests_of(events)
    parts = []
    for tier in np.unique(found.tier):
        mine = found.tier == tier
        part = curve(found.distance[mine], found.traded[mine], bins)
        part = part.rename_columns(["distance", "requests", "trades", "probability", "low", "high"])
        parts.append(part.add_column(0, "tier", pa.array(np.full(part.num_rows, tier, dtype=np.int64))))
    empty = curve([], []).rename_columns(["distance", "requests", "trades", "probability", "low", "high"])
    return pa.concat_tables(parts) if parts else empty.add_column(0, "tier", pa.array([], pa.int64()))


def acceptance(events: Events) -> pa.Table:
    """Maximum-likelihood fit of f(d) = 1 / (1 + exp(alpha + beta d)) to each tier's requests, d in bp.

    Columns: `tier`, `requests`, `trades`, `alpha`, `alpha_error`, `alpha_low`, `alpha_high` and the same of `beta`
    (per bp); null where no curve can be fitted, as when all quotes were equal. Intervals are 95 %.
    """
    found = requests_of(events)
    rows: list[dict[str, object]] = []
    for tier in np.unique(found.tier):
        mine = found.tier == tier
        head: dict[str, object] = {
            "tier": int(tier),
            "requests": int(mine.sum()),
            "trades": int(found.traded[mine].sum()),
        }
        try:
            rows.append({**head, **_told(fit_logistic(found.distance[mine], found.traded[mine]))})
        except (ValueError, np.linalg.LinAlgError):
            rows.append(head)
    numbers_ = [f"{name}{end}" for name in ("alpha", "beta") for end in ("", "_error", "_low", "_high")]
    heads = [(name, pa.int64()) for name in ("tier", "requests", "trades")]
    return pa.Table.from_pylist(rows, pa.schema([*heads, *((name, pa.float64()) for name in numbers_)]))


def _told(fit: LogisticFit) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value, error in (("alpha", fit.alpha, fit.alpha_error), ("beta", fit.beta, fit.beta_error)):
        low, high = fit.interval(name)
        found |= {name: value, f"{name}_error": error, f"{name}_low": low, f"{name}_high": high}
    return found
