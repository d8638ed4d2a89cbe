"""The market in rounds: its books add up, its luck is its own, and its agents learn and are calibrated."""

import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "calibration" / "rounds"


@pytest.fixture(autouse=True)
def beside(monkeypatch: pytest.MonkeyPatch):
    """The example's modules import one another by name, as scripts do."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in ("market", "population"):
        sys.modules.pop(name, None)


def worlds(seed: int = 0, funds: int = 2):
    from market import Market, Worlds

    values = {
        "bold.risk_aversion": 1e-3, "bold.connectivity": 0.9, "shy.risk_aversion": 5e-2, "shy.connectivity": 0.4,
        "clients.alpha": -1.0, "clients.beta": 6.0, "funds.risk_aversion": 1e-2,
    }  # fmt: skip
    columns = {name: np.full(3, value) for name, value in values.items()}
    return Worlds(Market(funds=funds), columns, np.random.default_rng(seed))


def rewards(market, half_spread: float = 0.1, skew: float = 0.0):
    """What a round brings makers and funds if all makers quote alike."""
    worlds, makers, funds, _ = market.shape
    market.quote(np.stack([np.full((worlds, makers), half_spread), np.full((worlds, makers), skew)], 2))
    return market.trade(np.full((worlds, funds), 0.5))


def test_what_makers_earn_is_what_clients_pay():
    market = worlds(funds=0)
    makers, funds = rewards(market)
    risk = 0.5 * 1.7 * market.risk * market.inventory**2
    index = market.market.measures.index
    shown = market.measures() * market.market.rounds
    paid = shown[:, index("volume of clients")] * market.measures()[:, index("mean paid by clients")]
    assert funds.size == 0
    assert paid.sum() > 0.0
    assert (makers + risk).sum(axis=1) == pytest.approx(paid)


def test_what_a_fund_gives_up_a_maker_takes_over():
    market = worlds(2)
    market.known[:] = False  # clients reach nobody
    market.traded_with[:] = True
    held = market.held.copy()
    rewards(market)  # funds keep half a MEUR
    given_up = np.sign(held) * np.maximum(np.abs(held) - 0.5, 0.0)
    assert market.inventory.sum(axis=1) == pytest.approx(given_up.sum(axis=1))
    assert np.abs(given_up).sum() > 0.0


def test_the_same_seed_gives_the_same_episodes():
    def shown(seed: int):
        market = worlds(seed)
        for _ in range(market.market.rounds):
            rewards(market)
        return market.measures()

    assert np.array_equal(shown(4), shown(4))
    assert not np.array_equal(shown(4), shown(5))


def test_who_leans_against_its_inventory_holds_less():
    def rms(skew: float) -> float:
        market = worlds(1)
        for _ in range(market.market.rounds):
            rewards(market, 0.15, skew)
        return float(market.measures()[:, market.market.measures.index("inventory of bold")].mean())

    assert rms(0.2) < 0.8 * rms(0.0)


def test_agents_learn_to_quote_nearer_to_cost_and_a_calibration_runs():
    from population import Rounds

    from catallaxy.calibrate import Calibration, Plan
    from market import Market

    market = Market()
    problem = Rounds(market, [0.0] * len(market.measures))
    population = problem.populate(places=16, seed=0, conditioned=False)
    middle = np.full((16, problem.space.size), 0.5)
    before = population.evaluate(middle[0], 32, 9)
    while population.decisions < 120_000:
        population.explore(middle)
    after = population.evaluate(middle[0], 32, 9)
    volume, paid = market.measures.index("volume of clients"), market.measures.index("mean paid by clients")
    assert after[volume] > 1.1 * before[volume]
    assert after[paid] < 0.95 * before[paid]
    assert np.array_equal(after, population.evaluate(middle[0], 32, 9))
    calibration = Calibration(Rounds(market, after.tolist()), Plan(budget=20_000, seed=1))
    list(calibration)
    assert calibration.recommend().point.shape == (problem.space.size,)
