"""What the inventory gains and loses with the reference price."""

from .term import Term


class InventoryPnl(Term):
    """w q dS / S for an inventory of q MEUR, from one look at the price to the next; own impact counts in full.

    The price is a martingale to makers but for what their hedges do to it. With w = 0 the inventory's profit and
    loss is therefore its expectation, k (q x + x^2 / 2) for a hedge of x MEUR with permanent impact k (the integral of
    k q v in Barzykin, Bergault, Gueant, 2112.02269), and learning is spared the noise. Accounts carry the true profit
    and loss in any case.

    Args:
        weight: w, in [0, 1].
    """

    def __init__(self, weight: float = 1.0) -> None:
        self._weight = weight

    def hedged(self, cost: float, gain: float) -> float:
        return (1.0 - self._weight) * gain

    def held(self, gain: float) -> float:
        return self._weight * gain
