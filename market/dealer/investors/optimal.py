"""The best timing as a policy: what an investor with w = 1 would do if it knew how the price moves."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Any, cast

import attrs

from catallaxy.agents import LearningAgent
from catallaxy.market.prices import BP, BrownianPrice, MeanRevertingPrice
from catallaxy.market.reference.investor_timing import InvestorTiming, TimingRule, solve

from ..scenario import DealerScenario
from .group import InvestorGroup
from .investor import Investor


@attrs.frozen
class BestTiming:
    """Follows the rule of dynamic programming (:mod:`catallaxy.market.reference.investor_timing`).

    Attributes:
        rule: the rule.
        mean: the price from which its prices are counted.
    """

    rule: TimingRule
    mean: float

    @classmethod
    def of(cls, scenario: DealerScenario, group: InvestorGroup, cost: float) -> BestTiming:
        """The rule for a group's investors in a scenario in which a MEUR costs `cost` bp to trade.

        Raises:
            ValueError: the price is neither a Brownian motion nor mean-reverting, or there are several sizes.
        """
        price, investing = scenario.price, scenario.investing
        if not isinstance(price, BrownianPrice | MeanRevertingPrice):
            raise ValueError(f"the best timing is known for brownian and mean-reverting prices, not {price.kind!r}")
        if len(investing.sizes) > 1:
            raise ValueError(f"the best timing is known for one size, not for {len(investing.sizes)}")
        rate, mean = (price.rate, price.mean) if isinstance(price, MeanRevertingPrice) else (0.0, price.start)
        problem = InvestorTiming(
            horizon=scenario.session.horizon,
            interval=investing.interval,
            pace=investing.pace,
            rate=rate,
            volatility=price.volatility,
            cost=cost,
            size=investing.largest,
            limit=int(group.inventory_limit / investing.largest),
            risk_aversion=group.risk_aversion.mean(),
        )
        return cls(solve(problem), mean)

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> Any:
        """The action."""
        investor = cast(Investor, agent)
        price = log(investor.reference / self.mean) / BP
        lots = self.rule.lots(investor.now, price, investor.inventory)
        return investor.choice(lots * self.rule.problem.size)
