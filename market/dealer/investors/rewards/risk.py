"""What it costs to be exposed."""

from .term import Term


class Risk(Term):
    """- |q dS / S| from one look at the price to the next; weighted by g it makes of the P&L PnL_g = dPnL - g |dPnL|.

    dPnL is the inventory's profit and loss. (Ardon et al., "Towards a fully RL-based market simulator", 2110.06829, as
    others report it.) It depends on how often the investor looks: at each of its decisions and trades.
    """

    def held(self, gain: float) -> float:
        return -abs(gain)
