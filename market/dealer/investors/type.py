"""Who an investor is: the type lambda that its policy is told."""

from typing import ClassVar

import attrs
from attrs import validators

_share = attrs.field(converter=float, validator=[validators.ge(0.0), validators.le(1.0)])


@attrs.frozen
class InvestorType:
    """An investor's type.

    Attributes:
        connectivity: probability of being linked to a maker that is linked to everybody, in [0, 1].
        pnl_weight: w, weight of profit and loss against the quantity target, in [0, 1].
        buy_target: fraction of what it could trade that it is to buy, in [0, 1].
        sell_target: the same for what it is to sell; the rest it is not to trade.
        risk_aversion: g, weight of the inventory's absolute gains and losses against its gains, not negative.
    """

    connectivity: float = _share
    pnl_weight: float = _share
    buy_target: float = _share
    sell_target: float = _share
    risk_aversion: float = attrs.field(default=0.0, validator=validators.ge(0.0))

    feature_names: ClassVar[tuple[str, ...]] = (
        "connectivity",
        "P&L weight",
        "buy target",
        "sell target",
        "risk aversion",
    )

    @property
    def features(self) -> tuple[float, float, float, float, float]:
        """What the policy is told: shares, [0, 1] mapped to [-1, 1], and (g - 1) / (g + 1)."""
        g = self.risk_aversion
        return (
            2.0 * self.connectivity - 1.0,
            2.0 * self.pnl_weight - 1.0,
            2.0 * self.buy_target - 1.0,
            2.0 * self.sell_target - 1.0,
            (g - 1.0) / (g + 1.0),
        )
