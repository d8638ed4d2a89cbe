"""Investors: at times of their own they look at prices, and buy, sell or do nothing."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from catallaxy.agents import LearningAgent
from catallaxy.engine import Message, Process
from catallaxy.market.account import Account, on_grid
from catallaxy.market.prices import BP

from ..client import streamed
from ..exchange import EXCHANGE
from ..maker import MarketMaker
from ..messages import Fill, HedgeFill, HedgeOrder, Order, Quote, QuoteRequest, Tick
from ..scenario import DealerScenario
from .group import Investing, InvestorGroup
from .history import PriceHistory
from .messages import Execution, InvestorReward, Timing
from .reward import InvestorPay
from .tally import InvestorTally
from .type import InvestorType
from .venues import Offer, best_offer, exchange_distance

TENS = 10.0
"""Observed prices are in units of 10 bp."""


class Investor(LearningAgent):
    """An investor who buys, sells or does nothing.

    At times of its own it asks the makers that it is linked to for both sides of its largest size, or looks at the
    ladders that they stream, and at the reference price as it comes over its link. Then it decides. What it decides to
    trade goes to the best of them, or to the exchange if that looks better. What would carry its inventory beyond its
    limit it does not do.

    Reward, in MEUR bp: see `InvestorPay`; w and g are its type's.

    Observation, local information only: distance of the price from the opening price and from its averages over the
    scenario's windows, 10 bp; distance of the best price for buying and selling from the reference price, 10 bp;
    inventory over its limit; fractions bought and sold so far; by how much it would be behind its targets for buying
    and selling if it did nothing now, d / (1 + |d|) for d largest sizes; time to close as a fraction of the session
    (1 if there is none to come). Then the type's features.

    Action: Discrete, 0 for nothing, then each size to buy, then each size to sell; or a Box, the fraction of the
    largest size to buy, negative to sell.

    Args:
        name: its name.
        group: its supertype and limit.
        type: its type in this episode.
        inventory: MEUR at the opening.
        scenario: the market.
        opening: the reference price that is known before the first tick.

    Attributes:
        pay: what it has earned, and how far it is from its quantity target.
        tally: what it has done.
        history: the prices that it has seen.
    """

    family = "investors"
    action_space: spaces.Discrete | spaces.Box

    def __init__(
        self,
        name: str,
        group: InvestorGroup,
        type: InvestorType,
        inventory: float,
        scenario: DealerScenario,
        opening: float,
    ) -> None:
        super().__init__(name)
        investing = scenario.investing
        self.group = group.name
        self.type = type
        self.features = type.features
        self.discount_rate = investing.discount_rate
        self.observation_space = spaces.Box(-np.inf, np.inf, (9 + len(investing.windows),), np.float64)
        self.action_space = action_space(investing)
        self.limit = group.inventory_limit
        self.account = Account()
        self.account.buy(inventory, on_grid(opening))
        self.opening_value = self.account.value(opening)
        self.session = scenario.session
        self.history = PriceHistory(opening, investing.windows)
        self.pay = InvestorPay(type, investing.rewards, self.reward)
        self.tally = InvestorTally()
        self._investing = investing
        self._quantities = [0.0, *investing.sizes, *(-size for size in investing.sizes)]
        self._tier = group.tier
        self._streaming = scenario.decisions.streaming
        self._costs = scenario.exchange
        self._opening = self._marked_at = opening

    # -- decisions -------------------------------------------------------------------------------------------------

    def run(self) -> Process:
        session = self.session
        self.record(self.account.statement(self._opening, closing=False))
        pause, lots = self._pause(), self.stream("lots")
        moment = pause()
        while moment < session.horizon - 1e-9:
            if moment > self.now:
                yield self.sleep(moment - self.now)
            moment += pause()
            ask, bid = yield from self._look(float(lots.random()))
            if self.now >= session.horizon:
                break
            yield from self._act(ask, bid)
        if self.now < session.horizon:
            yield self.sleep(session.horizon - self.now)
        self._mark(self.reference)
        self.record(InvestorReward(**self.pay.earned, total=self.pay.total))
        if session.terminal:
            self.terminate()
        yield self.sleep(session.horizon + session.settlement - self.now)
        self.record(self.account.statement(self.reference, closing=True))

    def _pause(self) -> Callable[[], float]:
        interval = self._investing.interval
        if self._investing.pace == "regular":
            return lambda: interval
        draw = self.stream("pace").exponential
        return lambda: float(draw(interval))

    def _look(self, lot: float) -> Process:
        """The best offers for buying and selling the largest size."""
        size = self._investing.largest
        if self._streaming:
            reference = self.reference
            asks, bids = (streamed(self, self._tier, side * size, reference) for side in (1.0, -1.0))
        else:
            makers = self.neighbours(MarketMaker)
            asked = [self.ask(makers, QuoteRequest(quantity=side * size, tier=self._tier)) for side in (1.0, -1.0)]
            asks = _quotes((yield asked[0]))
            bids = _quotes((yield asked[1]))
        tick = self.latest(EXCHANGE, Tick)
        reference = self._opening if tick is None else tick.price
        exchange = exchange_distance(self._costs, tick, size) if self._investing.exchange else None
        return (
            best_offer(asks, exchange, reference, 1.0, lot),
            best_offer(bids, exchange, reference, -1.0, lot),
        )

    def _act(self, ask: Offer, bid: Offer) -> Process:
        """Decide, and trade."""
        reference = self.reference
        self._mark(reference)
        self.history.see(self.now, reference)
        action = yield self.decide(self._observe(ask, bid, reference))
        quantity, largest = self._quantity(action), self._investing.largest
        self.pay.decided(largest)
        self.tally.decided(largest)
        self.record(Timing(quantity, largest, self.inventory, reference, ask.distance, bid.distance))
        offer = ask if quantity > 0.0 else bid
        if quantity == 0.0 or not offer.venue or self.now >= self.session.horizon:
            return
        if offer.venue == EXCHANGE:
            (answer,) = yield self.ask(EXCHANGE, HedgeOrder(quantity=quantity))
        else:
            (answer,) = yield self.ask(offer.venue, Order(quantity=quantity, price=offer.price))
        if isinstance(answer, HedgeFill) and answer.quantity:
            self._book(answer.quantity, answer.price, answer.reference, exchange=True)
        elif isinstance(answer, Fill):
            self._book(answer.quantity, answer.price, None, exchange=False)

    def _observe(self, ask: Offer, bid: Offer, reference: float) -> tuple[float, ...]:
        size, session, target = self._investing.largest, self.session, self.pay.target
        left = (session.horizon - self.now) / session.horizon if session.terminal else 1.0
        behind = [amount / size for amount in self.behind]
        return (
            *(deviation / TENS for deviation in self.history.deviations(reference)),
            ask.distance / TENS,
            bid.distance / TENS,
            self.inventory / self.limit,
            *target.fractions,
            *(amount / (1.0 + abs(amount)) for amount in behind),
            left,
        )

    def _quantity(self, action: Any) -> float:
        """What an action means, MEUR; nothing where it would breach the limit."""
        investing = self._investing
        if investing.actions == "discrete":
            quantity = self._quantities[int(action)]
        else:
            quantity = round(float(action[0]) * investing.largest, 6)  # whole EUR
            if abs(quantity) < 0.5 * investing.sizes[0]:
                quantity = 0.0
        after = abs(self.inventory + quantity)
        return 0.0 if after > self.limit and after > abs(self.inventory) else quantity

    def choice(self, quantity: float) -> Any:
        """The action that comes nearest to buying `quantity` MEUR (selling if negative); of two the larger."""
        if self._investing.actions == "discrete":
            away = [(round(abs(size - quantity), 9), -abs(size)) for size in self._quantities]
            return away.index(min(away))
        return np.clip([quantity / self._investing.largest], -1.0, 1.0)

    # -- what it knows and has -------------------------------------------------------------------------------------

    @property
    def inventory(self) -> float:
        """MEUR."""
        return self.account.position

    @property
    def reference(self) -> float:
        """The reference price as it sees it."""
        tick = self.latest(EXCHANGE, Tick)
        return self._opening if tick is None else tick.price

    @property
    def behind(self) -> tuple[float, float]:
        """MEUR by which it would be behind its targets for buying and selling if it did nothing at this decision."""
        size, type = self._investing.largest, self.type
        buying, selling = self.pay.target.behind
        return buying + type.buy_target * size, selling + type.sell_target * size

    def _book(self, quantity: float, price: float, reference: float | None, *, exchange: bool) -> None:
        """Book a trade, at the distance of its price from `reference`: by default the one that it sees."""
        seen = self.reference
        reference = seen if reference is None else reference
        self._mark(seen)
        self.account.buy(quantity, price)
        sign = 1.0 if quantity > 0.0 else -1.0
        self.pay.traded(quantity, sign * (price / reference - 1.0) / BP)
        self.tally.traded(quantity, price, reference, exchange=exchange)
        self.record(Execution(quantity, price, reference, exchange, self.inventory))

    def _mark(self, reference: float) -> None:
        """Earn what the inventory has gained since it last looked, the price being `reference` now."""
        if reference != self._marked_at:
            self.pay.held(self.inventory * (reference / self._marked_at - 1.0) / BP)
            self._marked_at = reference

    def profit(self, reference: float) -> float:
        """Profit and loss since the opening, in MEUR bp, the inventory valued at `reference`."""
        return self.account.value(reference) - self.opening_value

    def describe(self) -> dict[str, Any]:
        """For the log: its group and type."""
        type = self.type
        return {
            "group": self.group,
            "connectivity": type.connectivity,
            "pnl_weight": type.pnl_weight,
            "buy_target": type.buy_target,
            "sell_target": type.sell_target,
            "risk_aversion": type.risk_aversion,
        }


def _quotes(replies: Sequence[Message]) -> list[tuple[float, str]]:
    """Price and maker of each quote among replies."""
    return [(reply.price, reply.sender) for reply in replies if isinstance(reply, Quote)]


def action_space(investing: Investing) -> spaces.Discrete | spaces.Box:
    """What investors choose from; see :class:`Investor`."""
    if investing.actions == "discrete":
        return spaces.Discrete(1 + 2 * len(investing.sizes))
    return spaces.Box(-1.0, 1.0, (1,), np.float64)
