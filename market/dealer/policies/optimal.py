"""The optimum of a dealer who has its clients to itself: quotes and hedges of the HJB equation, by its inventory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any, Literal, cast

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.market.checks import fraction, positive
from catallaxy.market.reference.acceptance import Logistic
from catallaxy.market.reference.fx_dealer import FxDealer, FxPolicy
from catallaxy.market.reference.fx_solver import solve

from ..costs import ExchangeCosts
from ..units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from ..maker import MarketMaker
    from ..scenario import DealerScenario


def fx_dealer(
    scenario: DealerScenario,
    risk_aversion: float,
    connectivity: float = 1.0,
    *,
    limit: float | None = None,
    hedging: Literal["reduce", "none"] = "reduce",
) -> FxDealer:
    """The dealer of Barzykin, Bergault, Gueant (2112.02269) that a scenario's only maker is, per day.

    Args:
        scenario: the market; its exchange must cost linear |v| + rate_quadratic v^2.
        risk_aversion: gamma, 1/(bp MEUR).
        connectivity: the part of all requests that reach the maker.
        limit: of its inventory, MEUR; by default the first group's.
        hedging: whether it may hedge.

    Raises:
        ValueError: the exchange has another cost rule.
    """
    clients, costs = scenario.clients, scenario.exchange
    if not isinstance(costs, ExchangeCosts):
        raise ValueError("the optimum is known for an exchange of kind 'quadratic' only")
    tiers: Any = tuple(Logistic(tier.alpha, tier.beta) for tier in clients.tiers)
    return FxDealer(
        sizes=clients.sizes,
        rates=tuple(max(clients.requests_per_day * part * connectivity, 1e-9) for part in clients.shares),
        tiers=tiers,
        sigma=scenario.decisions.volatility * sqrt(MINUTES_PER_DAY),
        impact=costs.impact,
        hedge_quadratic=costs.rate_quadratic / MINUTES_PER_DAY,
        hedge_linear=costs.linear,
        gamma=risk_aversion,
        limit=scenario.makers[0].inventory_limit if limit is None else limit,
        hedging=hedging,
    )


@attrs.frozen
class Optimal:
    """The stationary optimum of a dealer who has its clients to itself, tabulated from `fx_solver`.

    The paper's optimum where makers quote full ladders and hedge at a rate; elsewhere what comes nearest to it.

    Attributes:
        step: of the grid of inventories, MEUR; every size must be a multiple of it.
        share: of the requests of the clients it is linked to that come to it, 1 for a monopolist.
        hedging: "reduce": hedges reduce the inventory; "none": it never hedges.
    """

    step: float = attrs.field(default=1.0, validator=positive)
    share: float = attrs.field(default=1.0, validator=fraction)
    hedging: Literal["reduce", "none"] = "reduce"
    kind: Literal["optimal"] = "optimal"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> npt.NDArray[np.float64]:
        """The action."""
        maker = cast("MarketMaker", agent)
        kind = maker.type
        dealer = fx_dealer(
            maker.scenario, kind.risk_aversion, kind.connectivity * self.share, limit=maker.limit, hedging=self.hedging
        )
        return follow(_solved(dealer, self.step), maker)


@attrs.frozen(eq=False)
class Tabulated:
    """Quotes and hedges by a table of the reference's, such as the best policy without skew."""

    table: FxPolicy

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> npt.NDArray[np.float64]:
        """The action."""
        return follow(self.table, cast("MarketMaker", agent))


def follow(table: FxPolicy, maker: MarketMaker) -> npt.NDArray[np.float64]:
    """The action that comes nearest to what a table says of the maker's inventory."""
    bid, ask, rate = interpolate(table, maker.inventory)
    decisions, size = maker.scenario.decisions, max(abs(maker.inventory), 1e-9)
    per_minute = abs(rate) / MINUTES_PER_DAY / size
    if decisions.hedging == "rate":
        return maker.action(bid, ask, per_minute / decisions.max_hedge_rate)
    return maker.action(bid, ask, per_minute * decisions.interval)


@lru_cache(maxsize=64)
def _solved(dealer: FxDealer, step: float) -> FxPolicy:
    return solve(dealer, step).policy


def interpolate(table: FxPolicy, inventory: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Bids and asks (tiers, sizes), bp, and the hedging rate, MEUR/day, at any inventory: linear between points."""
    place = min(max((inventory - float(table.grid[0])) / table.step, 0.0), len(table.grid) - 1.0)
    low = min(int(place), len(table.grid) - 2)
    part = place - low

    def between(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray((1.0 - part) * values[..., low] + part * values[..., low + 1])

    bid, ask = (between(_filled(side)) for side in (table.bid, table.ask))
    return bid, ask, float(between(table.hedge))


def _filled(side: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distances (tiers, sizes, points), with those that a limit forbids set to the farthest that is quoted."""
    farthest = np.max(side, initial=0.0, where=np.isfinite(side))
    return np.where(np.isfinite(side), side, farthest)
