"""What trading costs."""

from .term import Term


class ExecutionCost(Term):
    """- |x| d for each trade of x MEUR at d bp from the reference price (negative: better than it)."""

    def traded(self, quantity: float, distance: float) -> float:
        return -abs(quantity) * distance
