"""What a term of the reward is told, and answers."""


class Term:
    """A term of an investor's reward: it is told what happens and says what that earns, in MEUR bp.

    Subclasses answer to what concerns them; everything else earns nothing.
    """

    def decided(self, volume: float) -> float:
        """A decision at which `volume` MEUR could be traded."""
        return 0.0

    def traded(self, quantity: float, distance: float) -> float:
        """`quantity` MEUR bought (sold if negative), `distance` bp away from the reference price to its cost."""
        return 0.0

    def held(self, gain: float) -> float:
        """What was held has changed in value by `gain` MEUR bp since the investor last looked at the price."""
        return 0.0
