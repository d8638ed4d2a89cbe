"""The weighted sum of terms that an investor maximises."""

from collections.abc import Callable, Mapping

from ..group import RewardTerms
from ..type import InvestorType
from .execution_cost import ExecutionCost
from .inventory_pnl import InventoryPnl
from .quantity_target import QuantityTarget
from .risk import Risk
from .term import Term


class TotalReward:
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
            "execution_cost": (w * factors.execution_cost, ExecutionCost()),
            "inventory_pnl": (w * factors.inventory_pnl, InventoryPnl()),
            "risk": (w * type.risk_aversion * factors.risk, Risk()),
            "quantity_target": ((1.0 - w) * factors.quantity_target, self.target),
        }
        self._terms = [(name, weight, term) for name, (weight, term) in terms.items()]
        self._earn = earn
        self.earned = dict.fromkeys(terms, 0.0)
        self.total = 0.0

    def decided(self, volume: float) -> None:
        """A decision at which `volume` MEUR could be traded."""
        self._add([term.decided(volume) for _, _, term in self._terms])

    def traded(self, quantity: float, distance: float) -> None:
        """A trade; see `Term.traded`."""
        self._add([term.traded(quantity, distance) for _, _, term in self._terms])

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
