"""The exchange: publishes the reference price and takes the other side of hedges."""

from catallaxy.engine import Agent, Process, on
from catallaxy.market.account import Account, on_grid
from catallaxy.market.prices import BP, PricePath

from .costs import HedgingCosts
from .messages import HedgeFill, HedgeOrder, Tick
from .scenario import Session

EXCHANGE = "exchange"
"""The exchange's name."""


class Exchange(Agent):
    """Ticks along a price path until the close, and does hedges at the reference price plus their cost.

    Hedges move the reference price for good: it is the path's price times 1 + k Q bp, Q being all that hedges have
    bought less what they have sold so far. A hedge of x MEUR is done around the middle between the price before and
    after it, so that many small ones give, as in the model of hedging at a rate v, the inventory's gain
    k (q x + x^2 / 2) = integral of k q v, less the cost L. A price that has moved is published at once.

    Args:
        path: reference prices over the session.
        costs: of hedging, and its impact.
        session: when to tick and when to settle.

    Attributes:
        price: the reference price now.
        impact: bp by which hedges have moved it so far.
    """

    def __init__(self, path: PricePath, costs: HedgingCosts, session: Session) -> None:
        Agent.__init__(self, EXCHANGE)  # not super(): an exchange may be a venue, too
        self.account = Account()
        self.impact = 0.0
        self._path = path
        self._costs = costs
        self._session = session
        self._unmoved = float(path.prices[0])
        self._half_spread = 0.0
        self.price = on_grid(self._unmoved)

    def run(self) -> Process:
        session, spreads = self._session, self.stream("spread")
        self.record(self.account.statement(self.price, closing=False))
        for time, price in zip(self._path.times.tolist(), self._path.prices.tolist(), strict=True):
            if time >= session.horizon:
                break
            if time > self.now:
                yield self.sleep(time - self.now)
            self._half_spread = self._costs.half_spread(spreads)
            self._unmoved = price
            self._publish()
        yield self.sleep(session.horizon + session.settlement - self.now)
        self.record(self.account.statement(self.price, closing=True))

    def _publish(self) -> None:
        self.price = on_grid(self._unmoved * (1.0 + self.impact * BP))
        self.publish(Tick(price=self.price, half_spread=self._half_spread))

    @on(HedgeOrder)
    def hedge(self, order: HedgeOrder) -> None:
        """Do a hedge, or as much of it as the exchange has."""
        costs = self._costs
        size = min(abs(order.quantity), costs.largest)
        quantity = size if order.quantity > 0.0 else -size
        distance = costs.distance(self._half_spread, size, order.over)
        moved = costs.impact * quantity
        reference = on_grid(self._unmoved * (1.0 + (self.impact + 0.5 * moved) * BP))
        price = on_grid(reference * (1.0 + (distance if quantity > 0.0 else -distance) * BP))
        self.account.buy(-quantity, price)
        unfilled = order.quantity - quantity
        self.reply(
            order, HedgeFill(quantity=quantity, price=price, reference=reference, impact=moved, unfilled=unfilled)
        )
        if moved:
            self.impact += moved
            self._publish()
