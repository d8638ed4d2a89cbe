"""Scripted investors, on the same interface as learned ones; scenario files name them: `policy = { kind = "twap" }`.

A policy is called at each of the investor's decisions with what it observes, and answers with an action.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import attrs
from attrs import validators

from catallaxy.agents import LearningAgent
from catallaxy.market.checks import not_negative, positive

from ..policies.learned import Learned

if TYPE_CHECKING:
    from .investor import Investor


@attrs.frozen
class Twap:
    """Trades towards its quantity target evenly over time, whatever the price.

    At each decision it buys or sells what it is behind with most.
    """

    kind: Literal["twap"] = "twap"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Any:
        """The action."""
        investor = cast("Investor", agent)
        buying, selling = investor.behind
        return investor.choice(buying if buying >= selling else -selling)


@attrs.frozen
class Momentum:
    """Buys while the price's fast average lies above its slow one by more than `threshold`, sells while it lies below.

    Attributes:
        threshold: bp.
        size: MEUR, rounded to what it can trade.
    """

    threshold: float = attrs.field(default=1.0, validator=not_negative)
    size: float = attrs.field(default=1.0, validator=positive)
    kind: Literal["momentum"] = "momentum"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Any:
        """The action."""
        investor = cast("Investor", agent)
        _, *averages = investor.history.deviations(investor.reference)
        trend = averages[-1] - averages[0]
        return investor.choice(_against(-trend, self.threshold) * self.size)


@attrs.frozen
class MeanReversion:
    """Buys while the price lies below its slow average by more than `threshold`, sells while it lies above.

    Attributes:
        threshold: bp.
        size: MEUR, rounded to what it can trade.
    """

    threshold: float = attrs.field(default=3.0, validator=not_negative)
    size: float = attrs.field(default=1.0, validator=positive)
    kind: Literal["mean-reversion"] = "mean-reversion"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Any:
        """The action."""
        investor = cast("Investor", agent)
        *_, deviation = investor.history.deviations(investor.reference)
        return investor.choice(_against(deviation, self.threshold) * self.size)


@attrs.frozen
class Noise:
    """Buys or sells for no reason.

    Attributes:
        probability: of trading at a decision; either side is as likely.
        size: MEUR, rounded to what it can trade.
    """

    probability: float = attrs.field(default=0.5, validator=[validators.ge(0.0), validators.le(1.0)])
    size: float = attrs.field(default=1.0, validator=positive)
    kind: Literal["noise"] = "noise"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Any:
        """The action."""
        investor = cast("Investor", agent)
        chance = float(investor.rng.random())
        side = 0.0 if chance >= self.probability else 1.0 if 2.0 * chance < self.probability else -1.0
        return investor.choice(side * self.size)


InvestorPolicy = Learned | Twap | Momentum | MeanReversion | Noise
"""What a scenario can say of how investors act."""


def _against(deviation: float, threshold: float) -> float:
    """1 (buy) where a deviation lies below -threshold, -1 (sell) where it lies above threshold, else 0."""
    return 1.0 if deviation < -threshold else -1.0 if deviation > threshold else 0.0
