"""Paper D's dealer: its HJB solution against the paper, against simulation, and against simpler policies."""

import attrs
import numpy as np
import pytest

from catallaxy.market.reference import fx_simulation
from catallaxy.market.reference.acceptance import Logistic
from catallaxy.market.reference.closed_form import ClosedFormSkew
from catallaxy.market.reference.fx_dealer import FxDealer, FxPolicy, evaluate
from catallaxy.market.reference.fx_report import report
from catallaxy.market.reference.fx_solver import best_policy, marginal_costs, solve, solve_finite_horizon

DEALER = FxDealer()


@pytest.fixture(scope="module")
def solution():
    return solve(DEALER, 0.5)


@pytest.fixture(scope="module")
def no_skew():
    return solve(DEALER, 1.0, skew=False)


def test_paper_d_is_reproduced(solution):
    flat = solution.policy.index(0.0)
    spreads = (solution.policy.bid + solution.policy.ask)[:, 0, flat]
    np.testing.assert_allclose(spreads, [0.55, 0.26], atol=0.0065)  # bp for 1 MEUR, as reported to two digits
    assert 8_000 < solution.measures.turnover < 12_000  # "about 10 bnEUR a day"
    patient = solve(attrs.evolve(DEALER, gamma=1e-2), 0.5).measures
    assert patient.risk_neutralisation_time == pytest.approx(1.39, rel=0.1)  # "comparable with 1.39 min"


def test_the_optimum_solves_the_hjb_equation(solution):
    """Put into the equation as the paper writes it, with Hamiltonians instead of quotes."""
    dealer, q, theta = DEALER, solution.policy.grid, solution.measures.value
    inside = np.abs(q) <= 60.0
    buying, selling = marginal_costs(dealer, q, theta)
    clients = sum(
        rate * size * (tier.hamiltonian(buying[k]) + tier.hamiltonian(selling[k]))
        for k, (size, rate) in enumerate(zip(dealer.sizes, dealer.rates, strict=True))
        for tier in dealer.tiers
    )
    push = np.abs(np.gradient(theta, q) + dealer.impact * q)
    hedging = np.maximum(push - dealer.hedge_linear, 0.0) ** 2 / (4 * dealer.hedge_quadratic)
    rest = clients + hedging - 0.5 * dealer.gamma * dealer.sigma**2 * q**2 - solution.measures.objective
    np.testing.assert_allclose(rest[inside], 0.0, atol=1e-4)


def test_the_grid_has_converged(solution):
    coarse, exact = solve(DEALER, 1.0).measures, solution.measures
    assert coarse.objective == pytest.approx(exact.objective, rel=1e-5)
    assert coarse.inventory_sd == pytest.approx(exact.inventory_sd, rel=1e-3)
    assert coarse.turnover == pytest.approx(exact.turnover, rel=1e-4)
    wide = solve(attrs.evolve(DEALER, limit=300.0), 1.0).measures
    assert wide.objective == pytest.approx(coarse.objective, rel=1e-9)


@pytest.mark.parametrize(("gamma", "hedging"), [(2e-3, "reduce"), (1e-2, "reduce"), (2e-3, "none")])
def test_simulation_agrees_within_two_standard_errors(gamma, hedging):
    dealer = attrs.evolve(DEALER, gamma=gamma, hedging=hedging)
    exact = solve(dealer, 0.5)
    found = fx_simulation.simulate(dealer, exact.policy, np.random.default_rng(2), paths=1000, days=0.25)
    assert found.objective.error < 0.004 * exact.measures.objective
    for name in ("objective", "inventory_sd", "turnover"):
        assert abs(getattr(found, name).deviation(getattr(exact.measures, name))) < 2.0, name


def test_measures_add_up(solution):
    m = solution.measures
    assert m.objective == pytest.approx(m.revenue + m.impact_gain - m.hedging_cost - m.risk_cost, rel=1e-7)
    assert m.distribution.sum() == pytest.approx(1.0)
    assert m.internalisation == pytest.approx(1 - m.hedged / m.turnover)
    np.testing.assert_allclose(m.distribution, m.distribution[::-1], atol=1e-9)


