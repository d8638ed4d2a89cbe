"""The rule of dynamic programming, followed in the market."""

import numpy as np
import pytest

from catallaxy.market.dealer import ExchangeCosts, FixedSpread, build
from catallaxy.market.dealer.investors.group import Investing, InvestorGroup
from catallaxy.market.dealer.investors.investor import Investor
from catallaxy.market.dealer.investors.optimal import BestTiming
from catallaxy.market.prices import BrownianPrice, HistoricalPrice, MeanRevertingPrice

COSTS = ExchangeCosts(linear=0.3, quadratic=0.0)


def profits(scenario, best: BestTiming, episodes: int) -> list[float]:
    """Mean over an episode's investors, whose decisions come at times of their own."""
    found = []
    for episode in range(episodes):
        world = build(scenario, 3, episode, {"maker": FixedSpread(0.2), "investor": best})
        world.run(scenario.duration)
        investors = [agent for agent in world.agents.values() if isinstance(agent, Investor)]
        found.append(float(np.mean([one.profit(one.reference) for one in investors])))
    return found


@pytest.mark.parametrize("pace", ["regular", "poisson"])
def test_in_the_market_the_rule_earns_what_dynamic_programming_says(market, pace: str) -> None:
    group = InvestorGroup("investor", 3, connectivity=0.0, inventory_limit=10.0)
    price = MeanRevertingPrice(rate=0.1, volatility=1.3)
    scenario = market(group, price=price, exchange=COSTS, investing=Investing(2.0, pace))
    best = BestTiming.of(scenario, group, cost=0.3)
    found = profits(scenario, best, 60)
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(best.rule.profit(), abs=3.0 * error)
    assert np.mean(found) > 5.0 * error


def test_on_a_martingale_price_it_never_trades(market) -> None:
    group = InvestorGroup("investor", 2, connectivity=0.0)
    scenario = market(group, price=BrownianPrice(), exchange=COSTS)
    best = BestTiming.of(scenario, group, cost=0.3)
    assert profits(scenario, best, 3) == [0.0] * 3


def test_what_has_no_known_optimum_is_refused(market, tmp_path) -> None:
    group = InvestorGroup()
    with pytest.raises(ValueError, match="one size"):
        BestTiming.of(market(group, investing=Investing(sizes=(1.0, 2.0))), group, 0.3)
    with pytest.raises(ValueError, match="not 'historical'"):
        BestTiming.of(market(group, price=HistoricalPrice(tmp_path / "bars.csv")), group, 0.3)
