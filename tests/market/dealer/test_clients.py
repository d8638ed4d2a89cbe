"""Clients' requests and trades follow the laws that the scenario states."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest
from scipy import stats

from catallaxy.market.dealer import Clients, DealerScenario, FixedSpread, MakerGroup, Session, Tier, build
from catallaxy.market.prices import BrownianPrice

Play = Callable[..., Any]

DAY = 1440.0
SCENARIO = DealerScenario(
    makers=(MakerGroup("only", 1, connectivity=1.0, inventory_limit=1e6),),
    price=BrownianPrice(1.1, volatility=0.0),
    session=Session(horizon=2 * DAY, tick=60.0),
    clients=Clients(tiers=(Tier("tier1", -0.3, 5.0, clients=2), Tier("tier2", -1.9, 15.0, clients=3))),
)


class Requests:
    """What a single maker with a fixed spread, linked to everybody, was asked over two days, and what was traded."""

    def __init__(self, play: Play, half_spread: float) -> None:
        played = play(SCENARIO, FixedSpread(half_spread), 1)
        asked = played.table("quote_requests")
        self.times = asked["time"].to_numpy()
        self.tiers = asked["tier"].to_numpy()
        self.quantities = asked["quantity"].to_numpy()
        self.traders = [row["sender"] for row in played.rows("orders")]


@pytest.fixture(scope="module")
def requests(play: Play) -> Requests:
    return Requests(play, half_spread=0.25)


def test_requests_arrive_at_the_stated_rates(requests: Requests) -> None:
    """1800 a day for each tier and side, in the stated sizes."""
    for tier in (1, 2):
        for side in (1, -1):
            count = ((requests.tiers == tier) & (np.sign(requests.quantities) == side)).sum()
            assert count == pytest.approx(3600, abs=4 * np.sqrt(3600))
    sizes, counts = np.unique(np.abs(requests.quantities), return_counts=True)
    assert sizes.tolist() == list(SCENARIO.clients.sizes)
    assert stats.chisquare(counts, np.array(SCENARIO.clients.shares) * counts.sum()).pvalue > 1e-3


def test_requests_are_poisson_in_time(requests: Requests) -> None:
    gaps = np.diff(requests.times)
    assert stats.kstest(gaps, stats.expon(scale=gaps.mean()).cdf).pvalue > 1e-3
    assert np.corrcoef(gaps[:-1], gaps[1:])[0, 1] == pytest.approx(0.0, abs=4 / np.sqrt(len(gaps)))


@pytest.mark.parametrize(
    ("half_spread", "probabilities"), [(0.0, (0.574, 0.870)), (0.13, (0.413, 0.487)), (0.5, (0.100, 0.004))]
)
def test_quotes_are_taken_with_the_tiers_probability(
    play: Play, half_spread: float, probabilities: tuple[float, float]
) -> None:
    """The flow-versus-price targets that follow from the tiers' fitted curves."""
    asked = Requests(play, half_spread)
    for tier, probability in zip((1, 2), probabilities, strict=True):
        count = (asked.tiers == tier).sum()
        taken = sum(name.startswith(f"tier{tier}_") for name in asked.traders)
        deviation = np.sqrt(probability * (1 - probability) * count)
        assert taken == pytest.approx(probability * count, abs=4 * deviation + 0.0005 * count)


def test_requests_do_not_depend_on_what_is_quoted(play: Play, requests: Requests) -> None:
    """Common random numbers: a maker who quotes otherwise is asked for the same, to within the latencies of orders."""
    other = Requests(play, half_spread=0.05)
    np.testing.assert_array_equal(np.sort(other.quantities), np.sort(requests.quantities))
    np.testing.assert_allclose(np.sort(other.times), np.sort(requests.times), atol=0.02)


def test_a_client_takes_the_best_quote_and_draws_lots_between_equals() -> None:
    scenario = attrs.evolve(SCENARIO, makers=(MakerGroup("maker", 3, connectivity=1.0, inventory_limit=1e6),))
    cheap = {"maker_1": FixedSpread(0.2), "maker_2": FixedSpread(0.1), "maker_3": FixedSpread(0.2)}
    world = build(scenario, 2, 0, cheap)
    world.run(scenario.duration)
    trades = [world.agents[name].tally.trades for name in cheap]  # type: ignore[attr-defined]
    assert trades[0] == trades[2] == 0 < trades[1]
    world = build(scenario, 2, 0, FixedSpread(0.1))
    world.run(scenario.duration)
    trades = [world.agents[name].tally.trades for name in cheap]  # type: ignore[attr-defined]
    assert stats.chisquare(trades).pvalue > 1e-3
