"""Traders of the order book: what they all have in common, and the two kinds that give a book its life."""

from bisect import bisect_right
from itertools import accumulate
from math import ceil, exp, floor
from typing import Any

from catallaxy.engine import Agent, Process, on
from catallaxy.market.account import Account
from catallaxy.market.prices import BP, PricePath

from .groups import Informed, ZeroIntelligence
from .instrument import Hours, Instrument
from .messages import (
    Acknowledgement,
    Cancel,
    Cancellation,
    ExecutionReport,
    LimitOrder,
    MarketOrder,
    Refusal,
    TopOfBook,
)
from .orders import BUY, SELL
from .tally import BookTally


class Trader(Agent):
    """A trader on a book: it keeps its account, knows its open orders, and sees the top of the book.

    Subclass it and write :meth:`trade`, a process, or handlers, or both.

    Args:
        name: its name.
        venue: the venue's name.
        instrument: what is traded there.
        hours: when.
        opening: the price that is known before there is a book, USD per EUR.

    Attributes:
        account: what it has.
        open: its orders at rest, lots by number, as far as it knows: those that it has sent by :meth:`limit` (replies
            to what it asks come to where it asks).
        tally: what it has done.
    """

    group = ""

    def __init__(self, name: str, venue: str, instrument: Instrument, hours: Hours, opening: float) -> None:
        super().__init__(name)
        self.account = Account()
        self.open: dict[int, int] = {}
        self.tally = BookTally()
        self.venue = venue
        self.instrument = instrument
        self.hours = hours
        self._opening = opening
        self._mid = instrument.ticks(opening)
        self._closed: set[int] = set()

    # -- what it does ----------------------------------------------------------------------------------------------

    def run(self) -> Process:
        self.record(self.account.statement(self._opening, closing=False))
        behaviour = self.trade()
        if behaviour is not None:
            self.process(behaviour)
        yield self.sleep(self.hours.horizon + self.hours.settlement)
        self.record(self.account.statement(self.reference, closing=True))

    def trade(self) -> Process | None:
        """What it does, a process. Without one it acts by its handlers alone. After the close it is refused."""
        return None

    def limit(self, side: int, price: int, size: int, lifetime: str = "day") -> int:
        """Send a limit order; returns the message's sequence number, which its acknowledgement repeats."""
        self.tally.orders += 1
        return self.send(self.venue, LimitOrder(side=side, price=price, size=size, lifetime=lifetime))

    def market(self, side: int, size: int) -> int:
        """Send a market order; returns the message's sequence number."""
        self.tally.orders += 1
        return self.send(self.venue, MarketOrder(side=side, size=size))

    def cancel(self, order: int) -> None:
        """Ask for an order to be cancelled; after the close there is nothing to cancel."""
        if self.now < self.hours.horizon:
            self.send(self.venue, Cancel(order=order))

    # -- what it sees ----------------------------------------------------------------------------------------------

    @property
    def top(self) -> TopOfBook:
        """Best prices and sizes as it sees them."""
        top = self.latest(self.venue, TopOfBook)
        return _NOBODY if top is None else top

    @property
    def mid(self) -> float:
        """Middle of the book in ticks as it sees it: of both sides, or the last time that there were both."""
        top = self.top
        if top.bid_size and top.ask_size:
            self._mid = 0.5 * (top.bid + top.ask)
        return self._mid

    @property
    def reference(self) -> float:
        """The middle of the book, USD per EUR."""
        return self.instrument.price(self.mid)

    # -- what it is told -------------------------------------------------------------------------------------------

    @on(Acknowledgement)
    def acknowledged(self, answer: Acknowledgement) -> None:
        """Note a new order at rest."""
        if answer.open and answer.order not in self._closed:
            self.open[answer.order] = answer.open
            self.resting(answer)
        elif not answer.open:
            self.open.pop(answer.order, None)

    @on(ExecutionReport)
    def executed(self, report: ExecutionReport) -> None:
        """Book a trade."""
        instrument = self.instrument
        price, quantity = instrument.price(report.price), instrument.quantity(report.size)
        self.account.buy(report.side * quantity, price)
        self.tally.traded(report.side, quantity, price, passive=report.passive)
        if report.passive:
            self._shrunk(report.order, report.left)

    @on(Cancellation)
    def cancelled(self, notice: Cancellation) -> None:
        """Forget an order."""
        self._shrunk(notice.order, notice.left)

    @on(Refusal)
    def refused(self, refusal: Refusal) -> None:
        """Nothing has changed."""
        self.tally.refused += 1

    def resting(self, answer: Acknowledgement) -> None:
        """An order of its own has come to rest; `answer.in_reply_to` says which."""

    def _shrunk(self, order: int, left: int) -> None:
        if left:
            if order in self.open:
                self.open[order] = left
        elif self.open.pop(order, None) is None:
            self._closed.add(order)  # told before its acknowledgement, on links of random latency

    def profit(self, reference: float) -> float:
        """Profit and loss, in MEUR bp, the inventory valued at `reference`."""
        return self.account.value(reference)

    def describe(self) -> dict[str, Any]:
        """For the log: its group and where it trades."""
        return {"group": self.group, "venue": self.venue}


