"""The matching engine: a limit order book with price-time priority. It knows neither agents nor simulated time.

Rules. An order that comes in trades with the best price on the other side first, at one price with the oldest order
first, always at the price of the order at rest. Orders at rest have priority by the time at which they came to rest at
their price; :meth:`OrderBook.replace` keeps it if only the size shrinks. The book is never crossed.
"""

from collections.abc import Hashable, Iterator
from typing import Final

from .orders import BUY, SELL, BookError, Lifetime, Match, Outcome, Prevented, PriceLevel, Resting, SelfTrade
from .side import BookSide

_ALLOW: Final = SelfTrade.ALLOW
_DAY: Final = Lifetime.DAY
_LIFETIMES: Final[dict[str, Lifetime]] = {life: life for life in Lifetime}
_NO_LIMIT: Final = -(2**63)
"""A rank below that of every price: a market order takes whatever there is."""


class OrderBook:
    """A limit order book in whole ticks and lots.

    A limit or market order costs O(1) for each order that it meets, and finding or making a price level a bisection;
    a cancellation is O(1) unless it empties a level. Prices may be any integers, also negative.

    Args:
        self_trade: what happens where an owner's order would meet one of its own.
    """

    def __init__(self, self_trade: SelfTrade | str = SelfTrade.CANCEL_RESTING) -> None:
        self.self_trade = SelfTrade(self_trade)
        self._bids = BookSide(BUY)
        self._asks = BookSide(SELL)
        self._orders: dict[int, Resting] = {}
        self._last = 0

    # -- orders ----------------------------------------------------------------------------------------------------

    def limit(
        self, owner: Hashable, side: int, price: int, size: int, lifetime: Lifetime | str = Lifetime.DAY
    ) -> Outcome:
        """Buy or sell up to `size` lots at `price` ticks or better.

        Raises:
            BookError: no such side or lifetime, a price or size that is no integer, a size below 1.
        """
        _check(side, size)
        _check_price(price)
        kind = _LIFETIMES.get(lifetime)
        if kind is None:
            raise BookError(f"lifetime = {lifetime!r}: must be one of {', '.join(map(repr, map(str, Lifetime)))}")
        self._last = number = self._last + 1
        return self._enter(number, owner, side, price, size, kind)

    def market(self, owner: Hashable, side: int, size: int) -> Outcome:
        """Buy or sell up to `size` lots at whatever price there is; what finds nobody lapses.

        Raises:
            BookError: no such side, a size that is no positive integer.
        """
        _check(side, size)
        self._last = number = self._last + 1
        outcome = Outcome(number)
        self._match(outcome, owner, side, _NO_LIMIT, size)
        outcome.lapsed = size - outcome.traded
        return outcome

    def cancel(self, number: int) -> int:
        """Take an order out of the book; returns the lots that were open.

        Raises:
            BookError: no such order is at rest.
        """
        order = self._find(number)
        self._remove(order)
        return order.size

    def replace(self, number: int, price: int, size: int) -> Outcome:
        """Change the price and the open size of an order at rest.

        At the same price and with no larger size it keeps its priority; else it leaves the book and comes in anew,
        under its old number, and may trade at once.

        Raises:
            BookError: no such order is at rest; a price or size that is no integer; a size below 1.
        """
        order = self._find(number)
        _check(order.side, size)
        _check_price(price)
        if price == order.price and size <= order.size:
            less = order.size - size
            order.size = size
            order.level.size -= less
            self._side(order.side).size -= less
            return Outcome(number, open=size)
        self._remove(order)
        return self._enter(number, order.owner, order.side, price, size, _DAY)

    # -- what can be seen ------------------------------------------------------------------------------------------

    @property
    def bid(self) -> int | None:
        """The highest price that somebody would pay, ticks."""
        return self._bids.best

    @property
    def ask(self) -> int | None:
        """The lowest price at which somebody would sell, ticks."""
        return self._asks.best

    @property
    def mid(self) -> float | None:
        """The middle between bid and ask, ticks; None unless there are both."""
        bid, ask = self.bid, self.ask
        return None if bid is None or ask is None else 0.5 * (bid + ask)

    @property
    def spread(self) -> int | None:
        """Ask - bid, ticks; None unless there are both."""
        bid, ask = self.bid, self.ask
        return None if bid is None or ask is None else ask - bid

    def depth(self, side: int, levels: int | None = None) -> list[PriceLevel]:
        """The best `levels` price levels of a side (all by default), best first."""
        return self._side(side).depth(levels)

    def size(self, side: int, price: int | None = None) -> int:
        """Lots open on a side, or on it at a price."""
        found = self._side(side)
        return found.size if price is None else found.at(price)

    def order(self, number: int) -> Resting:
        """An order at rest; not to be written to.

        Raises:
            BookError: no such order is at rest.
        """
        return self._find(number)

    def orders(self, owner: Hashable = None) -> Iterator[Resting]:
        """All orders at rest (of an owner), oldest first."""
        return (order for _, order in sorted(self._orders.items()) if owner is None or order.owner == owner)

    def queue(self, side: int) -> Iterator[Resting]:
        """A side's orders at rest in the order in which they trade."""
        found = self._side(side)
        for rank in reversed(found.ranks):
            order = found.levels[rank].first
            while order is not None:
                yield order
                order = order.newer

    def ahead(self, number: int) -> int:
        """Lots at an order's price that trade before it does.

        Raises:
            BookError: no such order is at rest.
        """
        lots, order = 0, self._find(number).older
        while order is not None:
            lots += order.size
            order = order.older
        return lots

    def cost(self, side: int, size: int) -> tuple[int, int]:
        """What a market order would do, whoever sent it: (lots that it would find, sum of price times lots)."""
        left, paid = size, 0
        for level in self._side(-side).depth():
            taken = min(left, level.size)
            left -= taken
            paid += taken * level.price
            if not left:
                break
        return size - left, paid

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, number: object) -> bool:
        return number in self._orders

    def __repr__(self) -> str:
        return f"<OrderBook: {self.bid} / {self.ask}, {len(self)} orders>"

    # -- inside ----------------------------------------------------------------------------------------------------

    def _side(self, side: int) -> BookSide:
        return self._bids if side == BUY else self._asks

    def _find(self, number: int) -> Resting:
        order = self._orders.get(number)
        if order is None:
            raise BookError(f"no order {number!r} is in the book: it was filled or cancelled, or there never was one")
        return order

    def _remove(self, order: Resting) -> None:
        del self._orders[order.number]
        self._side(order.side).remove(order)

    def _enter(self, number: int, owner: Hashable, side: int, price: int, size: int, lifetime: Lifetime) -> Outcome:
        """Match an order, then let the rest of it rest or lapse."""
        outcome = Outcome(number)
        limit = -side * price  # the rank, on the other side, of the worst price that will do
        opposite = self._asks if side == BUY else self._bids
        left, rests = size, lifetime is _DAY or lifetime is Lifetime.POST
        if opposite.ranks and opposite.ranks[-1] >= limit:
            if lifetime is Lifetime.POST or (lifetime is Lifetime.FOK and not self._fills(owner, side, limit, size)):
                outcome.lapsed = size
                return outcome
            left, whole = self._match(outcome, owner, side, limit, size)
            rests = rests and whole
        if left and rests:
            order = Resting(number, owner, side, price, left)
            self._orders[number] = order
            self._side(side).add(order)
            outcome.open = left
        if not rests or outcome.prevented:
            outcome.lapsed = size - outcome.traded - outcome.open
        return outcome

    def _match(self, outcome: Outcome, owner: Hashable, side: int, limit: int, left: int) -> tuple[int, bool]:
        """Trade up to `left` lots with prices of rank `limit` or more.

        Returns:
            Lots that are still to trade, and whether they may: not if self-trade prevention has stopped them.
        """
        opposite = self._asks if side == BUY else self._bids
        ranks, levels, matches = opposite.ranks, opposite.levels, outcome.matches
        prevents = self.self_trade is not _ALLOW
        while left and ranks and ranks[-1] >= limit:
            level = levels[ranks[-1]]
            order = level.first
            assert order is not None
            if prevents and order.owner == owner:
                left, whole = self._prevent(outcome, order, left)
                if not whole:
                    return left, False
                continue
            size = order.size
            if size > left:
                size = left
                order.size -= size
                level.size -= size
                opposite.size -= size
            else:
                del self._orders[order.number]
                opposite.remove(order)
                order.size = 0
            left -= size
            matches.append(Match(order.number, order.owner, order.price, size, order.size))
        return left, True

    def _prevent(self, outcome: Outcome, order: Resting, left: int) -> tuple[int, bool]:
        """Keep an order from meeting `order`, of the same owner; as :meth:`_match`."""
        policy = self.self_trade
        if policy is SelfTrade.CANCEL_INCOMING:
            return left, False
        size = min(left, order.size) if policy is SelfTrade.DECREMENT else order.size
        if size < order.size:
            order.size -= size
            order.level.size -= size
            self._side(order.side).size -= size
            kept = order.size
        else:
            self._remove(order)
            kept = 0
        outcome.prevented.append(Prevented(order.number, order.owner, size, kept))
        if policy is SelfTrade.DECREMENT:
            return left - size, True
        return left, policy is SelfTrade.CANCEL_RESTING

    def _fills(self, owner: Hashable, side: int, limit: int, size: int) -> bool:
        """Whether `size` lots can trade with others at prices of rank `limit` or more.

        Orders of its own are passed over if they would be cancelled; under any other policy but `allow` nothing behind
        them counts.
        """
        policy = self.self_trade
        for order in self.queue(-side):
            if -side * order.price < limit:
                return False
            if policy is _ALLOW or order.owner != owner:
                size -= order.size
                if size <= 0:
                    return True
            elif policy is not SelfTrade.CANCEL_RESTING:
                return False
        return False


def _check(side: int, size: int) -> None:
    if side != BUY and side != SELL:
        raise BookError(f"side = {side!r}: must be {BUY} (buy) or {SELL} (sell)")
    if size.__class__ is not int or size < 1:
        raise BookError(f"size = {size!r}: must be a whole number of lots, 1 or more")


def _check_price(price: int) -> None:
    if price.__class__ is not int:
        raise BookError(f"price = {price!r}: must be a whole number of ticks")
