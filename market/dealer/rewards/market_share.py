"""A target for the maker's part of the market."""

from collections.abc import Callable

from .term import Term


class MarketVolume:
    """What all makers of a world have traded with clients and investors: for rewards alone, no agent observes it.

    Attributes:
        total: MEUR since the opening.
    """

    def __init__(self) -> None:
        self.total = 0.0


class MarketShare(Term):
    """- |m - m*| a minute: m is the maker's volume over all makers' since the opening, m* its target.

    Looked at whenever something happens to the maker. Before the first trade of anybody m counts as m*.

    Args:
        target: m*, in [0, 1].
        own: gives the maker's volume so far, MEUR.
        market: all makers' volume.
    """

    def __init__(self, target: float, own: Callable[[], float], market: MarketVolume) -> None:
        self._target, self._own, self._market = target, own, market

    def rate(self, inventory: float) -> float:
        total = self._market.total
        return -abs(self._own() / total - self._target) if total > 0.0 else 0.0
