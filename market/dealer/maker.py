"""Market makers: they quote around the reference price, hold inventory, and hedge it on the exchange."""

from collections.abc import Callable
from math import exp, floor, inf
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.agents import LearningAgent
from catallaxy.engine import Process, on
from catallaxy.market.prices import BP

from .account import Account, on_grid
from .exchange import EXCHANGE
from .messages import Fill, HedgeFill, HedgeOrder, Order, Position, Pricing, Quote, QuoteRequest, Reject, Tick
from .scenario import DealerScenario, MakerGroup
from .tally import Tally
from .types import MakerType

_CLOSE_IN_SIGHT = 10.0
"""Minutes before the close on which the observation dwells."""
_SMALL = 0.125
"""Part of the inventory limit on which the observation dwells."""


class MarketMaker(LearningAgent):
    """A dealer who answers requests at once from its current prices.

    At times of its own it decides (half-spread s, skew u, hedge fraction h). From then on it quotes s to either side of
    a middle that lies u bp below the reference price while it is long and u bp above it while it is short, as seen when
    it decided: skew is against the inventory, and none while it is flat. The reference price it sees with its link's
    lag. The fraction h of its inventory, rounded to lots, goes to the exchange. What it buys from one client it sells
    to the next at its own prices (internalisation); what would carry its inventory beyond its limit it declines.

    Reward, in MEUR bp: spread revenue (size times distance from the reference price, when it trades), less the cost of
    hedges, less (gamma / 2) sigma^2 q^2 per minute, plus `inventory_pnl` times the change in value of its inventory.

    Observation, local information only: x = |q| / limit; x / (x + 1/8), which resolves small inventories; time to close
    as a fraction of the session, and exp(-minutes to close / 10). Then the type's features. Buying and selling are
    mirror images here, so neither the observation nor the skew knows long from short: each decision teaches both.

    Args:
        name: its name.
        group: its supertype and limit.
        type: its type in this episode.
        inventory: MEUR at the opening.
        scenario: the market.
        opening: the reference price that is known before the first tick.
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
    ) -> None:
        super().__init__(name)
        decisions = scenario.decisions
        self.group = group.name
        self.type = type
        self.features = type.features
        self.discount_rate = decisions.discount_rate
        self.action_space = action_space(decisions.max_half_spread, decisions.max_skew)
        self.limit = group.inventory_limit
        self.account = Account()
        self.account.buy(inventory, on_grid(opening))
        self.inventory = self.account.position
        self.opening_value = self.account.value(opening)
        self.tally = Tally(self.inventory, 0.5 * type.risk_aversion * decisions.volatility**2)
        self._decisions = decisions
        self.session = scenario.session
        self._lot = scenario.exchange.lot
        self._opening = self._marked_at = opening
        self._bid = self._ask = 1.0
        self._hedging = 0.0

    # -- decisions -------------------------------------------------------------------------------------------------

    def run(self) -> Process:
        session = self.session
        self.record(self.account.statement(self._opening, closing=False))
        self.record(Position(self.inventory, 0.0, self._opening, 0.0, hedge=False))
        self.flow(-self.tally.risk_rate)
        pause = self._pause()
        while session.horizon - self.now > 1e-9:
            action = yield self.decide(self._observe())
            self._apply(*action.tolist())
            yield self.sleep(min(pause(), session.horizon - self.now))
        self._mark()
        if session.terminal:
            self.terminate()
        self.tally.close(self.now)
        yield self.sleep(session.horizon + session.settlement - self.now)
        self.record(self.account.statement(self.reference, closing=True))

    def _pause(self) -> Callable[[], float]:
        interval = self._decisions.interval
        if self._decisions.pace == "regular":
            return lambda: interval
        draw = self.stream("pace").exponential
        return lambda: float(draw(interval))

    def _observe(self) -> tuple[float, float, float, float]:
        session = self.session
        left = session.horizon - self.now if session.terminal else inf
        return observe(self.inventory / self.limit, left, session.horizon)

    def _apply(self, half_spread: float, skew: float, hedge: float) -> None:
        """Quote at the decided prices from now on, and send off the decided hedge."""
        self._mark()
        inventory = self.inventory
        middle = -skew if inventory > 0.0 else skew if inventory < 0.0 else 0.0
        self._bid = 1.0 + (middle - half_spread) * BP
        self._ask = 1.0 + (middle + half_spread) * BP
        self.tally.decided(inventory, half_spread, middle)
        self.record(Pricing(inventory, half_spread, middle, hedge))
        exposed = self.inventory + self._hedging
        size = self._lot * floor(hedge * abs(exposed) / self._lot + 0.5)
        if size > 0.0:
            quantity = -size if exposed > 0.0 else size
            self._hedging += quantity
            self.send(EXCHANGE, HedgeOrder(quantity=quantity))

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
        refusal = self._refusal(quantity)
        if refusal is not None:
            self.reply(request, Reject(reason=refusal))
            return
        side = self._ask if quantity > 0.0 else self._bid
        self.reply(request, Quote(price=on_grid(self.reference * side)))

    @on(Order)
    def fill(self, order: Order) -> None:
        """Trade at the quoted price, unless the limit or the close has come between."""
        quantity, price = order.quantity, order.price
        refusal = self._refusal(quantity)
        if refusal is not None:
            self.reply(order, Reject(reason=refusal))
            return
        self._mark()
        reference = self.reference
        self.reply(order, Fill(quantity=quantity, price=price))
        self._book(-quantity, price, quantity * (price / reference - 1.0) / BP, reference, hedge=False)

    @on(HedgeFill)
    def hedged(self, fill: HedgeFill) -> None:
        """Book a hedge."""
        self._mark()
        self._hedging -= fill.quantity + fill.unfilled
        revenue = fill.quantity * (1.0 - fill.price / fill.reference) / BP
        self._book(fill.quantity, fill.price, revenue, fill.reference, hedge=True)

    def _refusal(self, quantity: float) -> str | None:
        """Why it would not sell `quantity`, or None."""
        if self.now >= self.session.horizon:
            return "closed"
        after = abs(self.inventory - quantity)
        return "limit" if after > self.limit and after > abs(self.inventory) else None

    def _book(self, change: float, price: float, revenue: float, reference: float, *, hedge: bool) -> None:
        account = self.account
        account.buy(change, price)
        self.inventory = inventory = account.position
        self.tally.traded(self.now, change, inventory, revenue, hedge=hedge)
        self.reward(revenue)
        self.flow(-self.tally.risk_rate)
        self.record(Position(inventory, change, reference, revenue, hedge))

    def _mark(self) -> None:
        """Earn the inventory's profit and loss since the last time, if it counts."""
        weight = self._decisions.inventory_pnl
        if weight:
            reference = self.reference
            self.reward(weight * self.inventory * (reference / self._marked_at - 1.0) / BP)
            self._marked_at = reference

    def profit(self, reference: float) -> float:
        """Profit and loss since the opening, in MEUR bp, the inventory valued at `reference`."""
        return self.account.value(reference) - self.opening_value

    def describe(self) -> dict[str, Any]:
        """For the log: its group and type, and what its risk is measured with."""
        return {
            "group": self.group,
            "risk_aversion": self.type.risk_aversion,
            "connectivity": self.type.connectivity,
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


def action_space(max_half_spread: float, max_skew: float) -> spaces.Box:
    """(half-spread, skew, hedge): [0, max_half_spread] x [-max_skew, max_skew] bp x [0, 1]."""
    high: npt.NDArray[np.float64] = np.array([max_half_spread, max_skew, 1.0])
    return spaces.Box(np.array([0.0, -max_skew, 0.0]), high, dtype=np.float64)
