"""The references' reports, and the references held against one another."""

import json

import attrs
import numpy as np
import pytest

from catallaxy.market.reference.avellaneda import (
    ExponentialDealer,
    avellaneda_stoikov,
    glft,
    glft_asymptotic,
    glft_stationary,
)
from catallaxy.market.reference.exponential_report import avellaneda_stoikov_report, glft_report
from catallaxy.market.reference.fx_dealer import FxDealer
from catallaxy.market.reference.skew_report import closed_form_report
from catallaxy.market.reference.tick_dealer import TickDealer
from catallaxy.market.reference.tick_report import tick_report


def test_the_avellaneda_stoikov_report_says_what_the_formulas_say():
    found = avellaneda_stoikov_report(ExponentialDealer(), 0.5, [-1, 0, 2])
    assert found["spread"] == pytest.approx(0.1 * 4 * 0.5 + 20 * np.log(1 + 0.1 / 1.5))
    assert found["reservation"] == pytest.approx([0.2, 0.0, -0.4])
    assert found["mean_spread"] == pytest.approx(1.49, abs=0.005)  # as the paper's table has it
    with pytest.raises(ValueError, match="inventory = 31"):
        avellaneda_stoikov_report(ExponentialDealer(), 0.5, [31])


@pytest.mark.parametrize("gamma", [0.01, 0.1, 0.5])
def test_glfts_formula_approaches_its_exact_quotes(gamma):
    found = glft_report(ExponentialDealer(gamma=gamma))
    assert found["asymptotic_error"] < 0.015 * found["spread"]
    assert found["exact"]["bid"][-1] is None
    assert found["exact"]["ask"][30] == pytest.approx(found["stationary"]["ask"][30], abs=1e-3)


def test_near_the_end_glft_and_avellaneda_stoikov_agree():
    """Avellaneda and Stoikov's quotes are GLFT's to first order in the time that remains, without arrivals between."""
    dealer = ExponentialDealer(arrival=1e-3)
    for left in (1e-3, 1e-2):
        exact, formula = glft(dealer, left), avellaneda_stoikov(dealer, left)
        near = slice(dealer.limit - 5, dealer.limit + 6)
        scale = dealer.gamma * dealer.sigma**2 * left
        np.testing.assert_allclose(exact.bid[near], formula.bid[near], atol=0.01 * scale)
        np.testing.assert_allclose(exact.ask[near], formula.ask[near], atol=0.01 * scale)


def test_without_risk_aversion_all_quotes_are_one_over_k():
    dealer = ExponentialDealer(gamma=1e-6, limit=80)
    for quotes in (avellaneda_stoikov(dealer, 1.0), glft_asymptotic(dealer), glft(dealer, 1.0)):
        near = slice(dealer.limit - 2, dealer.limit + 3)
        np.testing.assert_allclose(quotes.bid[near], 1.0 / dealer.decay, atol=0.005)
    wide = ExponentialDealer(gamma=1e-4, limit=200)
    np.testing.assert_allclose(glft_stationary(wide).bid[195:206], glft_asymptotic(wide).bid[195:206], atol=1e-3)


def test_the_closed_form_nears_the_optimum_without_hedging_as_risk_aversion_falls():
    errors = []
    for gamma in (1e-2, 1e-3, 1e-4):
        found = closed_form_report(FxDealer(gamma=gamma))
        errors.append(max(abs(tier["slope"] / tier["exact_slope"] - 1.0) for tier in found["tiers"]))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.05


def test_the_closed_form_skew_doubles_when_flow_falls_to_a_quarter():
    dealer = FxDealer()
    scarce = attrs.evolve(dealer, rates=tuple(rate / 4 for rate in dealer.rates))
    pairs = zip(closed_form_report(dealer)["tiers"], closed_form_report(scarce)["tiers"], strict=True)
    for tier, other in pairs:
        assert other["slope"] == pytest.approx(2.0 * tier["slope"])


def test_the_tick_report_orders_its_policies():
    (kind,) = tick_report(TickDealer(limit=20), [0.01])["types"]
    simpler = kind["simpler_policies"]
    assert simpler["fixed"]["score"] == 0.0
    assert 0.0 < simpler["linear_skew_no_hedge"]["score"] < 1.0
    assert simpler["fixed"]["objective"] < kind["objective"]
    assert len(kind["policy"]["h"]) == 41
    json.dumps(kind, allow_nan=False)
