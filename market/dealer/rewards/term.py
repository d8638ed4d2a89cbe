"""What a term of a reward is told, and answers."""


class Term:
    """A term of a maker's or an investor's reward: it is told what happens and says what that earns.

    In MEUR bp, or MEUR bp a minute. Subclasses answer to what concerns them; everything else earns nothing.
    """

    def could_trade(self, volume: float) -> float:
        """A decision at which `volume` MEUR could be traded."""
        return 0.0

    def traded(self, quantity: float, revenue: float) -> float:
        """`quantity` MEUR bought (sold if negative), at a distance from the reference price worth `revenue` MEUR bp."""
        return 0.0

    def hedged(self, cost: float, gain: float) -> float:
        """A hedge at a cost of `cost` MEUR bp, which has moved the price so that the inventory gained `gain`."""
        return 0.0

    def held(self, gain: float) -> float:
        """What was held has changed in value by `gain` MEUR bp since the last look at the price."""
        return 0.0

    def decided(self) -> float:
        """An interval between two decisions is over."""
        return 0.0

    def rate(self, inventory: float) -> float:
        """What an inventory of so many MEUR earns a minute from now on; asked whenever something has happened."""
        return 0.0