def test_skewing_is_worth_more_than_hedging_and_both_are_worth_most(solution, no_skew):
    no_hedge = solve(attrs.evolve(DEALER, hedging="none"), 1.0)
    assert no_skew.measures.objective < no_hedge.measures.objective < solution.measures.objective
    assert not no_hedge.policy.hedge.any()
    assert no_hedge.measures.internalisation == 1.0
    for table in (no_skew.policy.bid, no_skew.policy.ask):
        finite = np.where(np.isfinite(table), table, np.nan)
        assert (np.nanmax(finite, axis=2) == np.nanmin(finite, axis=2)).all()


def test_no_perturbed_policy_of_its_kind_beats_an_optimum(no_skew):
    best = solve(DEALER, 1.0)
    rng = np.random.default_rng(5)
    q = best.policy.grid
    for _ in range(4):
        shift = 0.05 * rng.normal(size=(*best.policy.bid.shape[:2], 1))
        flatter = attrs.evolve(no_skew.policy, bid=no_skew.policy.bid + shift, ask=no_skew.policy.ask + shift)
        assert evaluate(DEALER, flatter).objective < no_skew.measures.objective
        wave = 0.02 * np.cos(q / 10.0 * rng.normal())
        bent = attrs.evolve(best.policy, bid=best.policy.bid + wave, ask=best.policy.ask - wave)
        assert evaluate(DEALER, bent).objective < best.measures.objective
        slower = attrs.evolve(best.policy, hedge=best.policy.hedge * rng.uniform(0.3, 0.9))
        assert evaluate(DEALER, slower).objective < best.measures.objective


@pytest.mark.parametrize(
    ("change", "wider"),
    [
        ({"rates": tuple(2 * r for r in DEALER.rates)}, True),
        ({"hedge_linear": 0.2}, True),
        ({"impact": 1e-2}, True),
        ({"gamma": 5e-3}, False),
        ({"sigma": 80.0}, False),
    ],
)
def test_the_internalisation_zone_moves_as_the_paper_says(solution, change, wider):
    before = solution.policy.internalisation_threshold
    after = solve(attrs.evolve(DEALER, **change), 1.0).policy.internalisation_threshold
    assert (after > before + 1.0) if wider else (after < before - 1.0)


def test_pumping_the_price_is_refused_or_barred():
    below = 0.5 * DEALER.pumping_gamma
    assert DEALER.pumping_gamma == pytest.approx(5e-4)
    with pytest.raises(ValueError, match="pumps the price"):
        FxDealer(hedging="any", gamma=below)
    policy = solve(attrs.evolve(DEALER, gamma=below), 1.0).policy
    assert (policy.hedge * policy.grid <= 0.0).all()
    # Above the bound nothing is to be gained by hedging the wrong way.
    free = solve(attrs.evolve(DEALER, hedging="any"), 1.0).measures.objective
    assert free == pytest.approx(solve(DEALER, 1.0).measures.objective, rel=1e-12)


def test_far_from_the_end_the_finite_horizon_is_stationary(solution):
    finite = solve_finite_horizon(DEALER, 1.0, times=60)
    stationary = solve(DEALER, 1.0)
    early, late = finite.policy(), finite.policy(0.0)
    inside = np.abs(finite.grid) <= 100
    np.testing.assert_allclose(early.bid[..., inside], stationary.policy.bid[..., inside], atol=1e-6)
    np.testing.assert_allclose(early.hedge[inside], stationary.policy.hedge[inside], rtol=1e-5, atol=1e-3)
    assert not late.hedge.any()
    middle = len(finite.grid) // 2
    gain = (finite.value[-1] - finite.value[-11])[middle] / (finite.remaining[-1] - finite.remaining[-11])
    assert gain == pytest.approx(stationary.measures.objective, rel=1e-5)
    finer = solve_finite_horizon(DEALER, 1.0, times=120)
    assert finer.value[-1, middle] == pytest.approx(finite.value[-1, middle], rel=1e-3)


def test_a_charge_for_impact_at_the_end_lowers_the_value():
    free = solve_finite_horizon(attrs.evolve(DEALER, horizon=0.005), 1.0, times=20)
    charged = solve_finite_horizon(attrs.evolve(DEALER, horizon=0.005), 1.0, times=20, terminal_impact=True)
    middle = len(free.grid) // 2
    assert charged.value[-1, middle] < free.value[-1, middle]


