"""Paths into scenarios."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catallaxy.agents import Constant, LogUniform, Normal
from catallaxy.market.dealer import DealerScenario, MakerGroup
from catallaxy.paths import Assignment, PathError, changed, evolved, numbers, value_at

SCENARIO = DealerScenario(
    makers=(
        MakerGroup(name="bold", count=2, risk_aversion=LogUniform(1e-3, 4e-3)),
        MakerGroup(name="shy", risk_aversion=Normal(1e-2, 1e-3, 5e-3, 2e-2), connectivity=0.5),
    )
)


def after(*texts: str) -> DealerScenario:
    return changed(SCENARIO, map(Assignment.parse, texts))


def refused(text: str) -> str:
    with pytest.raises(PathError) as error:
        after(text)
    return str(error.value)


def test_a_number_is_set_scaled_and_shifted():
    scenario = after(
        "decisions.interval=2", "clients.tiers.tier1.beta=+10%", "exchange.linear += 0.05", "makers.0.count*=2"
    )
    assert scenario.decisions.interval == 2.0
    assert scenario.clients.tiers[0].beta == pytest.approx(5.5)
    assert scenario.exchange.linear == pytest.approx(0.15)
    assert scenario.makers[0].count == 4
    assert scenario.clients.tiers[1] == SCENARIO.clients.tiers[1]


def test_a_distribution_is_scaled_and_shifted_as_a_whole():
    assert after("makers.bold.risk_aversion=-50%").makers[0].risk_aversion == LogUniform(5e-4, 2e-3)
    assert after("makers.shy.risk_aversion+=0.01").makers[1].risk_aversion == Normal(2e-2, 1e-3, 1.5e-2, 3e-2)
    assert after("makers.shy.connectivity=+20%").makers[1].connectivity == Constant(0.6)


def test_a_value_may_be_a_table_a_word_or_a_parameter_of_a_distribution():
    assert after("makers.bold.connectivity={uniform=[0.2, 0.4]}").makers[0].connectivity.mean() == pytest.approx(0.3)
    assert after("decisions.pace=regular").decisions.pace == "regular"
    assert after("makers.bold.risk_aversion.log_uniform.high=0.1").makers[0].risk_aversion == LogUniform(1e-3, 0.1)


def test_changing_nothing_changes_nothing():
    assert after("makers.bold.risk_aversion=+0%", "decisions.interval*=1") == SCENARIO


def test_the_original_stays_as_it_is():
    before = repr(SCENARIO)
    after("makers.bold.risk_aversion=-50%", "clients.sizes=[1, 2]", "clients.shares=[0.5, 0.5]")
    assert repr(SCENARIO) == before


def test_wrong_paths_are_answered_with_the_nearest_right_one():
    assert refused("maker.bold.count=1") == "there is no 'maker'; did you mean 'makers'?"
    assert refused("makers.bolt.count=1") == "there is no 'bolt' in makers; did you mean 'bold'?"
    assert (
        refused("makers.bold.risk_avversion=1")
        == "there is no 'risk_avversion' in makers.bold; did you mean 'risk_aversion'?"
    )
    assert refused("decisions.interval.mean=1") == "decisions.interval is 1.0: there is no 'mean' in it"
    assert "valid are bold, shy" in refused("makers.7.count=1")


def test_impossible_values_are_refused_by_name():
    assert (
        refused("makers.bold.count=1.5")
        == "makers.bold.count = 1.5 is not possible: makers.bold.count: 1.5 is not an integer"
    )
    assert refused("makers.shy.connectivity=+200%").startswith(
        "makers.shy.connectivity +200 % is not possible: makers.shy.connectivity: "
    )
    assert refused("decisions.pace=+10%") == (
        'decisions.pace is "poisson": only a number or a distribution can be changed relatively'
    )
    assert refused("decisions.interval+=x") == "'decisions.interval+=x': x is not a number"
    for text in ("decisions.interval", "=3", "decisions.interval=", ""):
        assert "is no assignment" in refused(text)
    assert "is no value" in refused("decisions.interval=1..2")


def test_values_and_numbers_are_found_by_their_paths():
    assert value_at(SCENARIO, "makers.bold.risk_aversion") == {"log_uniform": {"low": 1e-3, "high": 4e-3}}
    found = dict(numbers(SCENARIO))
    assert found["makers.bold.risk_aversion.log_uniform.high"] == 4e-3
    assert found["clients.tiers.tier2.alpha"] == -1.9
    assert all(value_at(SCENARIO, path) == value for path, value in found.items())


@given(st.text(max_size=40))
def test_no_text_breaks_more_than_the_assignment(text: str):
    with contextlib.suppress(PathError):
        after(text)


def test_one_number_is_changed_quickly_with_the_same_result():
    for path, value in (("makers.bold.risk_aversion.log_uniform.high", 0.1), ("clients.tiers.tier1.beta", 7.0)):
        assert evolved(SCENARIO, path, value) == changed(SCENARIO, [Assignment(path, "set", value)])
    assert evolved(SCENARIO, "makers.bold.risk_aversion.high", 0.1).makers[0].risk_aversion == LogUniform(1e-3, 0.1)
    assert evolved(SCENARIO, "makers.bold.risk_aversion", 0.1).makers[0].risk_aversion == Constant(0.1)
    assert evolved(SCENARIO, "makers.shy.risk_aversion.mean", 0.01).makers[1].risk_aversion.mean() == 0.01
    assert evolved(SCENARIO, "makers.bold.count", 2.6).makers[0].count == 3
    for path, told in (("makers.bolt.count", "did you mean 'bold'"), ("decisions.pace", "is no number")):
        with pytest.raises(PathError, match=told):
            evolved(SCENARIO, path, 1.0)
    with pytest.raises(PathError, match=r"makers\.bold\.count = -1 is not possible"):
        evolved(SCENARIO, "makers.bold.count", -1.0)
