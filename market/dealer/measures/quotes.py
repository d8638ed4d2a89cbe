"""Flow against price: how likely a quote is to be traded on, given how far from the reference price it lies.

A client's own law says with what probability it takes a quote; what a maker sees is less, as soon as the client has
rivals' quotes, too. Measured in worlds that have been run, since a log does not tell clients' laws.
"""

from collections.abc import Iterable, Iterator
from math import inf

import attrs
import numpy as np

from catallaxy.engine import CatallaxyError, World
from catallaxy.market.measures.columns import Floats, Truths

from ..client import Client, Shopping
from ..maker import MarketMaker

WIDTH = 0.1
"""bp; how near to a distance quotes must have been to tell of it."""


class NoClientError(CatallaxyError, LookupError):
    """A client or tier that is not there."""


@attrs.frozen(eq=False)
class Quoted:
    """Quotes that makers gave to clients.

    Attributes:
        distance: from the reference price, to the client's cost, bp, shape (quotes,).
        taken: whether the client traded on it, or sent an order at least, shape (quotes,).
    """

    distance: Floats
    taken: Truths


def fill_probability(worlds: Iterable[World], at: float, of: str | None = None, among: str | None = None) -> float:
    """How likely a quote at a distance is to be traded on.

    Of a maker, from the requests at which it quoted: had it quoted `at` instead, all else equal, its client would have
    traded with the probability f(at) if rivals' quotes were worse, else not at all; f is the client's law for its best
    quote. Rivals' quotes move with its own, as flow moves all inventories: so a request counts the more the nearer the
    quote really was to `at` (a normal kernel of standard deviation `WIDTH`). Of clients it is the mean of f(at).

    Args:
        worlds: that have been run to their scenario's `duration`.
        at: the distance, bp to the client's cost.
        of: a maker or a group of makers; or a client, a tier, or None for all clients.
        among: of a maker: only those clients, by their or their tier's name.

    Returns:
        A probability; NaN if nobody was quoted anything.

    Raises:
        NoClientError: `of` is no maker, client or tier, or `among` no client or tier.
    """
    values: list[float] = []
    apart: list[float] = []
    for world in worlds:
        makers = _makers(world, of)
        if among is not None and not makers:
            raise NoClientError(f"among whom can be asked of makers' quotes alone, and {of!r} is no maker")
        for client in _clients(world, among if makers else of):
            likely = client.acceptance(at)
            for request in client.shopping:
                for own, rival in _offered(request, makers) if makers else ((at, inf),):
                    values.append(likely if at < rival else 0.0)
                    apart.append(own - at)
    if not values:
        return float("nan")
    squares = (np.array(apart) / WIDTH) ** 2
    weights = np.exp(-0.5 * (squares - squares.min()))  # the nearest counts fully, however far it is
    return float(weights @ np.array(values) / weights.sum())


def quoted(worlds: Iterable[World], of: str, among: str | None = None) -> Quoted:
    """The quotes of a maker or a group of makers, to one client or tier or to all."""
    distances: list[float] = []
    taken: list[bool] = []
    for world in worlds:
        makers = _makers(world, of)
        for client in _clients(world, among):
            for request in client.shopping:
                for price, maker in request.offers:
                    if maker in makers:
                        distances.append(request.distance(price))
                        taken.append(request.ordered and maker == request.best[1])
    return Quoted(np.array(distances, np.float64), np.array(taken, np.bool_))


def _makers(world: World, of: str | None) -> set[str]:
    agents = world.agents.values()
    return {agent.name for agent in agents if isinstance(agent, MarketMaker) and of in (agent.name, agent.group)}


def _clients(world: World, of: str | None) -> list[Client]:
    clients = [agent for agent in world.agents.values() if isinstance(agent, Client)]
    if of is None:
        return clients
    if not (found := [client for client in clients if of in (client.name, client.group)]):
        tiers = ", ".join(sorted({client.group for client in clients}))
        raise NoClientError(f"no client is called {of!r}, and no tier; there are the tiers {tiers}")
    return found


def _offered(request: Shopping, makers: set[str]) -> Iterator[tuple[float, float]]:
    """Each offer of these makers with the best other one; bp, infinite if it was the only one."""
    ranked = sorted((request.side * price, maker) for price, maker in request.offers)
    for place, (price, maker) in enumerate(ranked):
        if maker in makers:
            other = ranked[0 if place else 1][0] if len(ranked) > 1 else None
            rival = inf if other is None else request.distance(request.side * other)
            yield request.distance(request.side * price), rival