def test_the_closed_form_skew_is_the_limit_of_small_trades():
    """Sizes of 1 and a low risk aversion: the quadratic expansion then holds."""
    tiers = (Logistic(-0.3, 5.0), Logistic(-1.9, 15.0))
    small = FxDealer(sizes=1.0, rates=4000.0, tiers=tiers, gamma=1e-5, limit=120.0, hedging="none")
    closed = ClosedFormSkew(small.sizes, small.rates, tiers, small.sigma, small.gamma)
    policy = solve(small, 1.0).policy
    flat = policy.index(0.0)
    for n in range(2):
        slope = (policy.bid[n, 0, flat + 5] - policy.bid[n, 0, flat - 5]) / 10.0
        assert slope == pytest.approx(closed.slope(n), rel=0.01)
        assert closed.ask(0.0, 1.0, n) + closed.bid(0.0, 1.0, n) == pytest.approx(
            policy.bid[n, 0, flat] + policy.ask[n, 0, flat], rel=1e-3
        )
    quarter = attrs.evolve(closed, rates=(1000.0,))
    assert quarter.slope(0) == pytest.approx(2 * closed.slope(0), rel=1e-12)


def test_a_high_risk_aversion_is_solved_too_and_a_coarse_grid_is_refused():
    dealer = attrs.evolve(DEALER, gamma=0.1)
    assert solve(dealer, 0.5).measures.objective == pytest.approx(415.7, rel=1e-3)
    with pytest.raises(ValueError, match="too coarse"):
        solve(dealer, 1.0)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="one rate per size"):
        FxDealer(rates=(1.0,))
    with pytest.raises(ValueError, match=r"sigma = -1\.0"):
        FxDealer(sigma=-1.0)
    with pytest.raises(ValueError, match="hedging = 'both'"):
        FxDealer(hedging="both")
    with pytest.raises(ValueError, match="no multiple"):
        DEALER.grid(0.75)
    with pytest.raises(ValueError, match="not on the grid"):
        report(DEALER, 1.0, inventories=[0.5])


def test_the_report_is_plain_and_complete():
    import json

    dealer = attrs.evolve(DEALER, limit=100.0)
    found = json.loads(json.dumps(report(dealer, 1.0, inventories=[-80.0, 0.0, 10.0, 80.0]), allow_nan=False))
    assert found["inventories"] == [-80.0, 0.0, 10.0, 80.0]
    bid = np.array(found["quotes"][0]["bid"], dtype=object)
    assert bid.shape == (6, 4)
    assert bid[5, 3] is None  # 50 MEUR more would breach the limit
    assert found["hedge_rates"][1] == 0.0
    assert set(found["simpler_policies"]) == {"no_hedge", "no_skew"}
    assert found["objective"] > found["simpler_policies"]["no_hedge"]["objective"]


def test_greedy_quotes_decline_what_breaches_the_limit():
    grid = DEALER.grid(1.0)
    policy = best_policy(DEALER, grid, -0.01 * grid**2, np.zeros(len(grid), dtype=bool))
    assert isinstance(policy, FxPolicy)
    assert np.isinf(policy.bid[0, 5, -50:]).all()
    assert np.isfinite(policy.bid[0, 5, :-50]).all()


def test_quotes_hedges_and_the_internalisation_zone_have_converged(solution):
    coarse = solve(DEALER, 1.0).policy
    inside = np.abs(coarse.grid) <= 60.0
    for side in ("bid", "ask"):
        fine = getattr(solution.policy, side)[..., ::2][..., inside]
        np.testing.assert_allclose(getattr(coarse, side)[..., inside], fine, atol=2e-4)  # bp
    assert coarse.internalisation_threshold == pytest.approx(solution.policy.internalisation_threshold, abs=0.2)


def test_over_a_whole_session_the_report_gives_the_opening(solution):
    found = report(DEALER, 1.0, [-20.0, 0.0, 20.0], finite=True)
    session = found["finite_horizon"]
    assert session["horizon"] == DEALER.horizon
    assert session["value"] == pytest.approx(DEALER.horizon * found["objective"], rel=0.05)
    assert session["quotes"][0]["bid"][0] == pytest.approx(found["quotes"][0]["bid"][0], abs=1e-4)
    assert sum(report(DEALER, 1.0, list(solution.policy.grid[::2]))["density"]) == pytest.approx(1.0)
