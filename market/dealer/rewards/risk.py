"""What it costs to be exposed."""

from .term import Term


class QuadraticRisk(Term):
    """- (gamma / 2) sigma^2 q^2 a minute (Barzykin, Bergault, Gueant, 2112.02269).

    Args:
        price: (gamma / 2) sigma^2, bp per MEUR and minute.
    """

    def __init__(self, price: float) -> None:
        self._price = price

    def rate(self, inventory: float) -> float:
        return -self._price * inventory * inventory


class AbsoluteRisk(Term):
    """- |dPnL of the inventory| from one decision to the next; weighted by g it makes PnL_g = dPnL - g |dPnL|.

    Ardon et al., "Towards a fully RL-based market simulator" (2110.06829), as others report it.
    """

    def __init__(self) -> None:
        self._gain = 0.0

    def held(self, gain: float) -> float:
        self._gain += gain
        return 0.0

    def decided(self) -> float:
        gain, self._gain = self._gain, 0.0
        return -abs(gain)


class StepRisk(Term):
    """- |q dS / S| from one look at the price to the next; weighted by g it makes of the P&L PnL_g = dPnL - g |dPnL|.

    dPnL is the inventory's profit and loss (2110.06829, as above). It depends on how often one looks: an investor does
    at each of its decisions and trades.
    """

    def held(self, gain: float) -> float:
        return -abs(gain)
