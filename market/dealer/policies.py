"""Scripted market makers: policies as plain callables, on the same interface as learned ones."""

from collections.abc import Sequence
from functools import cache
from typing import cast

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent

from .maker import MarketMaker
from .scenario import MINUTES_PER_DAY, Clients, DealerScenario

Action = npt.NDArray[np.float64]


@attrs.frozen
class FixedSpread:
    """Always the same half-spread (bp) and hedge fraction, and no skew."""

    half_spread: float
    hedge: float = 0.0

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """(half_spread, 0, hedge)."""
        return np.array([self.half_spread, 0.0, self.hedge])


@attrs.frozen
class LinearSkew:
    """Quotes move against the inventory by `slope` bp for each MEUR, within the bounds of the action space."""

    half_spread: float
    slope: float
    hedge: float = 0.0

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """(half_spread, slope |q|, hedge)."""
        maker = cast(MarketMaker, agent)
        return _clipped(maker, self.half_spread, self.slope * abs(maker.inventory), self.hedge)


@attrs.frozen
class ClosedFormSkew:
    """The optimum of a dealer who does not hedge, in closed form, for its own risk aversion and connectivity.

    With theta = -a q^2, a = sqrt(gamma sigma^2 / (8 H''(0) sum_k lambda_k z_k)), where H(p) = sup_d F(d) (d - p) and F
    is the sum of the tiers' acceptance curves, as the maker quotes all of them one price: quotes lie at
    d*(0) + d*'(0) a (z + 2q), z the mean size. (Quadratic expansion of Bergault, Evangelista, Gueant, Vieira,
    1810.04383, for the acceptance curves of Barzykin, Bergault, Gueant, 2112.02269.)

    Attributes:
        clients: whose flow.
        volatility: sigma, bp per square root of a minute.
        share: of the requests of the clients it is linked to that come to it, 1 for a monopolist.
        hedge: fraction hedged on top.
    """

    clients: Clients
    volatility: float
    share: float = 1.0
    hedge: float = 0.0

    @classmethod
    def of(cls, scenario: DealerScenario, share: float = 1.0, hedge: float = 0.0) -> "ClosedFormSkew":
        """The policy for a scenario's flow and risk."""
        return cls(scenario.clients, scenario.decisions.volatility, share, hedge)

    def slope(self, risk_aversion: float, connectivity: float) -> float:
        """By how many bp quotes fall for each MEUR of inventory; grows like sqrt(gamma) sigma / sqrt(lambda)."""
        _, steepness, _ = self._flow
        return 2.0 * steepness * self._coefficient(risk_aversion, connectivity)

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Action:
        """(d*(0) + d*'(0) a z, 2 d*'(0) a |q|, hedge)."""
        maker = cast(MarketMaker, agent)
        best, steepness, _ = self._flow
        a = self._coefficient(maker.type.risk_aversion, maker.type.connectivity)
        sizes, shares = np.array(self.clients.sizes), np.array(self.clients.shares)
        half_spread = best + steepness * a * float(sizes @ shares)
        return _clipped(maker, half_spread, 2.0 * steepness * a * abs(maker.inventory), self.hedge)

    def _coefficient(self, risk_aversion: float, connectivity: float) -> float:
        """The a of theta = -a q^2, bp per MEUR."""
        _, _, bend = self._flow
        flow = self.clients.requests_per_day / MINUTES_PER_DAY * float(np.dot(self.clients.sizes, self.clients.shares))
        reached = max(flow * connectivity * self.share, 1e-12)
        return float(np.sqrt(risk_aversion * self.volatility**2 / (8.0 * bend * reached)))

    @property
    def _flow(self) -> tuple[float, float, float]:
        return _best_quote(tuple((tier.alpha, tier.beta) for tier in self.clients.tiers))


@cache
def _best_quote(tiers: tuple[tuple[float, float], ...]) -> tuple[float, float, float]:
    """d*(0), d*'(0) and H''(0) of the tiers' summed acceptance F.

    From the first-order condition F(d) + F'(d) (d - p) = 0: d*' = F' / (2 F' + F'' d), H' = -F(d*), H'' = -F' d*'.
    """
    alpha, beta = np.array(tiers).T[..., None]
    distances = np.linspace(0.0, 20.0 / float(beta.min()), 40_001)
    taken = 1.0 / (1.0 + np.exp(np.minimum(alpha + beta * distances, 700.0)))
    first = (-beta * taken * (1.0 - taken)).sum(axis=0)
    second = (beta**2 * taken * (1.0 - taken) * (1.0 - 2.0 * taken)).sum(axis=0)
    best = int(np.argmax(taken.sum(axis=0) * distances))
    d = float(distances[best])
    steepness = float(first[best] / (2.0 * first[best] + second[best] * d))
    return d, steepness, float(-first[best] * steepness)


def _clipped(maker: MarketMaker, half_spread: float, skew: float, hedge: float) -> Action:
    space = maker.action_space
    return np.asarray(np.clip([half_spread, skew, hedge], space.low, space.high))
