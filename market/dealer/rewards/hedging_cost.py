"""What the exchange takes for hedges."""

from .term import Term


class HedgingCost(Term):
    """- L: a hedge's size times its distance from the reference price in the middle of its impact."""

    def hedged(self, cost: float, gain: float) -> float:
        return -cost
