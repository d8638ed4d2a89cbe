"""The exchange: publishes the reference price and takes the other side of hedges."""

from catallaxy.engine import Agent, Process, on
from catallaxy.market.prices import BP, PricePath

from .account import Account, on_grid
from .messages import HedgeFill, HedgeOrder, Tick
from .scenario import ExchangeCosts, Session

EXCHANGE = "exchange"
"""The exchange's name."""


class Exchange(Agent):
    """Ticks along a price path until the close; hedges are done at the reference price plus their cost.

    Args:
        path: reference prices over the session.
        costs: of hedging.
        session: when to tick and when to settle.

    Attributes:
        price: the reference price now.
    """

    def __init__(self, path: PricePath, costs: ExchangeCosts, session: Session) -> None:
        super().__init__(EXCHANGE)
        self.account = Account()
        self._path = path
        self._costs = costs
        self._session = session
        self.price = on_grid(float(path.prices[0]))

    def run(self) -> Process:
        session = self._session
        self.record(self.account.statement(self.price, closing=False))
        for time, price in zip(self._path.times.tolist(), self._path.prices.tolist(), strict=True):
            if time >= session.horizon:
                break
            if time > self.now:
                yield self.sleep(time - self.now)
            self.price = on_grid(price)
            self.publish(Tick(price=self.price))
        yield self.sleep(session.horizon + session.settlement - self.now)
        self.record(self.account.statement(self.price, closing=True))

    @on(HedgeOrder)
    def hedge(self, order: HedgeOrder) -> None:
        """Do a hedge of x MEUR at linear + quadratic |x| bp from the reference price."""
        quantity, costs = order.quantity, self._costs
        distance = costs.linear + costs.quadratic * abs(quantity)
        price = on_grid(self.price * (1.0 + (distance if quantity > 0.0 else -distance) * BP))
        self.account.buy(-quantity, price)
        self.reply(order, HedgeFill(quantity=quantity, price=price, reference=self.price))
