"""Scenarios refuse what does not fit, with one clear message; scripted policies follow their formulas."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.agents import LogUniform, Normal, Uniform
from catallaxy.market.dealer import (
    Clients,
    ClosedFormSkew,
    DealerScenario,
    Decisions,
    ExchangeCosts,
    FixedSpread,
    Latencies,
    MakerGroup,
    MarketMaker,
    Session,
    Tier,
    build,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Session(horizon=0.0), "'horizon' must be > 0"),
        (lambda: MakerGroup(count=0), "'count' must be >= 1"),
        (lambda: MakerGroup(connectivity=Uniform(0.5, 1.5)), r"'connectivity' must lie in \[0, 1\], but is drawn from"),
        (lambda: MakerGroup(risk_aversion=0.0), r"'risk_aversion' must be > 0, but is drawn from \[0, 0\]"),
        (lambda: MakerGroup(risk_aversion=Normal(0.01, 0.01)), "'risk_aversion' must be > 0"),
        (lambda: MakerGroup(initial_inventory=Uniform(-200.0, 0.0)), "beyond the inventory_limit of 100"),
        (lambda: Clients(shares=(0.5, 0.5)), "shares has 2 entries, sizes 6"),
        (lambda: Clients(sizes=(1.0, 2.0), shares=(0.5, 0.4)), "shares must add up to 1, got 0.9"),
        (lambda: Clients(tiers=()), "Length of 'tiers' must be >= 1"),
        (lambda: Decisions(pace="irregular"), "'pace' must be in"),  # type: ignore[arg-type]
        (lambda: ExchangeCosts(linear=-0.1), "'linear' must be >= 0"),
        (lambda: Latencies(clients=-1.0), r"'clients' must be >= 0, but is drawn from \[-1, -1\]"),
        (lambda: DealerScenario(makers=()), "Length of 'makers' must be >= 1"),
        (lambda: DealerScenario(makers=(MakerGroup("tier1"),)), "two agents would be called 'tier1_1'"),
        (lambda: DealerScenario(latency=Latencies(clients=0.5)), "settling may take 3; lengthen it"),
    ],
)
def test_what_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_numbers_stand_for_constant_distributions() -> None:
    group = MakerGroup(risk_aversion=5e-3, connectivity=LogUniform(0.1, 1.0))
    assert group.risk_aversion.support() == (5e-3, 5e-3)
    flat = DealerScenario(makers=(MakerGroup(initial_inventory=Uniform(-5.0, 5.0)),)).starting_flat()
    assert flat.makers[0].initial_inventory.support() == (0.0, 0.0)


def test_policies_are_given_by_maker_before_group() -> None:
    scenario = DealerScenario(makers=(MakerGroup("a", 2), MakerGroup("b", 1)))
    narrow, wide = FixedSpread(0.1), FixedSpread(1.0)
    world = build(scenario, 0, 0, {"a": narrow, "a_2": wide})
    policies = {name: agent.policy for name, agent in world.agents.items() if isinstance(agent, MarketMaker)}
    assert policies == {"a_1": narrow, "a_2": wide, "b_1": None}
    with pytest.raises(
        ValueError, match=r"given for 'c', which is no maker, investor or group; there are \['a', 'a_1'"
    ):
        build(scenario, 0, 0, {"c": narrow})


def test_the_closed_form_skew_agrees_with_the_reference_for_one_tier() -> None:
    from catallaxy.market.reference.acceptance import Logistic
    from catallaxy.market.reference.closed_form import ClosedFormSkew as Reference

    scenario = DealerScenario(clients=Clients(tiers=(Tier("tier1", -0.3, 5.0),)))
    rates = tuple(1800.0 * share for share in scenario.clients.shares)
    reference = Reference(scenario.clients.sizes, rates, (Logistic(-0.3, 5.0),), sigma=50.0, gamma=2e-3)
    for quotes in ("one-price", "ladder"):
        market = attrs.evolve(scenario, decisions=Decisions(quotes=quotes))  # type: ignore[arg-type]
        assert ClosedFormSkew().slope(market, 2e-3, connectivity=1.0) == pytest.approx(reference.slope(), rel=1e-3)


def test_the_closed_form_skew_grows_like_the_root_of_risk_aversion_over_flow() -> None:
    policy, scenario = ClosedFormSkew(), DealerScenario()
    assert policy.slope(scenario, 8e-3, 0.5) == pytest.approx(2.0 * policy.slope(scenario, 2e-3, 0.5))
    assert policy.slope(scenario, 2e-3, 0.2) == pytest.approx(2.0 * policy.slope(scenario, 2e-3, 0.8))


def test_scripted_policies_stay_within_the_action_space() -> None:
    scenario = DealerScenario(makers=(MakerGroup("maker", 1, 1.0, 0.05, initial_inventory=90.0),))
    world = build(scenario, 0, 0, None)
    maker = world.agents["maker_1"]
    assert isinstance(maker, MarketMaker)
    action = ClosedFormSkew()(maker, ())
    assert maker.action_space.contains(np.asarray(action))
    assert action[1] == maker.action_space.high[1]


def test_every_field_has_a_default_and_says_its_unit() -> None:
    for part in (Session, MakerGroup, Decisions, Clients, ExchangeCosts, Latencies):
        part()
        assert part.__doc__ is not None
        for field in attrs.fields(part):
            assert f"{field.name}:" in part.__doc__ or f"{field.name}, " in part.__doc__
