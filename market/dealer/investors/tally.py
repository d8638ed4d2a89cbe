"""What an investor has done in an episode, counted while it happens."""

from collections.abc import Mapping
from typing import Any

import attrs

from catallaxy.market.prices import BP


@attrs.define
class InvestorTally:
    """Running sums of one investor over one episode; :mod:`.measures` finds the same numbers in the log.

    Attributes:
        decisions: their number.
        offered: MEUR that it could have traded.
        bought, sold, on_exchange: MEUR.
        cost: MEUR bp.
    """

    decisions: int = 0
    offered: float = 0.0
    bought: float = 0.0
    sold: float = 0.0
    on_exchange: float = 0.0
    cost: float = 0.0

    def decided(self, offered: float) -> None:
        """Count a decision."""
        self.decisions += 1
        self.offered += offered

    def traded(self, quantity: float, price: float, reference: float, *, exchange: bool) -> None:
        """Count a trade."""
        if quantity > 0.0:
            self.bought += quantity
        else:
            self.sold -= quantity
        self.on_exchange += abs(quantity) if exchange else 0.0
        self.cost += quantity * (price / reference - 1.0) / BP

    def numbers(self, facts: Mapping[str, Any], profit: float, reward: float) -> dict[str, float]:
        """The measures of an investor of type `facts`."""
        volume = max(self.offered, 1e-12)
        bought, sold = self.bought / volume, self.sold / volume
        return {
            "decisions": float(self.decisions),
            "bought": bought,
            "sold": sold,
            "target_error": abs(bought - facts["buy_target"]) + abs(sold - facts["sell_target"]),
            "pnl": profit,
            "execution_cost": self.cost,
            "inventory_pnl": profit + self.cost,
            "volume": self.bought + self.sold,
            "exchange_volume": self.on_exchange,
            "reward": reward,
        }
