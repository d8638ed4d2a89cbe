"""Scripted makers: what each quotes, how scenario files name them, and makers of the user's own."""

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.config import ConfigError, load
from catallaxy.learners import policy_specs
from catallaxy.market.dealer import (
    AvellanedaStoikov,
    Clients,
    ClosedFormSkew,
    DealerScenario,
    Decisions,
    FixedSpread,
    FromFile,
    Glft,
    Learned,
    LinearSkew,
    MakerGroup,
    MarketMaker,
    Optimal,
    Session,
    Tier,
    build,
)
from catallaxy.market.dealer.policies import PolicyError
from catallaxy.market.dealer.policies.optimal import fx_dealer, interpolate
from catallaxy.market.reference.fx_solver import solve

OWN = '''
class Mine:
    """Fifteen cents, leaning on the inventory."""

    def __call__(self, maker, observation):
        lean = 0.01 * maker.inventory
        return maker.action(bid=0.15 + lean, ask=0.15 - lean)


class Stubborn:
    def __init__(self, price):
        self.price = price


class Mute:
    pass
'''

FILE = """
market = "dealer"
[session]
horizon = 30.0
[[makers]]
name = "learner"
count = 2
{others}
"""


def maker(policy: Any, inventory: float = 10.0, quotes: str = "one-price", **fields: Any) -> MarketMaker:
    group = MakerGroup("maker", 1, 2e-3, 1.0, initial_inventory=inventory, policy=policy)
    decisions = Decisions(quotes=quotes, max_skew=5.0, max_half_spread=5.0, **fields)  # type: ignore[arg-type]
    made = build(DealerScenario(makers=(group,), decisions=decisions), 0).agents["maker_1"]
    assert isinstance(made, MarketMaker)
    return made


def quoted(policy: Any, inventory: float = 10.0, quotes: str = "one-price") -> tuple[float, float]:
    """The bid and ask of a scripted maker, bp, for the smallest size of the first tier."""
    made = maker(policy, inventory, quotes)
    assert made.policy is not None
    answer = made.quoting.quotes(np.asarray(made.policy(made, ())).tolist(), inventory)
    return -answer.distance(0, -1.0, inventory), answer.distance(0, 1.0, inventory)


def test_files_name_scripted_makers_which_do_not_learn(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    scripts = {
        "fixed": ('{ kind = "fixed-spread", half_spread = 0.3 }', FixedSpread(0.3)),
        "linear": ('{ kind = "linear-skew", slope = 0.02, hedge = 0.1 }', LinearSkew(slope=0.02, hedge=0.1)),
        "closed": ('{ kind = "closed-form-skew" }', ClosedFormSkew()),
        "as": ('{ kind = "avellaneda-stoikov", horizon = 3.0 }', AvellanedaStoikov(3.0)),
        "glft": ('{ kind = "glft" }', Glft()),
        "best": ('{ kind = "optimal", hedging = "none" }', Optimal(hedging="none")),
        "own": ('{ kind = "file", path = "own.py:Mine" }', FromFile(tmp_path / "own.py:Mine")),
    }
    others = "\n".join(
        f'[[makers]]\nname = "{name}"\ncount = 1\npolicy = {text}' for name, (text, _) in scripts.items()
    )
    path = tmp_path / "scenario.toml"
    path.write_text(FILE.format(others=others))
    scenario = load(path).scenario
    assert [group.policy for group in scenario.makers] == [Learned(), *(policy for _, policy in scripts.values())]
    world = build(scenario, 1)
    assert {agent.name for agent in world.agents.values() if getattr(agent, "policy", 0) is None} == {
        "learner_1",
        "learner_2",
    }
    assert list(policy_specs(world)) == ["makers"]
    scenario = attrs.evolve(scenario, makers=scenario.makers[1:])
    world = build(scenario, 1)
    world.run(scenario.duration)
    makers = [agent for agent in world.agents.values() if isinstance(agent, MarketMaker)]
    assert sum(one.tally.trades for one in makers) > 20


def test_a_script_that_is_unknown_or_misspelt_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    for policy, message in (
        ('{ kind = "glftt" }', "unknown"),
        ('{ kind = "linear-skew", slop = 0.1 }', "unknown key"),
        ('{ kind = "fixed-spread", half_spread = -1.0 }', "must be >= 0"),
    ):
        path.write_text(FILE.format(others=f'[[makers]]\nname = "x"\npolicy = {policy}'))
        with pytest.raises(ConfigError, match=message):
            load(path)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("own.py", "must be file.py:Class"),
        ("nowhere.py:Mine", "no such file"),
        ("own.py:Yours", "has no class 'Yours'"),
        ("own.py:Stubborn", "made without arguments"),
        ("own.py:Mute", "can't be called"),
    ],
)
def test_a_file_that_holds_no_maker_is_refused_with_what_is_wrong(tmp_path: Path, named: str, message: str) -> None:
    (tmp_path / "own.py").write_text(OWN)
    with pytest.raises(PolicyError, match=message):
        FromFile(tmp_path / named).make()


