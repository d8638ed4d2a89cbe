"""How far the quantities traded are from their targets."""

from .term import Term


class QuantityTarget(Term):
    """Flow = - (|B - b V| + |S - s V|), earned as it changes.

    V is the volume that could have been traded so far, at the largest size at each decision; B and S are what was
    bought and sold of it; b and s are the target fractions. So the whole session earns minus the distance of the
    fractions bought and sold from their targets, |B/V - b| + |S/V - s|, times V.

    Attributes:
        offered: V, MEUR.
        bought: B, MEUR.
        sold: S, MEUR.
    """

    def __init__(self, buy_target: float, sell_target: float) -> None:
        self._targets = buy_target, sell_target
        self.offered = self.bought = self.sold = 0.0
        self._distance = 0.0

    @property
    def behind(self) -> tuple[float, float]:
        """By how many MEUR it has bought, and sold, too little so far; negative: too much."""
        buy, sell = self._targets
        return buy * self.offered - self.bought, sell * self.offered - self.sold

    @property
    def fractions(self) -> tuple[float, float]:
        """B/V and S/V; 0 before there was anything to trade."""
        volume = self.offered
        return (self.bought / volume, self.sold / volume) if volume > 0.0 else (0.0, 0.0)

    def could_trade(self, volume: float) -> float:
        self.offered += volume
        return self._changed()

    def traded(self, quantity: float, revenue: float) -> float:
        if quantity > 0.0:
            self.bought += quantity
        else:
            self.sold -= quantity
        return self._changed()

    def _changed(self) -> float:
        buying, selling = self.behind
        before, self._distance = self._distance, abs(buying) + abs(selling)
        return before - self._distance
