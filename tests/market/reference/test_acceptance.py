"""Lambert's function and the logistic Hamiltonian against independent numbers."""

import numpy as np
import pytest

from catallaxy.market.reference.acceptance import Logistic
from catallaxy.market.reference.lambert import wright_omega

TIERS = (Logistic(-0.3, 5.0), Logistic(-1.9, 15.0))


def test_wright_omega_agrees_with_fifty_digit_values():
    mpmath = pytest.importorskip("mpmath")
    x = np.concatenate([np.linspace(-40, 40, 161), [-700.0, -36.0, -35.999, 1.0, 1000.0, 1e5]])
    with mpmath.workdps(50):
        exact = [float(mpmath.lambertw(mpmath.exp(mpmath.mpf(float(value)))).real) for value in x]
    np.testing.assert_allclose(wright_omega(x), exact, rtol=1e-14)


def test_wright_omega_knows_known_values_and_the_ends_of_the_line():
    assert wright_omega(1.0) == pytest.approx(1.0, rel=1e-15)
    assert wright_omega(0.0) == pytest.approx(0.5671432904097838, rel=1e-14)
    ends = wright_omega([np.inf, -np.inf, np.nan, 1e300, -1e300])
    np.testing.assert_array_equal(ends, [np.inf, 0.0, np.nan, 1e300, 0.0])


def test_wright_omega_keeps_the_shape():
    assert wright_omega(np.zeros((2, 3))).shape == (2, 3)


@pytest.mark.parametrize("tier", TIERS)
def test_no_other_quote_earns_more_than_the_hamiltonian(tier):
    p = np.linspace(-2.0, 2.0, 41)
    delta = np.linspace(-5.0, 5.0, 200_001)
    earned = tier.probability(delta)[None, :] * (delta[None, :] - p[:, None])
    np.testing.assert_allclose(tier.hamiltonian(p), earned.max(axis=1), rtol=1e-7)
    np.testing.assert_allclose(tier.best_quote(p), delta[earned.argmax(axis=1)], atol=1e-4)


@pytest.mark.parametrize("tier", TIERS)
def test_derivatives_agree_with_differences(tier):
    p, eps = np.linspace(-1.0, 1.0, 21), 1e-5
    np.testing.assert_allclose(tier.slope(p), -tier.probability(tier.best_quote(p)), rtol=1e-12)
    for function, derivative in (
        (tier.hamiltonian, tier.slope),
        (tier.slope, tier.curvature),
        (tier.best_quote, tier.quote_slope),
    ):
        difference = (function(p + eps) - function(p - eps)) / (2 * eps)
        np.testing.assert_allclose(derivative(p), difference, rtol=1e-6, atol=1e-9)


def test_acceptance_matches_the_flow_targets_of_paper_d():
    at = [0.0, 0.13, 0.25, 0.5]
    np.testing.assert_allclose(TIERS[0].probability(at), [0.574, 0.413, 0.279, 0.100], atol=6e-4)
    np.testing.assert_allclose(TIERS[1].probability(at), [0.870, 0.487, 0.136, 0.004], atol=6e-4)
    np.testing.assert_array_equal(TIERS[0].probability([np.inf, -np.inf]), [0.0, 1.0])


def test_an_acceptance_curve_that_falls_nowhere_is_refused():
    with pytest.raises(ValueError, match=r"beta = 0\.0"):
        Logistic(0.0, 0.0)
    with pytest.raises(ValueError, match="alpha = nan"):
        Logistic(float("nan"), 1.0)
