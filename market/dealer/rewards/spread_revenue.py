"""What clients pay for trading at once."""

from .term import Term


class SpreadRevenue(Term):
    """z d for a trade of z MEUR, d bp to the maker's advantage from the reference price as it sees it."""

    def traded(self, revenue: float) -> float:
        return revenue
