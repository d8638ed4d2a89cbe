"""The weighted sum of terms that a maker maximises."""

from collections.abc import Callable, Sequence

from .term import Term


class TotalReward:
    """The sum of weights times terms; terms of weight 0 are left out.

    Args:
        terms: weight and term.
        earn: called with each amount, MEUR bp.
        flow: called with each new rate, MEUR bp a minute.
    """

    def __init__(
        self,
        terms: Sequence[tuple[float, Term]],
        earn: Callable[[float], None],
        flow: Callable[[float], None],
    ) -> None:
        self._terms = [(weight, term) for weight, term in terms if weight]
        self._earn, self._flow = earn, flow

    def traded(self, revenue: float) -> None:
        """A client's trade; see `Term.traded`."""
        self._earn(sum(weight * term.traded(revenue) for weight, term in self._terms))

    def hedged(self, cost: float, gain: float) -> None:
        """A hedge; see `Term.hedged`."""
        self._earn(sum(weight * term.hedged(cost, gain) for weight, term in self._terms))

    def held(self, gain: float) -> None:
        """A change in the value of what is held, MEUR bp."""
        self._earn(sum(weight * term.held(gain) for weight, term in self._terms))

    def decided(self) -> None:
        """The maker decides."""
        self._earn(sum(weight * term.decided() for weight, term in self._terms))

    def holding(self, inventory: float) -> None:
        """The inventory is so many MEUR from now on."""
        self._flow(sum(weight * term.rate(inventory) for weight, term in self._terms))
