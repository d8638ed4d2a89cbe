"""The benchmark dealer: exact evaluation against simulation and linear algebra, the optimum, and known yardsticks."""

import attrs
import numpy as np
import pytest

from catallaxy.market.reference import tick_simulation
from catallaxy.market.reference.acceptance import Logistic
from catallaxy.market.reference.tick_dealer import TickDealer, TickPolicy, after_tick, evaluate, revenue_rate, tick_laws
from catallaxy.market.reference.tick_solver import solve
from catallaxy.market.reference.tick_yardsticks import (
    best_fixed,
    best_linear,
    fixed_policy,
    hedge_classes,
    linear_policy,
    yardstick,
)

DEALER = TickDealer()
SMALL = TickDealer(
    tick=0.5, sigma=1.1, limit=7, sizes=(1, 3), rates=(2.0, 0.7), acceptance=Logistic(-0.5, 2.0), gammas=(0.01,)
)


@pytest.fixture(scope="module")
def yardsticks():
    return {gamma: yardstick(DEALER, gamma) for gamma in DEALER.gammas}


def random_policy(dealer, rng):
    shape = dealer.inventories.shape
    return TickPolicy(*(rng.uniform(*box, shape) for box in (dealer.half_spread, dealer.skew, dealer.hedge)))


def generator(dealer, bid, ask):
    q = dealer.inventories
    rates = np.zeros((len(q), len(q)))
    for i in range(len(q)):
        for size, rate in zip(dealer.sizes, dealer.rates, strict=True):
            for step, quote in ((size, bid), (-size, ask)):
                if abs(q[i] + step) <= dealer.limit:
                    rates[i, i + step] += rate * float(dealer.acceptance.probability(quote))
    return rates - np.diag(rates.sum(axis=1))


def test_a_ticks_laws_are_matrix_exponentials():
    linalg = pytest.importorskip("scipy.linalg")
    bid, ask = -0.4, 0.9
    rates, points = generator(SMALL, bid, ask), len(SMALL.inventories)
    # The exponential of [[G, 1], [0, 0]] holds the integral of e^{Gt} in its upper right block.
    block = linalg.expm(SMALL.tick * np.block([[rates, np.eye(points)], [np.zeros((points, 2 * points))]]))
    quotes = np.full(points, bid), np.full(points, ask)
    laws, spent = tick_laws(SMALL, SMALL.inventories, *quotes)
    np.testing.assert_allclose(laws, block[:points, :points], atol=1e-14)
    np.testing.assert_allclose(spent, block[:points, points:], atol=1e-14)


def test_forward_and_backward_evaluation_agree():
    rng = np.random.default_rng(1)
    value = rng.normal(size=len(SMALL.inventories))
    bid, ask = rng.normal(size=(2, 5))
    reward = revenue_rate(SMALL, bid, ask)[0]
    backward = after_tick(SMALL, bid, ask, reward, value)
    for n in range(5):
        same = np.full(len(SMALL.inventories), 1.0)
        laws, spent = tick_laws(SMALL, SMALL.inventories, bid[n] * same, ask[n] * same)
        np.testing.assert_allclose(backward[n], laws @ value + spent @ reward[n], atol=1e-13)


def test_measures_add_up_and_the_law_is_stationary():
    rng = np.random.default_rng(2)
    policy = random_policy(SMALL, rng)
    m = evaluate(SMALL, 0.01, policy)
    assert m.objective == pytest.approx(m.revenue - m.hedging_cost - m.risk_cost, abs=1e-8)
    hedge = SMALL.hedged(SMALL.inventories, policy.h)
    laws, _ = tick_laws(SMALL, SMALL.inventories - hedge, policy.s - policy.u, policy.s + policy.u)
    np.testing.assert_allclose(m.distribution @ laws, m.distribution, atol=1e-9)


def test_simulation_agrees_with_exact_evaluation(yardsticks):
    rng = np.random.default_rng(4)
    cases = [(DEALER, 0.005, yardsticks[0.005].optimum.policy), (SMALL, 0.01, random_policy(SMALL, rng))]
    for dealer, gamma, policy in cases:
        exact = evaluate(dealer, gamma, policy)
        found = tick_simulation.simulate(dealer, gamma, policy, rng, paths=2000, ticks=600, burn_in=200)
        for name in ("objective", "inventory_sd", "turnover", "hedged"):
            assert abs(getattr(found, name).deviation(getattr(exact, name))) < 2.5, name
        assert found.objective.error < 0.01


def test_hedges_are_rounded_half_up_towards_flat():
    np.testing.assert_array_equal(
        DEALER.hedged([5, -5, 4, 1, 0, -1], [0.5, 0.5, 0.3, 0.5, 1.0, 0.49]), [3, -3, 1, 1, 0, 0]
    )
    np.testing.assert_allclose(DEALER.hedging_cost([-10, 0, 10]), [7.0, 0.0, 7.0])


def test_every_way_of_rounding_a_fraction_is_in_the_classes():
    classes = hedge_classes(SMALL)
    table = {tuple(SMALL.hedged(np.arange(8), h)) for h in classes}
    for h in np.random.default_rng(3).uniform(size=2000):
        assert tuple(SMALL.hedged(np.arange(8), h)) in table


