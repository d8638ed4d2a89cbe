"""Makers whose quotes move against the inventory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal, cast

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.market.checks import fraction, not_negative
from catallaxy.market.reference.acceptance import Logistic
from catallaxy.market.reference.closed_form import ClosedFormSkew as LadderSkew

from ..units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from ..maker import MarketMaker
    from ..scenario import DealerScenario

Action = npt.NDArray[np.float64]


@attrs.frozen
class LinearSkew:
    """Quotes move against the inventory by `slope` for each MEUR, within the bounds of the decision space.

    Attributes:
        half_spread: bp, for all tiers and sizes.
        slope: bp per MEUR.
        hedge: in [0, 1]; see `Decisions.hedging`.
    """

    half_spread: float = attrs.field(default=0.25, validator=not_negative)
    slope: float = attrs.field(default=0.01, validator=not_negative)
    hedge: float = attrs.field(default=0.0, validator=fraction)
    kind: Literal["linear-skew"] = "linear-skew"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """The action."""
        maker = cast("MarketMaker", agent)
        lean = self.slope * maker.inventory
        return maker.action(self.half_spread + lean, self.half_spread - lean, self.hedge)


@attrs.frozen
class ClosedFormSkew:
    """The optimum of a dealer who does not hedge, in closed form, for its own risk aversion and connectivity.

    With theta = -a q^2, a = sqrt(gamma sigma^2 / (8 sum H''(0) sum_k lambda_k z_k)). Where makers quote ladders, each
    tier has its Hamiltonian and quotes lie at the best answers to a (z +- 2 q), see
    `catallaxy.market.reference.closed_form`. Where they quote one price, H(p) = sup_d F(d) (d - p) and F is the sum of
    the tiers' acceptance curves: quotes lie at d*(0) + d*'(0) a (z +- 2 q), z the mean size. (Quadratic expansion of
    Bergault, Evangelista, Gueant, Vieira, 1810.04383, for the acceptance curves of Barzykin, Bergault, Gueant,
    2112.02269.)

    Attributes:
        share: of the requests of the clients it is linked to that come to it, 1 for a monopolist.
        hedge: in [0, 1], on top; see `Decisions.hedging`.
    """

    share: float = attrs.field(default=1.0, validator=fraction)
    hedge: float = attrs.field(default=0.0, validator=fraction)
    kind: Literal["closed-form-skew"] = "closed-form-skew"

    def slope(self, scenario: DealerScenario, risk_aversion: float, connectivity: float) -> float:
        """By how many bp quotes fall for each MEUR of inventory; grows like sqrt(gamma) sigma / sqrt(lambda).

        Of small sizes; a mean over tiers where makers quote ladders.
        """
        if scenario.decisions.quotes != "one-price":
            form = self._ladder(scenario, risk_aversion, connectivity)
            return sum(form.slope(tier) for tier in range(len(form.tiers))) / len(form.tiers)
        best = self._one_price(scenario)
        return 2.0 * best.steepness * self._coefficient(scenario, risk_aversion, connectivity)

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """The action."""
        maker = cast("MarketMaker", agent)
        scenario, kind, q = maker.scenario, maker.type, maker.inventory
        if scenario.decisions.quotes != "one-price":
            form = self._ladder(scenario, kind.risk_aversion, kind.connectivity)
            tiers, sizes = range(len(form.tiers)), form.sizes
            bid, ask = ([[side(q, z, n) for z in sizes] for n in tiers] for side in (form.bid, form.ask))
            return maker.action(bid, ask, self.hedge)
        best = self._one_price(scenario)
        a = self._coefficient(scenario, kind.risk_aversion, kind.connectivity)
        half_spread = best.distance + best.steepness * a * float(
            np.dot(scenario.clients.sizes, scenario.clients.shares)
        )
        lean = 2.0 * best.steepness * a * q
        return maker.action(half_spread + lean, half_spread - lean, self.hedge)

    def _coefficient(self, scenario: DealerScenario, risk_aversion: float, connectivity: float) -> float:
        """The a of theta = -a q^2, bp per MEUR."""
        clients, volatility = scenario.clients, scenario.decisions.volatility
        flow = clients.requests_per_day / MINUTES_PER_DAY * float(np.dot(clients.sizes, clients.shares))
        reached = max(flow * connectivity * self.share, 1e-12)
        return float(np.sqrt(risk_aversion * volatility**2 / (8.0 * self._one_price(scenario).bend * reached)))

    def _ladder(self, scenario: DealerScenario, risk_aversion: float, connectivity: float) -> LadderSkew:
        clients = scenario.clients
        reached = max(clients.requests_per_day / MINUTES_PER_DAY * connectivity * self.share, 1e-12)
        return LadderSkew(
            clients.sizes,
            [reached * part for part in clients.shares],
            [Logistic(tier.alpha, tier.beta) for tier in clients.tiers],
            scenario.decisions.volatility,
            risk_aversion,
        )

    def _one_price(self, scenario: DealerScenario) -> BestQuote:
        return best_quote(tuple((tier.alpha, tier.beta) for tier in scenario.clients.tiers))


@attrs.frozen
class BestQuote:
    """The best one price for all tiers of a dealer to whom inventory costs nothing, and how it answers to a cost p.

    Attributes:
        distance: d*(0), bp.
        steepness: d*'(0), no unit.
        bend: H''(0), per bp.
        taken: F(d*(0)), trades per request of one tier.
        decay: - d ln F / dd at d*(0), per bp.
    """

    distance: float
    steepness: float
    bend: float
    taken: float
    decay: float


@cache
def best_quote(tiers: tuple[tuple[float, float], ...]) -> BestQuote:
    """For tiers (alpha, beta), with F the sum of their acceptance curves.

    From the first-order condition F(d) + F'(d) (d - p) = 0: d*' = F' / (2 F' + F'' d), H' = -F(d*), H'' = -F' d*'.
    """
    alpha, beta = np.array(tiers).T[..., None]
    distances = np.linspace(0.0, 20.0 / float(beta.min()), 40_001)
    taken = 1.0 / (1.0 + np.exp(np.minimum(alpha + beta * distances, 700.0)))
    first = (-beta * taken * (1.0 - taken)).sum(axis=0)
    second = (beta**2 * taken * (1.0 - taken) * (1.0 - 2.0 * taken)).sum(axis=0)
    summed = taken.sum(axis=0)
    best = int(np.argmax(summed * distances))
    d, slope = float(distances[best]), float(first[best])
    steepness = slope / (2.0 * slope + float(second[best]) * d)
    return BestQuote(d, steepness, -slope * steepness, float(summed[best]), -slope / float(summed[best]))
