"""The weighted sum of terms that an investor maximises."""

from collections.abc import Callable, Mapping

from ..rewards import InventoryPnl, QuantityTarget, SpreadRevenue, StepRisk, Term
from .group import RewardTerms
from .type import InvestorType


class InvestorPay:
    """R = w (cost + gains + g risk) + (1 - w) Flow, each term times its factor of the scenario.

    That is R_LT = w PnL_g + (1 - w) Flow, PnL_g = dPnL - g |dPnL of the inventory| (2110.06829, as others report it).

    Args:
        type: the investor's; holds w, g and the targets.
        factors: the scenario's.
        earn: called with each amount, MEUR bp.

    Attributes:
        target: the quantity target, which knows what was bought and sold.
        earned: for each term's name what it has earned so far, unweighted, MEUR bp.
        total: the weighted sum so far.
    """

    def __init__(self, type: InvestorType, factors: RewardTerms, earn: Callable[[float], None]) -> None:
        w = type.pnl_weight
        self.target = QuantityTarget(type.buy_target, type.sell_target)
        terms: Mapping[str, tuple[float, Term]] = {
            "execution_cost": (w * factors.execution_cost, SpreadRevenue()),
            "inventory_pnl": (w * factors.inventory_pnl, InventoryPnl()),
            "risk": (w * type.risk_aversion * factors.risk, StepRisk()),
            "quantity_target": ((1.0 - w) * factors.quantity_target, self.target),
        }
        self._terms = [(name, weight, term) for name, (weight, term) in terms.items()]
        self._earn = earn
        self.earned = dict.fromkeys(terms, 0.0)
        self.total = 0.0

    def decided(self, volume: float) -> None:
        """A decision at which `volume` MEUR could be traded."""
        self._add([term.could_trade(volume) for _, _, term in self._terms])

    def traded(self, quantity: float, distance: float) -> None:
        """`quantity` MEUR bought (sold if negative), `distance` bp away from the reference price to its cost."""
        revenue = -abs(quantity) * distance
        self._add([term.traded(quantity, revenue) for _, _, term in self._terms])

    def held(self, gain: float) -> None:
        """A change in the value of what is held, MEUR bp."""
        self._add([term.held(gain) for _, _, term in self._terms])

    def _add(self, amounts: list[float]) -> None:
        reward = 0.0
        for (name, weight, _), amount in zip(self._terms, amounts, strict=True):
            self.earned[name] += amount
            reward += weight * amount
        self.total += reward
        self._earn(reward)