def test_the_optimum_beats_every_policy_tried_and_states_its_gap(yardsticks):
    rng = np.random.default_rng(6)
    best = yardsticks[0.01].optimum
    assert best.gap < 1e-6
    best.policy.check(DEALER)
    for _ in range(5):
        nearby = attrs.evolve(
            best.policy,
            s=np.clip(best.policy.s + 0.05 * rng.normal(size=101), *DEALER.half_spread),
            u=np.clip(best.policy.u + 0.05 * rng.normal(size=101), *DEALER.skew),
        )
        assert evaluate(DEALER, 0.01, nearby).objective < best.measures.objective
        assert evaluate(DEALER, 0.01, random_policy(DEALER, rng)).objective < best.measures.objective


def test_brute_force_finds_the_same_optimum():
    """Relative value iteration over a grid of actions, with scipy's matrix exponential instead of uniformisation."""
    linalg = pytest.importorskip("scipy.linalg")
    tiny = attrs.evolve(SMALL, limit=3, sizes=(1, 2), half_spread=(0.2, 1.0), skew=(-0.5, 0.5))
    gamma, q = 0.05, tiny.inventories
    steps = []
    for s in np.linspace(*tiny.half_spread, 21):
        for u in np.linspace(*tiny.skew, 21):
            block = np.zeros((14, 14))
            block[:7, :7], block[:7, 7:] = generator(tiny, s - u, s + u), np.eye(7)
            block = linalg.expm(tiny.tick * block)
            reward = revenue_rate(tiny, np.array([s - u]), np.array([s + u]))[0][0] - tiny.risk(gamma)
            steps.append((block[:7, :7], block[:7, 7:] @ reward))
    laws, rewards = (np.stack(part) for part in zip(*steps, strict=True))
    value = np.zeros(7)
    for _ in range(400):
        quoted = (rewards + laws @ value).max(axis=0)
        new = np.array(
            [max(quoted[q0 - np.sign(q0) * x + 3] - tiny.hedging_cost(x) for x in range(abs(q0) + 1)) for q0 in q]
        )
        gain, value = new[3] - value[3], new - new[3]
    exact = solve(tiny, gamma).measures.objective
    assert gain / tiny.tick <= exact + 1e-9
    assert gain / tiny.tick == pytest.approx(exact, abs=1e-3)


def test_the_best_fixed_policy_is_the_best_of_an_exhaustive_search():
    found = best_fixed(SMALL, 0.01)
    spreads = np.linspace(*SMALL.half_spread, 81)
    exhaustive = max(
        evaluate(SMALL, 0.01, fixed_policy(SMALL, s, h)).objective for s in spreads for h in hedge_classes(SMALL)
    )
    assert found.objective >= exhaustive - 1e-12
    assert found.objective == pytest.approx(exhaustive, abs=1e-3)
    assert evaluate(SMALL, 0.01, found.policy).objective == pytest.approx(found.objective, abs=1e-9)


def test_linear_skew_without_hedging_scores_as_known(yardsticks):
    scores = [y.score(best_linear(DEALER, gamma).objective) for gamma, y in yardsticks.items()]
    assert np.mean(scores) == pytest.approx(0.93, abs=0.005)
    assert min(scores) == pytest.approx(0.76, abs=0.005)
    y = yardsticks[0.005]
    assert y.score(y.fixed.objective) == 0.0
    assert y.score(y.optimum.measures.objective) == 1.0


@pytest.mark.slow
def test_linear_skew_with_a_constant_hedge_scores_higher(yardsticks):
    scores = [y.score(best_linear(DEALER, gamma, hedge=True).objective) for gamma, y in yardsticks.items()]
    assert 0.976 <= np.mean(scores) < 0.99
    assert min(scores) > 0.94


def test_states_that_are_never_reached_do_not_matter():
    """Even sizes and no hedging: odd inventories are another world, and the objective is that of a flat start."""
    even = attrs.evolve(SMALL, sizes=(2, 4), hedge=(0.0, 0.0))
    halved = attrs.evolve(SMALL, sizes=(1, 2), limit=3, hedge=(0.0, 0.0), sigma=2 * SMALL.sigma)
    for make in (lambda d: fixed_policy(d, 0.5, 0.0), lambda d: linear_policy(d, 0.5, 0.1 if d is even else 0.2)):
        assert evaluate(even, 0.01, make(even)).objective == pytest.approx(
            2 * evaluate(halved, 0.005, make(halved)).objective, rel=1e-6
        )
    assert solve(even, 0.01).measures.objective == pytest.approx(2 * solve(halved, 0.005).measures.objective, abs=1e-5)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="one rate per size"):
        TickDealer(rates=(1.0,))
    with pytest.raises(ValueError, match=r"tick = 0\.0"):
        TickDealer(tick=0.0)
    with pytest.raises(ValueError, match=r"hedge = \(0\.0, 2\.0\)"):
        TickDealer(hedge=(0, 2))
    with pytest.raises(ValueError, match="whole"):
        TickDealer(sizes=(1.5,), rates=(1.0,))
    policy = fixed_policy(DEALER, 0.5, 0.0)
    policy.s[3] = 2.5
    with pytest.raises(ValueError, match=r"s = 2\.5 at q = -47"):
        evaluate(DEALER, 0.01, policy)
