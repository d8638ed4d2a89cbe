"""The classic makers of the literature, for exponential arrivals fitted to the scenario's clients.

Both suppose that trades of one unit arrive at rate A exp(-k d) for a quote at distance d. Here the unit is the mean
size of a request, k is the steepness of the clients' summed acceptance at the best quote of a maker without inventory
risk, A is such that the rates agree there, and gamma is per unit: the maker's own times the mean size.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from typing import TYPE_CHECKING, Literal, cast

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.market.checks import fraction, positive
from catallaxy.market.reference.avellaneda import ExponentialDealer, glft_asymptotic, reservation_price

from ..units import MINUTES_PER_DAY
from .skew import best_quote

if TYPE_CHECKING:
    from ..maker import MarketMaker

Action = npt.NDArray[np.float64]


def exponential(maker: MarketMaker, flow_share: float) -> tuple[ExponentialDealer, float]:
    """The maker's market with exponential arrivals, times in minutes and money in bp of a unit; and the unit, MEUR."""
    clients = maker.scenario.clients
    unit = float(np.dot(clients.sizes, clients.shares))
    best = best_quote(tuple((tier.alpha, tier.beta) for tier in clients.tiers))
    reached = max(clients.requests_per_day / MINUTES_PER_DAY * maker.type.connectivity * flow_share, 1e-9)
    dealer = ExponentialDealer(
        sigma=max(maker.scenario.decisions.volatility, 1e-12),
        gamma=maker.type.risk_aversion * unit,
        arrival=reached * best.taken * exp(best.decay * best.distance),
        decay=best.decay,
        limit=1,
    )
    return dealer, unit


@attrs.frozen
class AvellanedaStoikov:
    """Avellaneda and Stoikov (2008): spread gamma sigma^2 T + (2/gamma) ln(1 + gamma/k) around S - q gamma sigma^2 T.

    T is the time to the close, as far as it is looked ahead to.

    Attributes:
        horizon: how far it looks ahead, minutes.
        share: of the requests of the clients it is linked to that come to it, 1 for a monopolist.
        hedge: in [0, 1], on top; see `Decisions.hedging`.
    """

    horizon: float = attrs.field(default=5.0, validator=positive)
    share: float = attrs.field(default=1.0, validator=fraction)
    hedge: float = attrs.field(default=0.0, validator=fraction)
    kind: Literal["avellaneda-stoikov"] = "avellaneda-stoikov"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """The action."""
        maker = cast("MarketMaker", agent)
        dealer, unit = exponential(maker, self.share)
        session = maker.session
        left = min(self.horizon, session.horizon - maker.now if session.terminal else inf)
        half = 0.5 * dealer.gamma * dealer.sigma**2 * left + dealer.base
        shift = float(reservation_price(dealer, 0.0, maker.inventory / unit, left))
        return maker.action(half - shift, half + shift, self.hedge)


@attrs.frozen
class Glft:
    """Gueant, Lehalle and Fernandez-Tapia (2013), far from the close: `glft_asymptotic`, linear in the inventory.

    Attributes:
        share: of the requests of the clients it is linked to that come to it, 1 for a monopolist.
        hedge: in [0, 1], on top; see `Decisions.hedging`.
    """

    share: float = attrs.field(default=1.0, validator=fraction)
    hedge: float = attrs.field(default=0.0, validator=fraction)
    kind: Literal["glft"] = "glft"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """The action."""
        maker = cast("MarketMaker", agent)
        dealer, unit = exponential(maker, self.share)
        quotes = glft_asymptotic(dealer)  # at -1, 0 and 1 units
        flat, steepness = float(quotes.bid[1]), float(quotes.bid[2] - quotes.bid[1])
        lean = steepness * maker.inventory / unit
        return maker.action(flat + lean, flat - lean, self.hedge)
