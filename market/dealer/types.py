"""Who a market maker is: the type lambda that its policy is told."""

from math import log
from typing import ClassVar

import attrs
from attrs import validators

_CENTRE = (1e-3 * 2e-2) ** 0.5
_HALF_WIDTH = log(20.0) / 2.0
_weight = validators.ge(0.0)
_share = [validators.ge(0.0), validators.le(1.0)]


@attrs.frozen
class MakerType:
    """A market maker's type: how averse to risk it is, whom it reaches, and how its reward's terms are weighted.

    Attributes:
        risk_aversion: gamma, per (bp MEUR), positive.
        connectivity: probability of being linked to a client, in [0, 1].
        spread_revenue, inventory_pnl, hedging_cost, absolute_risk, market_share: weights of the reward's terms; see
            `catallaxy.market.dealer.rewards`.
        share_target: m*, the part of the market that it aims at, in [0, 1].
        told: which of the weights its policy is told, besides risk aversion and connectivity.
    """

    risk_aversion: float = attrs.field(validator=validators.gt(0.0))
    connectivity: float = attrs.field(validator=_share)
    spread_revenue: float = attrs.field(default=1.0, validator=_weight)
    inventory_pnl: float = attrs.field(default=0.0, validator=_share)
    hedging_cost: float = attrs.field(default=1.0, validator=_weight)
    absolute_risk: float = attrs.field(default=0.0, validator=_weight)
    market_share: float = attrs.field(default=0.0, validator=_weight)
    share_target: float = attrs.field(default=0.0, validator=_share)
    told: tuple[str, ...] = ()

    SHARES: ClassVar[tuple[str, ...]] = ("inventory_pnl", "share_target")

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the features are called."""
        return ("log risk aversion", "connectivity", *(name.replace("_", " ") for name in self.told))

    @property
    def features(self) -> tuple[float, ...]:
        """What the policy is told, by scales that are fixed, so that a policy means the same whatever it learned from.

        log gamma, [0.001, 0.02] mapped to [-1, 1]; connectivity and shares, [0, 1] mapped to [-1, 1]; of weights w,
        (w - 1) / (w + 1).
        """
        told = (self._scaled(name, getattr(self, name)) for name in self.told)
        return log(self.risk_aversion / _CENTRE) / _HALF_WIDTH, 2.0 * self.connectivity - 1.0, *told

    def _scaled(self, name: str, value: float) -> float:
        return 2.0 * value - 1.0 if name in self.SHARES else (value - 1.0) / (value + 1.0)
