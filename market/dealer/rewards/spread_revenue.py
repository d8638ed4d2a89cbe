"""What is paid for trading at once: to makers, by investors."""

from .term import Term


class SpreadRevenue(Term):
    """z d for a trade of z MEUR, d bp to one's advantage from the reference price as one sees it.

    Makers earn it; to investors, who trade at a disadvantage, it is the cost of execution.
    """

    def traded(self, quantity: float, revenue: float) -> float:
        return revenue
