"""Avellaneda-Stoikov and GLFT against each other, against matrix exponentials and by simulation."""

import attrs
import numpy as np
import pytest

from catallaxy.market.reference.avellaneda import (
    ExponentialDealer,
    avellaneda_stoikov,
    glft,
    glft_asymptotic,
    glft_stationary,
    log_value,
    reservation_price,
)

DEALER = ExponentialDealer()
FLAT = DEALER.limit


def test_the_avellaneda_stoikov_spread_is_the_papers():
    # Their table reports an average spread of 1.49 over the session for gamma = 0.1.
    spreads = [
        float((q := avellaneda_stoikov(DEALER, left)).bid[FLAT] + q.ask[FLAT]) for left in np.linspace(0, 1, 201)
    ]
    assert np.mean(spreads) == pytest.approx(1.49, abs=0.005)
    quotes = avellaneda_stoikov(DEALER, 0.5)
    middle = 100.0 + (quotes.ask - quotes.bid) / 2
    np.testing.assert_allclose(middle, reservation_price(DEALER, 100.0, quotes.inventories, 0.5), rtol=1e-14)


def test_the_value_is_the_matrix_exponential():
    linalg = pytest.importorskip("scipy.linalg")
    dealer = attrs.evolve(DEALER, limit=8)
    q = dealer.inventories
    eta = dealer.arrival * (1 + dealer.gamma / dealer.decay) ** -(1 + dealer.decay / dealer.gamma)
    m = np.diag(0.5 * dealer.decay * dealer.gamma * dealer.sigma**2 * q**2.0)
    m -= eta * (np.eye(len(q), k=1) + np.eye(len(q), k=-1))
    for left in (1e-6, 0.01, 0.3, 1.0):
        np.testing.assert_allclose(
            log_value(dealer, left), np.log(linalg.expm(-m * left) @ np.ones(len(q))), atol=1e-11, rtol=1e-11
        )


def test_exact_quotes_tend_to_the_stationary_ones_and_near_the_end_to_those_without_risk():
    early, stationary = glft(DEALER, 20.0), glft_stationary(DEALER)
    np.testing.assert_allclose(early.bid[:-1], stationary.bid[:-1], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(early.ask[1:], stationary.ask[1:], rtol=1e-8, atol=1e-9)
    late = glft(DEALER, 1e-9)
    np.testing.assert_allclose(late.bid[:-1], DEALER.base, atol=1e-6)
    assert early.bid[-1] == np.inf
    assert early.ask[0] == np.inf


def test_the_asymptotic_formula_is_close_around_flat():
    exact, formula = glft_stationary(DEALER), glft_asymptotic(DEALER)
    near = slice(FLAT - 5, FLAT + 6)
    np.testing.assert_allclose(formula.bid[near], exact.bid[near], atol=0.004)
    np.testing.assert_allclose(formula.ask[near], exact.ask[near], atol=0.004)


def test_simulated_utility_is_the_value_function():
    """E exp(-gamma P&L) from flat equals v^(-gamma/k), quoting the exact optimum with time to go."""
    dealer = ExponentialDealer(horizon=0.5, limit=15)
    rng, paths, steps = np.random.default_rng(11), 4000, 500
    dt = dealer.horizon / steps
    q, cash, price = np.zeros(paths, dtype=int), np.zeros(paths), np.zeros(paths)
    for step in range(steps):
        quotes = glft(dealer, dealer.horizon - step * dt) if step % 5 == 0 else quotes  # noqa: F821
        bid, ask = quotes.bid[q + dealer.limit], quotes.ask[q + dealer.limit]
        buys = rng.poisson(dealer.arrival * np.exp(-dealer.decay * bid) * dt)
        sells = rng.poisson(dealer.arrival * np.exp(-dealer.decay * ask) * dt)
        cash += sells * (price + np.where(sells, ask, 0.0)) - buys * (price - np.where(buys, bid, 0.0))
        q = np.clip(q + buys - sells, -dealer.limit, dealer.limit)
        price += dealer.sigma * np.sqrt(dt) * rng.normal(size=paths)
    samples = np.exp(-dealer.gamma * (cash + q * price))
    certain = -np.log(samples.mean()) / dealer.gamma
    error = samples.std() / samples.mean() / dealer.gamma / np.sqrt(paths)
    exact = log_value(dealer, dealer.horizon)[dealer.limit] / dealer.decay
    assert error < 0.01 * exact
    # Steps of time bias the simulation by less than half a per cent; what remains is noise.
    assert abs(certain - exact) < 3 * error + 0.005 * exact


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match="gamma = 0"):
        ExponentialDealer(gamma=0)
