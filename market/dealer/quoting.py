"""What makers decide, and the prices that follow from it.

Three decision spaces of growing detail; each turns an action into quotes, and any prices into the action nearest to
them, so that scripted makers can say their prices and need not know in which space they are decided. Distances are in
bp of the reference price: of bids below it, of asks above it. The last component of an action is the hedge, unless
makers do not hedge.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from .messages import rung
from .scenario import Clients, Decisions

Floats = npt.NDArray[np.float64]


class Quotes(ABC):
    """What a maker quotes until its next decision.

    Attributes:
        hedge: the decided hedge, in [0, 1].
    """

    hedge: float

    @abstractmethod
    def distance(self, tier: int, quantity: float, inventory: float) -> float:
        """How far its price lies above the reference price, bp.

        Args:
            tier: the client's, counted from 0.
            quantity: MEUR; the client buys if positive.
            inventory: the maker's, now.
        """

    def summary(self, tiers: int, size: float, inventory: float) -> tuple[float, float]:
        """Half-spread and middle for `size`, bp, means over tiers."""
        asks = [self.distance(tier, size, inventory) for tier in range(tiers)]
        bids = [self.distance(tier, -size, inventory) for tier in range(tiers)]
        ask, bid = sum(asks) / tiers, sum(bids) / tiers
        return (ask - bid) / 2.0, (ask + bid) / 2.0


class Quoting(ABC):
    """A decision space: actions to quotes and back.

    Attributes:
        space: of actions.
        tiers: how many.
        sizes: MEUR, shape (sizes,).
    """

    space: spaces.Box

    def __init__(self, clients: Clients, decisions: Decisions) -> None:
        self.tiers = len(clients.tiers)
        self.sizes: Floats = np.array(clients.sizes)
        self._flow = np.array(clients.sizes) * np.array(clients.shares)
        self._flow /= self._flow.sum()
        self._decisions = decisions
        self._hedges = decisions.hedging != "none"

    def quotes(self, action: Sequence[float], inventory: float) -> Quotes:
        """What an action means for a maker with this inventory, MEUR."""
        return self._quotes([*action[:-1], max(action[-1], 0.0)] if self._hedges else [*action, 0.0], inventory)

    @abstractmethod
    def _quotes(self, action: Sequence[float], inventory: float) -> Quotes:
        """What an action with a hedge means."""

    def _box(self, *ranges: tuple[float, float]) -> spaces.Box:
        hedge = (-1.0 if self._decisions.hedging == "rate" else 0.0, 1.0)
        low, high = np.array([*ranges, hedge] if self._hedges else ranges).T
        return spaces.Box(low, high, dtype=np.float64)

    @abstractmethod
    def _nearest(self, bid: Floats, ask: Floats, inventory: float) -> Sequence[float]:
        """An action, but for the hedge, whose quotes come near to distances of shape (tiers, sizes)."""

    def action(self, bid: npt.ArrayLike, ask: npt.ArrayLike, hedge: float, inventory: float) -> Floats:
        """The action whose quotes come nearest to these, weighted by flow; shape (a,), within the space.

        Args:
            bid: bp below the reference price; a number, or anything that broadcasts to (tiers, sizes).
            ask: bp above it.
            hedge: in [0, 1].
            inventory: MEUR.
        """
        shape = (self.tiers, len(self.sizes))
        bids, asks = (np.broadcast_to(np.asarray(side, np.float64), shape) for side in (bid, ask))
        low, high = self.space.low, self.space.high
        quotes = self._nearest(bids, asks, inventory)
        return np.asarray(np.minimum(np.maximum([*quotes, hedge] if self._hedges else quotes, low), high))

    def rungs(self, quotes: Quotes, inventory: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Distances of bids below and asks above the reference price, bp; tier by tier, smallest size first."""
        places = [(tier, size) for tier in range(self.tiers) for size in self.sizes.tolist()]
        bids = tuple(-quotes.distance(tier, -size, inventory) for tier, size in places)
        return bids, tuple(quotes.distance(tier, size, inventory) for tier, size in places)


def quoting(clients: Clients, decisions: Decisions) -> Quoting:
    """The decision space of a scenario."""
    kinds: dict[str, type[Quoting]] = {"one-price": OnePrice, "ladder": TieredLadder, "full-ladder": FullLadder}
    return kinds[decisions.quotes](clients, decisions)


class OnePrice(Quoting):
    """(half-spread, skew, hedge): [0, max_half_spread] x [-max_skew, max_skew] bp x [0, 1], for all tiers and sizes.

    The middle of the quotes lies skew bp below the reference price while the maker is long and as much above it while
    it is short, as seen when it decided: skew is against the inventory, and none while it is flat.
    """

    def __init__(self, clients: Clients, decisions: Decisions) -> None:
        super().__init__(clients, decisions)
        self.space = self._box((0.0, decisions.max_half_spread), (-decisions.max_skew, decisions.max_skew))

    def _quotes(self, action: Sequence[float], inventory: float) -> Quotes:
        half_spread, skew, hedge = action
        middle = -skew if inventory > 0.0 else skew if inventory < 0.0 else 0.0
        return _Fixed(half_spread, middle, hedge)

    def _nearest(self, bid: Floats, ask: Floats, inventory: float) -> Sequence[float]:
        below, above = (float((side @ self._flow).mean()) for side in (bid, ask))
        skew = (below - above) / 2.0
        return (below + above) / 2.0, skew if inventory >= 0.0 else -skew