class ZeroIntelligenceTrader(Trader):
    """Orders at random, whatever happens: limit orders at random distances from the best opposite price, market orders,
    and cancellations, all Poisson (Smith, Farmer, Gillemot, Krishnamurthy, Quantitative Finance 3, 2003; with rates
    that fall with the distance: Cont, Stoikov, Talreja, Operations Research 58, 2010).

    Each event draws the same numbers whatever the book looks like. A limit order that rests is cancelled after an
    exponential time. At the opening it fills the book with as many orders as there would be without market orders.
    """

    def __init__(
        self, name: str, venue: str, instrument: Instrument, hours: Hours, opening: float, crowd: ZeroIntelligence
    ) -> None:
        super().__init__(name, venue, instrument, hours, opening)
        self.group = crowd.name
        self._crowd = crowd
        self._steps = list(accumulate(crowd.distances))[:-1]
        self._lives: dict[int, float] = {}

    def trade(self) -> Process:
        crowd, rng, horizon = self._crowd, self.rng, self.hours.horizon
        for side in (BUY, SELL):
            for _ in range(int(rng.poisson(crowd.at_rest / crowd.count))):
                self._place(side, floor(self._mid) if side == SELL else ceil(self._mid))
        limits = crowd.limit_orders
        rate = 2.0 * (limits + crowd.market_rate) / crowd.count
        to_limit = limits / (limits + crowd.market_rate)
        wait = rng.exponential(1.0 / rate)
        while self.now + wait < horizon:
            yield self.sleep(wait)
            side = BUY if rng.random() < 0.5 else SELL
            if rng.random() < to_limit:
                self._place(side, self._opposite(side))
            else:
                self.market(side, self._size())
            wait = rng.exponential(1.0 / rate)

    def _opposite(self, side: int) -> int:
        """The best price on the other side, ticks; if nobody is there, what is next to the middle."""
        top = self.top
        if side == BUY:
            return top.ask if top.ask_size else ceil(self.mid)
        return top.bid if top.bid_size else floor(self.mid)

    def _place(self, side: int, opposite: int) -> None:
        distance = 1 + bisect_right(self._steps, self.rng.random())
        life = self.rng.exponential(self._crowd.lifetime)
        self._lives[self.limit(side, opposite - side * distance, self._size())] = life

    def _size(self) -> int:
        return max(round(self._crowd.size.draw(self.rng)), 1)

    def resting(self, answer: Acknowledgement) -> None:
        """Let it live as long as was drawn for it."""
        order = answer.order
        self.timer(self._lives.pop(answer.in_reply_to or 0), lambda: self._expire(order))

    def _expire(self, order: int) -> None:
        if order in self.open:
            self.cancel(order)

    def acknowledged(self, answer: Acknowledgement) -> None:
        """Note it, or forget what never came to rest."""
        super().acknowledged(answer)
        self._lives.pop(answer.in_reply_to or 0, None)


class InformedTrader(Trader):
    """Knows the fundamental value but for an error of its own, and trades towards it at Poisson times.

    Where the best price is better for it than the value by more than its margin, it takes up to `size` lots at prices
    that still are; else it does nothing. Its error, drawn anew each time, is Gaussian in the logarithm.
    """

    def __init__(
        self,
        name: str,
        venue: str,
        instrument: Instrument,
        hours: Hours,
        value: PricePath,
        group: Informed,
    ) -> None:
        super().__init__(name, venue, instrument, hours, float(value.prices[0]))
        self.group = group.name
        self._value = value
        self._kind = group

    def trade(self) -> Process:
        kind, rng = self._kind, self.rng
        wait = rng.exponential(kind.count / kind.rate)
        while self.now + wait < self.hours.horizon:
            yield self.sleep(wait)
            error = kind.error * BP * rng.standard_normal()
            size = max(round(kind.size.draw(rng)), 1)
            self._look(self.instrument.ticks(self._value.at(self.now) * exp(error)), size)
            wait = rng.exponential(kind.count / kind.rate)

    def _look(self, value: float, size: int) -> None:
        """Buy or sell if the book is off the value (ticks) by more than the margin."""
        margin, top = self._kind.margin * BP * value, self.top
        highest, lowest = floor(value - margin), ceil(value + margin)
        if top.ask_size and top.ask <= highest:
            self.limit(BUY, highest, size, "ioc")
        elif top.bid_size and top.bid >= lowest:
            self.limit(SELL, lowest, size, "ioc")


_NOBODY = TopOfBook(bid=0, bid_size=0, ask=0, ask_size=0)
