"""The terms of makers' rewards follow their formulas, and their weights belong to the type that policies are told."""

from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.agents import Choice, LogUniform, Uniform
from catallaxy.market.dealer import (
    DealerScenario,
    Decisions,
    FixedSpread,
    MakerGroup,
    MakerType,
    MarketMaker,
    RewardWeights,
    Session,
    build,
)
from catallaxy.market.dealer.rewards import (
    AbsoluteRisk,
    HedgingCost,
    InventoryPnl,
    MarketShare,
    MarketVolume,
    QuadraticRisk,
    SpreadRevenue,
    TotalReward,
)


def test_each_term_answers_to_what_concerns_it() -> None:
    assert SpreadRevenue().traded(-1.0, 3.0) == 3.0
    assert SpreadRevenue().held(5.0) == 0.0
    assert HedgingCost().hedged(cost=2.0, gain=-1.0) == -2.0
    assert QuadraticRisk(0.5).rate(-4.0) == -8.0


def test_own_impact_counts_in_full_and_the_price_by_its_weight() -> None:
    for weight in (0.0, 0.25, 1.0):
        term = InventoryPnl(weight)
        # The price moves by the hedge's impact (worth -1) and by as much again for other reasons.
        assert term.hedged(cost=2.0, gain=-1.0) + term.held(-2.0) == pytest.approx(-1.0 - weight)


def test_absolute_risk_is_taken_from_decision_to_decision() -> None:
    term = AbsoluteRisk()
    assert [term.held(gain) for gain in (3.0, -5.0)] == [0.0, 0.0]
    assert term.decided() == -2.0
    assert term.decided() == 0.0


def test_market_share_is_measured_against_its_target() -> None:
    market, own = MarketVolume(), 30.0
    term = MarketShare(0.5, lambda: own, market)
    assert term.rate(0.0) == 0.0
    market.total = 120.0
    assert term.rate(0.0) == pytest.approx(-0.25)


def test_the_total_weighs_its_terms_and_leaves_out_those_of_no_weight() -> None:
    earned: list[float] = []
    flows: list[float] = []
    share = MarketShare(1.0, lambda: 1.0, MarketVolume())
    terms = [(2.0, SpreadRevenue()), (1.0, InventoryPnl(0.5)), (0.0, HedgingCost()), (3.0, QuadraticRisk(0.1))]
    total = TotalReward([*terms, (1.0, share)], earned.append, flows.append)
    total.traded(1.0, 4.0)
    total.held(4.0)
    total.hedged(cost=100.0, gain=-4.0)
    total.holding(2.0)
    assert earned == [8.0, 2.0, -2.0]
    assert flows == [pytest.approx(-1.2)]


def scenario(**weights: Any) -> DealerScenario:
    group = MakerGroup("maker", 2, 5e-3, 1.0, rewards=RewardWeights(**weights))
    return DealerScenario(makers=(group,), session=Session(horizon=60.0), decisions=Decisions(discount_rate=0.0))


def rewards(market: DealerScenario, seed: int = 3) -> tuple[dict[str, float], dict[str, MarketMaker]]:
    """Undiscounted rewards of makers who quote 0.2 bp, and the makers."""
    world = build(market, seed)
    makers = {name: agent for name, agent in world.agents.items() if isinstance(agent, MarketMaker)}
    earned = dict.fromkeys(makers, 0.0)
    while questions := world.advance(market.duration):
        for question in questions:
            agent = question.agent
            assert isinstance(agent, MarketMaker)
            earned[agent.name] += question.reward  # type: ignore[attr-defined]
            question.answer(np.asarray(FixedSpread(0.2)(agent, ())))
    return {name: earned[name] + maker.outcome()[0] for name, maker in makers.items()}, makers


def test_weights_change_rewards_and_nothing_else() -> None:
    plain, makers = rewards(scenario())
    doubled, same = rewards(scenario(spread_revenue=2.0))
    for name, maker in makers.items():
        assert maker.tally == same[name].tally
        assert plain[name] == pytest.approx(maker.tally.objective)
        assert doubled[name] == pytest.approx(plain[name] + maker.tally.spread_revenue)


def test_a_market_share_target_costs_its_distance_over_time() -> None:
    plain, makers = rewards(scenario())
    aimed, _ = rewards(scenario(market_share=10.0, share_target=0.5))
    paid = {name: plain[name] - aimed[name] for name in makers}
    assert all(0.0 < cost < 10.0 * 0.5 * 60.0 for cost in paid.values())
    # Two makers' shares lie equally far from one half, but each looks when something happens to it.
    assert paid["maker_1"] == pytest.approx(paid["maker_2"], rel=0.2)


def test_policies_are_told_the_weights_in_which_makers_differ() -> None:
    bold = MakerGroup("bold", 1, rewards=RewardWeights(market_share=Uniform(0.0, 3.0)))
    plain = MakerGroup("plain", 1, rewards=RewardWeights(share_target=0.25))
    market = DealerScenario(makers=(bold, plain))
    assert market.told == ("market_share", "share_target")
    world = build(market, 1)
    kinds = {name: agent.type for name, agent in world.agents.items() if isinstance(agent, MarketMaker)}
    assert kinds["plain_1"].feature_names == ("log risk aversion", "connectivity", "market share", "share target")
    assert kinds["plain_1"].features[2:] == (-1.0, -0.5)
    weight = kinds["bold_1"].market_share
    assert 0.0 < weight < 3.0
    assert kinds["bold_1"].features[2:] == pytest.approx(((weight - 1.0) / (weight + 1.0), -1.0))
    assert DealerScenario().told == ()
    assert len(MakerType(1e-3, 0.5).features) == 2


def test_weights_are_drawn_after_the_rest_of_the_type() -> None:
    """So that a scenario that draws weights has the same risk aversions and connectivities as one that does not."""
    group = MakerGroup("maker", 3, LogUniform(1e-3, 1e-2), Uniform(0.2, 0.9))
    weighed = attrs.evolve(group, rewards=RewardWeights(spread_revenue=Choice([0.5, 2.0])))
    drawn = []
    for one in (group, weighed):
        world = build(DealerScenario(makers=(one,)), 5)
        makers = [agent for agent in world.agents.values() if isinstance(agent, MarketMaker)]
        drawn.append([(maker.type.risk_aversion, maker.type.connectivity) for maker in makers])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("weights", [{"spread_revenue": -1.0}, {"inventory_pnl": 1.5}, {"share_target": Uniform(0, 2)}])
def test_impossible_weights_are_refused(weights: Any) -> None:
    with pytest.raises(ValueError, match=f"'{next(iter(weights))}' must"):
        RewardWeights(**weights)
