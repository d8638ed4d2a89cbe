"""The exchange of a dealer market that has an order book, where makers hedge."""

from typing import Any

from catallaxy.engine import Process
from catallaxy.market.account import on_grid
from catallaxy.market.book import BUY, SELL, Hours, OrderBookVenue, Outcome, Trader, background
from catallaxy.market.prices import BP, PricePath

from .exchange import EXCHANGE, Exchange
from .hedging_book import HedgingBook
from .messages import HedgeFill, HedgeOrder, Tick
from .scenario import Session


class BookExchange(OrderBookVenue, Exchange):
    """The exchange of a dealer market that has an order book.

    A hedge is a market order; over how long it is worked makes no difference to one of its slices. The exchange stands
    between: it buys from those whose orders rest, at their prices, and sells to the hedger at their average, rounded to
    10^-9, so that each hedge has one fill and what rounding leaves stays on the exchange's own account.

    Args:
        path: the scenario's price.
        book: what the scenario says.
        session: when to open and to settle.
    """

    def __init__(self, path: PricePath, book: HedgingBook, session: Session) -> None:
        Exchange.__init__(self, path, book, session)
        hours = Hours(session.horizon, session.settlement, session.tick)
        OrderBookVenue.__init__(self, EXCHANGE, book.instrument, hours)
        self._follows_book = book.reference == "mid"
        self._tick: Tick | None = None

    def run(self) -> Process:
        session = self._session
        self.record(self.account.statement(self.price, closing=False))
        self._publish()
        if not self._follows_book:
            yield from self._follow(self._path)
        yield self.sleep(session.horizon - self.now)
        self.close()
        yield self.sleep(session.settlement)
        self.record(self.account.statement(self.price, closing=True))

    def _follow(self, path: PricePath) -> Process:
        for time, price in zip(path.times.tolist(), path.prices.tolist(), strict=True):
            if time >= self._session.horizon:
                break
            if time > self.now:
                yield self.sleep(time - self.now)
                self._unmoved = price
                self._publish()

    def _show(self) -> None:
        """Publish the book, and a tick if its middle or its spread has changed."""
        super()._show()
        book = self.book
        bid, ask = book.bid, book.ask
        if bid is None or ask is None:
            return
        middle, tick = self.instrument.price(0.5 * (bid + ask)), self._tick
        half_spread = 0.5 * (ask - bid) * self.instrument.tick / middle / BP
        if self._follows_book:
            self._unmoved = middle
        if tick is None or half_spread != tick.half_spread or on_grid(self._unmoved) != tick.price:
            self._half_spread = half_spread
            self._publish()

    def _publish(self) -> None:
        self.price = on_grid(self._unmoved)
        self._tick = Tick(price=self.price, half_spread=self._half_spread)
        self.publish(self._tick)

    def hedge(self, order: HedgeOrder) -> None:
        """Do a hedge as a market order."""
        lot, before = self.instrument.lot, self.price
        side = BUY if order.quantity > 0.0 else SELL
        lots = round(abs(order.quantity) / lot) if self.now < self._session.horizon else 0
        outcome = self.book.market(order.sender, side, lots) if lots else Outcome(0)
        paid = 0
        for match in outcome.matches:
            paid += match.price * match.size
            self.account.buy(side * match.size * lot, self.instrument.price(match.price))
            self._traded(side, match.price, match.size)
            self._tell_resting(match.owner, match.resting, self.trades, -side, match.price, match.size, match.left)
        self._after(outcome)
        quantity = side * outcome.traded * lot
        price = on_grid(paid / outcome.traded * self.instrument.tick) if outcome.traded else before
        self.account.buy(-quantity, price)
        self.reply(
            order,
            HedgeFill(
                quantity=quantity,
                price=price,
                reference=on_grid(0.5 * (before + self.price)),
                impact=(self.price / before - 1.0) / BP,
                unfilled=order.quantity - quantity,
            ),
        )

    def describe(self) -> dict[str, Any]:
        """For the log: what ticks and lots are."""
        return OrderBookVenue.describe(self)


def book_traders(book: HedgingBook, path: PricePath, session: Session) -> list[Trader]:
    """The traders who give the book its life."""
    hours = Hours(session.horizon, session.settlement, session.tick)
    return background(book.crowds, book.informed, EXCHANGE, book.instrument, hours, path)
