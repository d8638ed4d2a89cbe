"""What a term of a maker's reward is told, and answers."""


class Term:
    """A term of a maker's reward: it is told what happens and says what that earns, in MEUR bp, or MEUR bp a minute.

    Subclasses answer to what concerns them; everything else earns nothing.
    """

    def traded(self, revenue: float) -> float:
        """A client's trade, whose distance from the reference price is worth `revenue` MEUR bp."""
        return 0.0

    def hedged(self, cost: float, gain: float) -> float:
        """A hedge at a cost of `cost` MEUR bp, which has moved the price so that the inventory gained `gain`."""
        return 0.0

    def held(self, gain: float) -> float:
        """What was held has changed in value by `gain` MEUR bp since the maker last looked at the price."""
        return 0.0

    def decided(self) -> float:
        """The maker decides, and an interval between two decisions is over."""
        return 0.0

    def rate(self, inventory: float) -> float:
        """What an inventory of so many MEUR earns a minute from now on; asked whenever something has happened."""
        return 0.0