@pytest.mark.parametrize("quotes", ["one-price", "ladder", "full-ladder"])
def test_a_users_maker_quotes_what_it_says_in_any_decision_space(tmp_path: Path, quotes: str) -> None:
    (tmp_path / "own.py").write_text(OWN)
    assert quoted(FromFile(tmp_path / "own.py:Mine"), 10.0, quotes) == pytest.approx((0.25, 0.05))


def test_explicit_policies_go_before_a_groups_script() -> None:
    group = MakerGroup("maker", 2, policy=FixedSpread(0.5))
    world = build(DealerScenario(makers=(group,)), 0, 0, {"maker_2": FixedSpread(0.1)})
    policies = [agent.policy for agent in world.agents.values() if isinstance(agent, MarketMaker)]
    assert policies == [FixedSpread(0.5), FixedSpread(0.1)]


def test_avellaneda_stoikov_shifts_by_the_risk_of_its_inventory_over_its_horizon() -> None:
    """Reservation price S - q gamma sigma^2 T; gamma per MEUR bp, q in MEUR: units cancel."""
    long, flat = quoted(AvellanedaStoikov(4.0), 10.0), quoted(AvellanedaStoikov(4.0), 0.0)
    variance = 2500.0 / 1440.0 * 4.0
    assert flat[0] == flat[1]
    assert long[0] - flat[0] == pytest.approx(10.0 * 2e-3 * variance)
    assert flat[1] - long[1] == pytest.approx(10.0 * 2e-3 * variance)


def test_glft_leans_like_the_root_of_risk_aversion_and_costs_a_few_per_cent_more_than_the_closed_form() -> None:
    """Exponential arrivals agree with the clients' near the best quote, so that its slope is near the closed form's."""
    slopes = []
    for policy in (Glft(), ClosedFormSkew()):
        long, flat = quoted(policy, 10.0), quoted(policy, 0.0)
        slopes.append((long[0] - flat[0]) / 10.0)
        assert long[0] - flat[0] == pytest.approx(flat[1] - long[1])
    assert slopes[0] == pytest.approx(slopes[1], rel=0.35)


def test_the_optimum_is_the_table_of_the_hjb_equation() -> None:
    scenario = DealerScenario(makers=(MakerGroup("maker", 1, 2e-3, 1.0),))
    table = solve(fx_dealer(scenario, 2e-3)).policy
    for inventory in (-20.0, 0.0, 13.0):
        made = maker(Optimal(), inventory, "full-ladder", hedging="rate", max_hedge_rate=2.0)
        assert made.policy is not None
        answer = made.quoting.quotes(np.asarray(made.policy(made, ())).tolist(), inventory)
        bids, asks = (np.reshape(side, (2, 6)) for side in made.quoting.rungs(answer, inventory))
        place = table.index(inventory)
        mirrored = table.index(-inventory)
        np.testing.assert_allclose(bids, table.bid[..., place], atol=1e-9)
        np.testing.assert_allclose(asks, table.bid[..., mirrored], atol=1e-9)
        rate = abs(table.hedge[place]) / 1440.0
        assert answer.hedge * 2.0 * abs(inventory) == pytest.approx(rate, abs=1e-9)


def test_between_the_points_of_the_grid_the_optimum_is_linear() -> None:
    scenario = DealerScenario(makers=(MakerGroup("maker", 1, 2e-3, 1.0),))
    table = solve(fx_dealer(scenario, 2e-3)).policy
    low, high = table.index(10.0), table.index(11.0)
    bid, ask, rate = interpolate(table, 10.25)
    np.testing.assert_allclose(bid, 0.75 * table.bid[..., low] + 0.25 * table.bid[..., high])
    np.testing.assert_allclose(ask, 0.75 * table.ask[..., low] + 0.25 * table.ask[..., high])
    assert rate == pytest.approx(0.75 * table.hedge[low] + 0.25 * table.hedge[high])


def test_scripts_mix_with_learning_makers_in_one_world() -> None:
    groups = (MakerGroup("learner", 1, 5e-3, 1.0), MakerGroup("script", 1, 5e-3, 1.0, policy=ClosedFormSkew()))
    clients = Clients(tiers=(Tier("tier1", -0.3, 5.0, 2),))
    scenario = DealerScenario(makers=groups, clients=clients, session=Session(horizon=60.0))
    world = build(scenario, 3)
    asked = set()
    while questions := world.advance(scenario.duration):
        for question in questions:
            asked.add(question.agent.name)
            question.answer(np.array([0.1 if world.now < 30.0 else 1.5, 0.0, 0.0]))
    assert asked == {"learner_1"}
    assert all(world.agents[name].tally.trades for name in ("learner_1", "script_1"))  # type: ignore[attr-defined]
