"""Statistical clients: they ask at random times, and take the best quote if it suits them."""

from bisect import bisect_right
from itertools import accumulate
from math import exp
from typing import NamedTuple

from catallaxy.engine import Agent, Process
from catallaxy.market.account import Account, on_grid
from catallaxy.market.prices import BP

from .exchange import EXCHANGE
from .maker import MarketMaker
from .messages import Enquiry, Fill, Ladder, Order, Quote, QuoteRequest, Tick
from .scenario import MINUTES_PER_DAY, Clients, Session


class Shopping(NamedTuple):
    """What a client was offered for one request.

    Attributes:
        side: 1 to buy, -1 to sell.
        reference: the reference price as it saw it.
        offers: price and maker of each.
        best: the one of them on which it would trade.
        ordered: whether it did, or sent an order at least.
    """

    side: float
    reference: float
    offers: list[tuple[float, str]]
    best: tuple[float, str]
    ordered: bool

    def distance(self, price: float) -> float:
        """Of a price from the reference price, bp; positive is to the client's cost."""
        return self.side * (price / self.reference - 1.0) / BP


class Client(Agent):
    """A client of one tier.

    Its requests form a Poisson process. It asks every maker that it is linked to, or looks at the ladders that they
    stream, and trades on the best quote with its tier's probability f(d) = 1 / (1 + exp(alpha + beta d)), d in bp from
    the reference price as it sees it; among equal quotes it draws lots. It asks for one thing at a time: a request that
    falls into the milliseconds of another waits for it. Every request draws the same numbers whatever it is quoted, so
    that worlds of equal seed and different makers see the same requests.

    Args:
        name: its name.
        tier: its tier, counted from 0.
        clients: rates, sizes and tiers.
        session: when to stop.
        opening: the reference price that is known before the first tick.
        streaming: whether it looks at ladders instead of asking.

    Attributes:
        group: its tier's name.
        shopping: its requests for which it had an offer, in their order; :mod:`.measures` draws curves from them.
    """

    def __init__(
        self, name: str, tier: int, clients: Clients, session: Session, opening: float, *, streaming: bool = False
    ) -> None:
        super().__init__(name)
        self.account = Account()
        self.tier = tier + 1
        self._law = clients.tiers[tier]
        self.group = self._law.name
        self.shopping: list[Shopping] = []
        self._mean_wait = MINUTES_PER_DAY * self._law.clients / (2.0 * clients.requests_per_day)
        self._sizes = clients.sizes
        self._steps = list(accumulate(clients.shares))[:-1]
        self._session = session
        self._opening = opening
        self._streaming = streaming

    def run(self) -> Process:
        session, rng = self._session, self.rng
        self.record(self.account.statement(self._opening, closing=False))
        arrival = rng.exponential(self._mean_wait)
        while arrival < session.horizon:
            if arrival > self.now:
                yield self.sleep(arrival - self.now)
            size = self._sizes[bisect_right(self._steps, rng.random())]
            quantity = size if rng.random() < 0.5 else -size
            yield from self._request(quantity, rng.random(), rng.random())
            arrival += rng.exponential(self._mean_wait)
        yield self.sleep(session.horizon + session.settlement - self.now)
        self.record(self.account.statement(self._reference(), closing=True))

    def _request(self, quantity: float, chance: float, lot: float) -> Process:
        """Ask for quotes, and trade on the best if `chance` is below its probability; `lot` decides between equals.

        Both are uniform in [0, 1).
        """
        if self.now >= self._session.horizon:
            return
        sign = 1.0 if quantity > 0.0 else -1.0
        if self._streaming:
            reference = self._reference()
            offers = streamed(self, self.tier, quantity, reference)
        else:
            replies = yield self.ask(self.neighbours(MarketMaker), QuoteRequest(quantity=quantity, tier=self.tier))
            offers = [(reply.price, reply.sender) for reply in replies if reply.__class__ is Quote]
            reference = self._reference()
        if not offers or self.now >= self._session.horizon:
            return
        best = min(sign * price for price, _ in offers)
        equals = [offer for offer in offers if sign * offer[0] == best]
        price, maker = equals[int(lot * len(equals))]
        distance = sign * (price / reference - 1.0) / BP
        if self._streaming:
            self.record(Enquiry(quantity, self.tier, len(offers), distance))
        ordered = chance < self.acceptance(distance)
        self.shopping.append(Shopping(sign, reference, offers, (price, maker), ordered))
        if ordered:
            (answer,) = yield self.ask(maker, Order(quantity=quantity, price=price))
            if answer.__class__ is Fill:
                self.account.buy(answer.quantity, answer.price)

    def acceptance(self, distance: float) -> float:
        """Probability of trading on a quote at `distance` (bp) from the reference price."""
        return 1.0 / (1.0 + exp(min(self._law.alpha + self._law.beta * distance, 700.0)))

    def _reference(self) -> float:
        tick = self.latest(EXCHANGE, Tick)
        return self._opening if tick is None else tick.price


def streamed(agent: Agent, tier: int, quantity: float, reference: float) -> list[tuple[float, str]]:
    """Price and maker of each ladder that an agent sees, for a quantity (MEUR) and a tier, around `reference`."""
    offers = []
    for maker in agent.neighbours(MarketMaker):
        ladder = agent.latest(maker, Ladder)
        if ladder is not None:
            distance = ladder.distance(tier, quantity)
            offers.append((on_grid(reference * (1.0 + distance * BP)), maker))
    return offers
