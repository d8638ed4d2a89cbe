"""The order book as a venue: an agent that takes orders, matches them, and publishes trades and the top of the book."""

from typing import Any

from catallaxy.engine import Agent, Message, Process, on

from .book import OrderBook
from .instrument import Hours, Instrument
from .messages import (
    Acknowledgement,
    Cancel,
    Cancellation,
    Depth,
    ExecutionReport,
    LimitOrder,
    MarketOrder,
    Refusal,
    Replace,
    TopOfBook,
    Trade,
)
from .orders import BUY, SELL, BookError, Outcome

VENUE = "book"
"""The venue's name in a market that has only one."""


class OrderBookVenue(Agent):
    """Matches what it is sent, in order of arrival, until the close; then what rests is cancelled.

    It is no party to trades: it tells both sides, who book them in accounts of their own. Trades and the top of the
    book are published: they cost no event, and everybody with a link from the venue sees them with the link's lag
    (:meth:`Agent.latest`, or :meth:`Agent.subscribe`).

    Args:
        name: its name.
        instrument: what is traded.
        hours: when it is open.

    Attributes:
        book: the matching engine.
        trades: number of trades so far.
    """

    def __init__(self, name: str, instrument: Instrument, hours: Hours) -> None:
        Agent.__init__(self, name)  # not super(): an exchange of another market may be a venue, too
        self.instrument = instrument
        self.book = OrderBook(instrument.self_trade)
        self.trades = 0
        self._hours = hours
        self._top: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._depth: Depth | None = None

    def run(self) -> Process:
        yield self.sleep(self._hours.horizon)
        self.close()

    # -- orders ----------------------------------------------------------------------------------------------------

    @on(LimitOrder)
    def limit_order(self, order: LimitOrder) -> None:
        """Match a limit order; what remains rests or lapses."""
        if self._is_open(order):
            try:
                outcome = self.book.limit(order.sender, order.side, order.price, order.size, order.lifetime)
            except BookError as error:
                self.reply(order, Refusal(reason=str(error)))
            else:
                self._settle(order, order.sender, order.side, order.size, outcome)

    @on(MarketOrder)
    def market_order(self, order: MarketOrder) -> None:
        """Match a market order."""
        if self._is_open(order):
            try:
                outcome = self.book.market(order.sender, order.side, order.size)
            except BookError as error:
                self.reply(order, Refusal(reason=str(error)))
            else:
                self._settle(order, order.sender, order.side, order.size, outcome)

    @on(Cancel)
    def cancel(self, request: Cancel) -> None:
        """Take an order of the sender's out of the book."""
        if self._is_open(request) and self._is_theirs(request, request.order):
            size = self.book.cancel(request.order)
            self.reply(request, Cancellation(order=request.order, size=size, left=0, reason="asked"))
            self._show()

    @on(Replace)
    def replace(self, request: Replace) -> None:
        """Change an order of the sender's."""
        if self._is_open(request) and self._is_theirs(request, request.order):
            side = self.book.order(request.order).side
            try:
                outcome = self.book.replace(request.order, request.price, request.size)
            except BookError as error:
                self.reply(request, Refusal(reason=str(error)))
            else:
                self._settle(request, request.sender, side, request.size, outcome)

    def _is_open(self, request: Message) -> bool:
        if self.now < self._hours.horizon:
            return True
        self.reply(request, Refusal(reason="closed"))
        return False

    def _is_theirs(self, request: Message, number: int) -> bool:
        if number in self.book and self.book.order(number).owner == request.sender:
            return True
        self.reply(request, Refusal(reason=f"no order {number} of yours is in the book"))
        return False

    # -- what follows ----------------------------------------------------------------------------------------------

    def _settle(self, request: Message, owner: str, side: int, size: int, outcome: Outcome) -> None:
        """Tell everybody concerned what has become of an order."""
        number = outcome.number
        self.reply(request, Acknowledgement(number, outcome.traded, outcome.open, outcome.lapsed))
        for match in outcome.matches:
            size -= match.size
            self._traded(side, match.price, match.size)
            trade = self.trades
            self.send(owner, ExecutionReport(number, trade, side, match.price, match.size, size, passive=False))
            self._tell_resting(match.owner, match.resting, trade, -side, match.price, match.size, match.left)
        self._after(outcome)

    def _after(self, outcome: Outcome) -> None:
        for lost in outcome.prevented:
            self.send(str(lost.owner), Cancellation(lost.resting, lost.size, lost.left, reason="self-trade"))
        self._show()

    def _traded(self, side: int, price: int, size: int) -> None:
        self.trades += 1
        self.publish(Trade(self.trades, side, price, size))

    def _tell_resting(self, owner: Any, number: int, trade: int, side: int, price: int, size: int, left: int) -> None:
        self.send(owner, ExecutionReport(number, trade, side, price, size, left, passive=True))

    def _show(self) -> None:
        """Publish the top of the book, and the depth, if something has changed there."""
        book = self.book
        bid, ask = book.bid, book.ask
        top = (
            bid or 0,
            0 if bid is None else book.size(BUY, bid),
            ask or 0,
            0 if ask is None else book.size(SELL, ask),
        )
        if top != self._top:
            self._top = top
            self.publish(TopOfBook(*top))
        if self.instrument.levels:
            bids, asks = book.depth(BUY, self.instrument.levels), book.depth(SELL, self.instrument.levels)
            depth = Depth(
                tuple(level.price for level in bids),
                tuple(level.size for level in bids),
                tuple(level.price for level in asks),
                tuple(level.size for level in asks),
            )
            if depth != self._depth:
                self._depth = depth
                self.publish(depth)

    def close(self) -> None:
        """Cancel whatever rests."""
        for order in list(self.book.orders()):
            size = self.book.cancel(order.number)
            self.send(str(order.owner), Cancellation(order.number, size, 0, reason="closed"))

    def describe(self) -> dict[str, Any]:
        """For the log: what ticks and lots are."""
        return {"tick": self.instrument.tick, "lot": self.instrument.lot, "horizon": self._hours.horizon}
