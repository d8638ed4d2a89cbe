"""Market makers: they quote around the reference price, hold inventory, and hedge it on the exchange."""

from collections.abc import Callable, Generator
from math import exp, floor, inf
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.agents import LearningAgent
from catallaxy.engine import Message, Process, Wait, on
from catallaxy.market.account import Account, on_grid
from catallaxy.market.prices import BP

from .exchange import EXCHANGE
from .messages import Fill, HedgeFill, HedgeOrder, Ladder, Order, Position, Pricing, Quote, QuoteRequest, Reject, Tick
from .quoting import Quotes, quoting
from .rewards import (
    AbsoluteRisk,
    HedgingCost,
    InventoryPnl,
    MarketShare,
    MarketVolume,
    QuadraticRisk,
    SpreadRevenue,
    TotalReward,
)
from .scenario import DealerScenario, MakerGroup
from .tally import Tally
from .types import MakerType

_CLOSE_IN_SIGHT = 10.0
"""Minutes before the close on which the observation dwells."""
_SMALL = 0.125
"""Part of the inventory limit on which the observation dwells."""


class MarketMaker(LearningAgent):
    """A dealer who quotes to clients at its current prices, and hedges on the exchange.

    At times of its own it decides on its quotes and its hedge: what exactly, and between which bounds, says the
    scenario (`quoting` holds the decision spaces). From then on it answers requests at once, or streams its ladder to
    its clients. The reference price it sees with its link's lag. What it buys from one client it sells to the next at
    its own prices (internalisation); what would carry its inventory beyond its limit, or its position towards a client
    beyond the credit limit, it declines. Hedges, at once or at a rate, only ever reduce the inventory.

    Reward, in MEUR bp: the sum of the terms in `rewards`, weighted by its type; by default spread revenue (size times
    distance from the reference price, when it trades), less the cost of hedges and of their impact on its inventory,
    less (gamma / 2) sigma^2 q^2 a minute.

    Observation, local information only: x = |q| / limit; x / (x + 1/8), which resolves small inventories; time to close
    as a fraction of the session, and exp(-minutes to close / 10). Then the type's features. Buying and selling are
    mirror images here, so neither the observation nor the decision knows long from short: each decision teaches both.

    Args:
        name: its name.
        group: its supertype and limits.
        type: its type in this episode.
        inventory: MEUR at the opening.
        scenario: the market, which everybody knows.
        opening: the reference price that is known before the first tick.
        market: all makers' volume, for rewards.

    Attributes:
        inventory: MEUR, now.
        quoting: its decision space.
        scenario: the market.
        exposure: MEUR that each client has bought from it, net of what it has sold to it.
    """

    family = "makers"
    observation_space = spaces.Box(-np.inf, np.inf, (4,), np.float64)
    action_space: spaces.Box

    def __init__(
        self,
        name: str,
        group: MakerGroup,
        type: MakerType,
        inventory: float,
        scenario: DealerScenario,
        opening: float,
        market: MarketVolume | None = None,
    ) -> None:
        super().__init__(name)
        self.scenario = scenario
        self._decisions = decisions = scenario.decisions
        self.session = scenario.session
        self.group = group.name
        self.type = type
        self.features = type.features
        self.discount_rate = decisions.discount_rate
        self.quoting = quoting(scenario.clients, decisions)
        self.action_space = self.quoting.space
        self.limit = group.inventory_limit
        self.credit = inf if group.credit_limit is None else group.credit_limit
        self.exposure: dict[str, float] = {}
        self.account = Account()
        self.account.buy(inventory, on_grid(opening))
        self.inventory = self.account.position
        self.opening_value = self.account.value(opening)
        self.tally = Tally(self.inventory, 0.5 * type.risk_aversion * decisions.volatility**2)
        self._market = MarketVolume() if market is None else market
        self._reward = self._terms()
        self._lot = scenario.exchange.lot
        self._opening = self._marked_at = opening
        self._quotes: Quotes | None = None
        self._hedging = 0.0
        self._resting: Wait | None = None

    def _terms(self) -> TotalReward:
        kind = self.type
        terms = [
            (kind.spread_revenue, SpreadRevenue()),
            (1.0, InventoryPnl(kind.inventory_pnl)),
            (kind.hedging_cost, HedgingCost()),
            (1.0, QuadraticRisk(self.tally.risk_price)),
            (kind.absolute_risk, AbsoluteRisk()),
            (kind.market_share, MarketShare(kind.share_target, lambda: self.tally.volume, self._market)),
        ]
        return TotalReward(terms, self.reward, self.flow)

    # -- decisions -------------------------------------------------------------------------------------------------

    def run(self) -> Process:
        session = self.session
        self.record(self.account.statement(self._opening, closing=False))
        self.record(Position(self.inventory, 0.0, self._opening, 0.0, hedge=False))
        self._reward.holding(self.inventory)
        pause = self._pause()
        while session.horizon - self.now > 1e-9:
            action = yield self.decide(self._observe())
            self._apply(action.tolist())
            yield from self._rest(min(pause(), session.horizon - self.now))
        self._mark()
        self._reward.decided()
        if session.terminal:
            self.terminate()
        self.tally.close(self.now)
        yield self.sleep(session.horizon + session.settlement - self.now)
        self.record(self.account.statement(self.reference, closing=True))

    def action(self, bid: npt.ArrayLike, ask: npt.ArrayLike, hedge: float = 0.0) -> npt.NDArray[np.float64]:
        """The action whose quotes come nearest to these prices: what a scripted policy answers.

        Args:
            bid: bp below the reference price; one number, or numbers of shape (tiers, sizes).
            ask: bp above it.
            hedge: in [0, 1]; see `Decisions.hedging`.
        """
        return self.quoting.action(bid, ask, hedge, self.inventory)

    def _pause(self) -> Callable[[], float]:
        interval = self._decisions.interval
        if self._decisions.pace != "poisson":
            return lambda: interval
        draw = self.stream("pace").exponential
        return lambda: float(draw(interval))

    def _observe(self) -> tuple[float, float, float, float]:
        session = self.session
        left = session.horizon - self.now if session.terminal else inf
        return observe(self.inventory / self.limit, left, session.horizon)

    def _apply(self, action: list[float]) -> None:
        """Quote at the decided prices from now on, and begin the decided hedge."""
        self._mark()
        self._reward.decided()
        inventory, quoting = self.inventory, self.quoting
        self._quotes = quotes = quoting.quotes(action, inventory)
        half_spread, middle = quotes.summary(quoting.tiers, float(quoting.sizes[0]), inventory)
        self.tally.decided(inventory, half_spread, middle)
        self.record(Pricing(inventory, half_spread, middle, quotes.hedge))
        self._stream()
        if self._decisions.hedging == "fraction":
            self._hedge(quotes.hedge)

    def _rest(self, time: float) -> Process:
        """Until the next decision: hedge at the decided rate, and go on early after a trade if that is the pace."""
        decisions, end = self._decisions, self.now + time
        assert self._quotes is not None
        rate = self._quotes.hedge * decisions.max_hedge_rate if decisions.hedging == "rate" else 0.0
        traded = False
        while not traded and end - self.now > 1e-9:
            start = self.now
            pause = min(end - start, decisions.hedge_slice) if rate > 0.0 else end - start
            if decisions.pace == "trades":
                traded = yield from self._trade_or(pause)
            else:
                yield self.sleep(pause)
            if rate > 0.0:
                self._hedge(rate * (self.now - start), self.now - start)

    def _trade_or(self, time: float) -> Generator[Wait, bool, bool]:
        """Wait for a trade with a client, but not longer than `time`; whether there was one."""
        self._resting = rest = Wait(self.world.env)
        alarm = self.timer(time, lambda: rest.resume(False))
        traded = yield rest
        alarm.cancel()
        self._resting = None
        return traded

    def _hedge(self, fraction: float, over: float = 0.0) -> None:
        """Send a part of the inventory to the exchange, worked over so many minutes, in whole lots."""
        exposed = self.inventory + self._hedging
        size = self._lot * floor(min(fraction, 1.0) * abs(exposed) / self._lot + 0.5)
        if size > 0.0 and self.now < self.session.horizon:
            quantity = -size if exposed > 0.0 else size
            self._hedging += quantity
            self.send(EXCHANGE, HedgeOrder(quantity=quantity, over=over))

    # -- trades ----------------------------------------------------------------------------------------------------

    @property
    def reference(self) -> float:
        """The reference price as it sees it."""
        tick = self.latest(EXCHANGE, Tick)
        return self._opening if tick is None else tick.price

    @on(QuoteRequest)
    def quote(self, request: QuoteRequest) -> None:
        """Answer with the current price, or decline."""
        quantity = request.quantity
        refusal = self._refusal(quantity, request)
        if refusal is not None:
            self.reply(request, Reject(reason=refusal))
            return
        assert self._quotes is not None
        distance = self._quotes.distance(request.tier - 1, quantity, self.inventory)
        self.reply(request, Quote(price=on_grid(self.reference * (1.0 + distance * BP))))

    @on(Order)
    def fill(self, order: Order) -> None:
        """Trade at the price that was quoted or streamed, unless a limit or the close has come between."""
        quantity, price = order.quantity, order.price
        refusal = self._refusal(quantity, order)
        if refusal is not None:
            self.reply(order, Reject(reason=refusal))
            return
        self._mark()
        reference = self.reference
        self.reply(order, Fill(quantity=quantity, price=price))
        self.exposure[order.sender] = self.exposure.get(order.sender, 0.0) + quantity
        revenue = quantity * (price / reference - 1.0) / BP
        self._book(-quantity, price, revenue, reference, hedge=False)
        self._market.total += abs(quantity)
        self._reward.traded(-quantity, revenue)
        self._reward.holding(self.inventory)
        if self._resting is not None:
            resting, self._resting = self._resting, None
            resting.resume(True)
        elif self._decisions.quotes == "ladder":
            self._stream()

    @on(HedgeFill)
    def hedged(self, fill: HedgeFill) -> None:
        """Book a hedge."""
        self._mark()
        self._hedging -= fill.quantity + fill.unfilled
        gain = fill.impact * (self.inventory + 0.5 * fill.quantity)
        revenue = fill.quantity * (1.0 - fill.price / fill.reference) / BP
        self._book(fill.quantity, fill.price, revenue, fill.reference, hedge=True, impact=gain)
        self._reward.hedged(-revenue, gain)
        self._reward.holding(self.inventory)

    def _refusal(self, quantity: float, asked: Message) -> str | None:
        """Why it would not sell `quantity` to who asks, or None."""
        if self.now >= self.session.horizon or self._quotes is None:
            return "closed"
        after = abs(self.inventory - quantity)
        if after > self.limit and after > abs(self.inventory):
            return "limit"
        if self.credit < inf:
            owed = self.exposure.get(asked.sender, 0.0)
            if abs(owed + quantity) > self.credit and abs(owed + quantity) > abs(owed):
                return "credit"
        return None

    def _stream(self) -> None:
        """Publish the ladder as it is now, if this market streams."""
        if self._decisions.streaming and self._quotes is not None:
            bids, asks = self.quoting.rungs(self._quotes, self.inventory)
            self.publish(Ladder(sizes=self.scenario.clients.sizes, bids=bids, asks=asks))

    def _book(
        self, change: float, price: float, revenue: float, reference: float, *, hedge: bool, impact: float = 0.0
    ) -> None:
        account = self.account
        account.buy(change, price)
        self.inventory = inventory = account.position
        self.tally.traded(self.now, change, inventory, revenue, hedge=hedge)
        self.tally.impact += impact
        self.record(Position(inventory, change, reference, revenue, hedge, impact))

    def _mark(self) -> None:
        """Earn the inventory's profit and loss since the last time."""
        reference = self.reference
        if reference != self._marked_at:
            self._reward.held(self.inventory * (reference / self._marked_at - 1.0) / BP)
            self._marked_at = reference

    def profit(self, reference: float) -> float:
        """Profit and loss since the opening, in MEUR bp, the inventory valued at `reference`."""
        return self.account.value(reference) - self.opening_value

    def describe(self) -> dict[str, Any]:
        """For the log: its group and type, and what its risk is measured with."""
        return {
            "group": self.group,
            **attrs.asdict(self.type, filter=lambda field, _: field.name != "told"),
            "volatility": self._decisions.volatility,
            "horizon": self.session.horizon,
        }


def observe(filled: float, left: float, horizon: float) -> tuple[float, float, float, float]:
    """What a maker observes.

    Args:
        filled: inventory over its limit.
        left: minutes to the close; infinite if there is none to come.
        horizon: length of the session, minutes.
    """
    size = abs(filled)
    return size, size / (size + _SMALL), min(left / horizon, 1.0), exp(-left / _CLOSE_IN_SIGHT)
