"""One side of a book: its price levels, best last, found by bisection."""

from bisect import bisect_left

from .orders import BUY, Level, PriceLevel, Resting


class BookSide:
    """The buy or the sell side.

    Levels are kept by rank: rank = price for buyers, -price for sellers, so that the best has the largest rank on
    either side and stands at the end of the list, where adding and removing is cheap.

    Attributes:
        side: BUY or SELL.
        ranks: of the levels, increasing.
        levels: by rank.
        size: lots open on this side.
    """

    __slots__ = ("levels", "ranks", "side", "size")

    def __init__(self, side: int) -> None:
        self.side = side
        self.ranks: list[int] = []
        self.levels: dict[int, Level] = {}
        self.size = 0

    @property
    def best(self) -> int | None:
        """The best price, ticks; None if nobody is here."""
        return self.side * self.ranks[-1] if self.ranks else None

    def add(self, order: Resting) -> None:
        """Put an order behind all others at its price."""
        rank = self.side * order.price
        level = self.levels.get(rank)
        if level is None:
            level = self.levels[rank] = Level(order.price)
            ranks = self.ranks
            if not ranks or rank > ranks[-1]:
                ranks.append(rank)
            else:
                ranks.insert(bisect_left(ranks, rank), rank)
        level.append(order)
        self.size += order.size

    def remove(self, order: Resting) -> None:
        """Take an order out."""
        level = order.level
        level.remove(order)
        self.size -= order.size
        if not level.count:
            self.drop(self.side * level.price)

    def drop(self, rank: int) -> None:
        """Take out a level that has become empty."""
        del self.levels[rank]
        ranks = self.ranks
        if ranks[-1] == rank:
            ranks.pop()
        else:
            del ranks[bisect_left(ranks, rank)]

    def depth(self, levels: int | None = None) -> list[PriceLevel]:
        """The best `levels` levels (all by default), best first."""
        count = len(self.ranks) if levels is None else min(levels, len(self.ranks))
        best_first = (self.levels[self.ranks[-1 - place]] for place in range(count))
        return [PriceLevel(level.price, level.size, level.count) for level in best_first]

    def at(self, price: int) -> int:
        """Lots open at a price."""
        level = self.levels.get(self.side * price)
        return 0 if level is None else level.size

    def __repr__(self) -> str:
        return f"<{'buy' if self.side == BUY else 'sell'} side: {self.size} lots at {len(self.ranks)} prices>"
