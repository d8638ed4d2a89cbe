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
        self._earn, self._flow = earn, flow
        weighted = [(weight, term) for weight, term in terms if weight]
        # Only those who have something to say are asked: trades are frequent.
        self._traded = [(weight, term.traded) for weight, term in weighted if _answers(term, "traded")]
        self._hedged = [(weight, term.hedged) for weight, term in weighted if _answers(term, "hedged")]
        self._held = [(weight, term.held) for weight, term in weighted if _answers(term, "held")]
        self._decided = [(weight, term.decided) for weight, term in weighted if _answers(term, "decided")]
        self._rate = [(weight, term.rate) for weight, term in weighted if _answers(term, "rate")]

    def traded(self, quantity: float, revenue: float) -> None:
        """A client's trade; see `Term.traded`."""
        for weight, earned in self._traded:
            self._earn(weight * earned(quantity, revenue))

    def hedged(self, cost: float, gain: float) -> None:
        """A hedge; see `Term.hedged`."""
        for weight, earned in self._hedged:
            self._earn(weight * earned(cost, gain))

    def held(self, gain: float) -> None:
        """A change in the value of what is held, MEUR bp."""
        for weight, earned in self._held:
            self._earn(weight * earned(gain))

    def decided(self) -> None:
        """The maker decides."""
        for weight, earned in self._decided:
            self._earn(weight * earned())

    def holding(self, inventory: float) -> None:
        """The inventory is so many MEUR from now on."""
        rate = 0.0
        for weight, paid in self._rate:
            rate += weight * paid(inventory)
        self._flow(rate)


def _answers(term: Term, event: str) -> bool:
    """Whether a term says anything to an event."""
    return getattr(type(term), event) is not getattr(Term, event)