class _Fixed(Quotes):
    """Half-spread and middle, bp above the reference price."""

    __slots__ = ("_ask", "_bid", "_summary", "hedge")

    def __init__(self, half_spread: float, middle: float, hedge: float) -> None:
        self._bid, self._ask, self.hedge = middle - half_spread, middle + half_spread, hedge
        self._summary = half_spread, middle

    def summary(self, tiers: int, size: float, inventory: float) -> tuple[float, float]:
        return self._summary

    def distance(self, tier: int, quantity: float, inventory: float) -> float:
        return self._ask if quantity > 0.0 else self._bid


class TieredLadder(Quoting):
    """(half-spread of each tier, size slope, slope of each tier, hedge), 2 tiers + 2 numbers whatever the sizes.

    A tier is quoted half-spread + size slope x (size - smallest size), bp, to either side of a middle that lies
    slope x inventory below the reference price, within max_skew: the ladder moves with every trade.
    """

    def __init__(self, clients: Clients, decisions: Decisions) -> None:
        super().__init__(clients, decisions)
        spreads = [(0.0, decisions.max_half_spread)] * self.tiers
        slopes = [(-decisions.max_slope, decisions.max_slope)] * self.tiers
        self.space = self._box(*spreads, (0.0, decisions.max_size_slope), *slopes)
        self._smallest = float(self.sizes.min())
        self._away = [size - self._smallest for size in self.sizes.tolist()]

    def _quotes(self, action: Sequence[float], inventory: float) -> Quotes:
        n = self.tiers
        spreads, slopes = action[:n], action[n + 1 : 2 * n + 1]
        return _Leaning(spreads, action[n], self._smallest, slopes, self._decisions.max_skew, action[-1])

    def rungs(self, quotes: Quotes, inventory: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        assert isinstance(quotes, _Leaning)
        bids: list[float] = []
        asks: list[float] = []
        for tier, half in enumerate(quotes.spreads):
            middle = quotes.middle(tier, inventory)
            distances = [half + quotes.size_slope * away for away in self._away]
            bids += [distance - middle for distance in distances]
            asks += [distance + middle for distance in distances]
        return tuple(bids), tuple(asks)

    def _nearest(self, bid: Floats, ask: Floats, inventory: float) -> Sequence[float]:
        half, lean = (bid + ask) / 2.0, (bid - ask) / 2.0 @ self._flow
        away = self.sizes - float(self.sizes @ self._flow)
        spread = float((away**2) @ self._flow)
        size_slope = float((half @ (away * self._flow)).mean() / spread) if spread > 0.0 else 0.0
        level = half @ self._flow + size_slope * (self._smallest - float(self.sizes @ self._flow))
        slopes = lean / inventory if abs(inventory) > 1e-9 else np.zeros(self.tiers)
        return [*level, size_slope, *slopes]


class _Leaning(Quotes):
    """Half-spread and slope by tier, slope in size."""

    __slots__ = ("_most", "_slopes", "_smallest", "hedge", "size_slope", "spreads")

    def __init__(
        self,
        spreads: Sequence[float],
        size_slope: float,
        smallest: float,
        slopes: Sequence[float],
        most: float,
        hedge: float,
    ) -> None:
        self.spreads, self.size_slope, self._smallest = spreads, size_slope, smallest
        self._slopes, self._most, self.hedge = slopes, most, hedge

    def middle(self, tier: int, inventory: float) -> float:
        """How far above the reference price a tier's middle lies, bp."""
        lean, most = self._slopes[tier] * inventory, self._most
        return -most if lean > most else most if lean < -most else -lean

    def distance(self, tier: int, quantity: float, inventory: float) -> float:
        half = self.spreads[tier] + self.size_slope * (abs(quantity) - self._smallest)
        middle = self.middle(tier, inventory)
        return middle + half if quantity > 0.0 else middle - half


class FullLadder(Quoting):
    """(distance of every rung of the reducing side, of the increasing side, hedge): 2 tiers x sizes + 1 numbers.

    Distances are in [-max_skew, max_half_spread], tier by tier, smallest size first. The reducing side is the ask while
    the maker is long and the bid while it is short; while it is flat both sides are quoted the mean of the two.
    """

    def __init__(self, clients: Clients, decisions: Decisions) -> None:
        super().__init__(clients, decisions)
        rung = (-decisions.max_skew, decisions.max_half_spread)
        self.space = self._box(*[rung] * (2 * self.tiers * len(self.sizes)))

    def _quotes(self, action: Sequence[float], inventory: float) -> Quotes:
        count = self.tiers * len(self.sizes)
        reducing, increasing = action[:count], action[count : 2 * count]
        if inventory == 0.0:
            reducing = increasing = [(a + b) / 2.0 for a, b in zip(reducing, increasing, strict=True)]
        bids, asks = (increasing, reducing) if inventory >= 0.0 else (reducing, increasing)
        return Rungs(self.sizes.tolist(), bids, asks, action[-1])

    def _nearest(self, bid: Floats, ask: Floats, inventory: float) -> Sequence[float]:
        reducing, increasing = (ask, bid) if inventory >= 0.0 else (bid, ask)
        return [*reducing.ravel(), *increasing.ravel()]


class Rungs(Quotes):
    """A ladder with all its rungs.

    Args:
        sizes: MEUR, ascending; a size in between is priced as the next larger one, a larger one as the largest.
        bids: bp below the reference price, tier by tier, smallest size first.
        asks: bp above it.
        hedge: in [0, 1].
    """

    __slots__ = ("_asks", "_bids", "_sizes", "hedge")

    def __init__(
        self, sizes: Sequence[float], bids: Sequence[float], asks: Sequence[float], hedge: float = 0.0
    ) -> None:
        self._sizes, self._bids, self._asks, self.hedge = sizes, bids, asks, hedge

    def distance(self, tier: int, quantity: float, inventory: float) -> float:
        place = rung(self._sizes, tier, quantity)
        return self._asks[place] if quantity > 0.0 else -self._bids[place]
