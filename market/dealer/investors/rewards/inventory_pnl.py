"""What the inventory gains and loses with the reference price."""

from .term import Term


class InventoryPnl(Term):
    """q dS / S for an inventory of q MEUR, from one look at the price to the next."""

    def held(self, gain: float) -> float:
        return gain
