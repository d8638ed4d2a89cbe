"""Fill probabilities: what makers see of their clients' laws."""

from collections.abc import Sequence

import attrs
import numpy as np
import pytest

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.market.dealer import (
    Client,
    Clients,
    DealerScenario,
    Decisions,
    FixedSpread,
    MakerGroup,
    Session,
    Tier,
    build,
)
from catallaxy.market.dealer.measures import fill_probability, quoted
from catallaxy.market.dealer.measures.quotes import NoClientError

DISTANCES = (0.0, 0.13, 0.25, 0.5)
SCENARIO = DealerScenario(
    makers=(MakerGroup("bold", 1, connectivity=1.0), MakerGroup("shy", 2, connectivity=0.5)),
    clients=Clients(1800.0, (1.0,), (1.0,), (Tier("near", -0.3, 5.0, 6), Tier("far", -1.9, 15.0, 6))),
    session=Session(horizon=120.0),
)


@attrs.frozen
class Wandering:
    """Quotes at random distances."""

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> np.ndarray:
        return np.array([agent.rng.uniform(0.0, 0.6), 0.0, 0.0])


def played(scenario: DealerScenario, policies: dict, episodes: int = 1) -> list[World]:
    worlds = [build(scenario, 3, episode, policies) for episode in range(episodes)]
    for world in worlds:
        world.run(scenario.duration)
    return worlds


def law(tier: Tier, at: float) -> float:
    return float(1.0 / (1.0 + np.exp(tier.alpha + tier.beta * at)))


def test_of_clients_it_is_their_law():
    worlds = played(SCENARIO, {"bold": FixedSpread(0.2, 0.0), "shy": FixedSpread(0.3, 0.0)})
    for tier in SCENARIO.clients.tiers:
        for at in DISTANCES:
            assert fill_probability(worlds, at, tier.name) == pytest.approx(law(tier, at))
            assert fill_probability(worlds, at, f"{tier.name}_1") == pytest.approx(law(tier, at))


def test_a_maker_loses_what_rivals_quote_better():
    """One rival, who is linked to half of the clients and always quotes 0.2 bp."""
    makers = (SCENARIO.makers[0], MakerGroup("shy", 1, connectivity=0.5))
    scenario = attrs.evolve(SCENARIO, makers=makers, decisions=Decisions(streaming=True))
    worlds = played(scenario, {"bold": FixedSpread(0.3, 0.0), "shy": FixedSpread(0.2, 0.0)})
    agents = worlds[0].agents.values()
    for tier in scenario.clients.tiers:
        clients = [agent for agent in agents if isinstance(agent, Client) and agent.group == tier.name]
        requests = [len(request.offers) for client in clients for request in client.shopping]
        alone = requests.count(1) / len(requests)
        assert 0.0 < alone < 1.0
        assert fill_probability(worlds, 0.19, "bold", tier.name) == pytest.approx(law(tier, 0.19))
        assert fill_probability(worlds, 0.21, "bold", tier.name) == pytest.approx(alone * law(tier, 0.21), rel=1e-4)


@pytest.mark.parametrize("streaming", [False, True])
def test_trades_happen_as_often_as_it_says(streaming: bool):
    scenario = attrs.evolve(SCENARIO, decisions=Decisions(streaming=streaming))
    worlds = played(scenario, {"bold": Wandering(), "shy": Wandering()}, episodes=4)
    for tier in ("near", "far"):
        for of in ("bold", "shy", "shy_1"):
            seen = quoted(worlds, of, tier)
            expected = np.array([fill_probability(worlds, float(at), of, tier) for at in np.linspace(0.0, 0.6, 61)])
            taken = np.interp(seen.distance, np.linspace(0.0, 0.6, 61), expected)
            error = np.sqrt((taken * (1.0 - taken)).sum())
            assert len(seen.distance) > 200
            assert abs(seen.taken.sum() - taken.sum()) < 3.0 * error


def test_orders_are_counted_once():
    worlds = played(SCENARIO, {"bold": Wandering(), "shy": Wandering()})
    agents = worlds[0].agents.values()
    trades = sum(agent.tally.trades for agent in agents if isinstance(agent, LearningAgent))  # type: ignore[attr-defined]
    assert trades > 0
    assert sum(int(quoted(worlds, group).taken.sum()) for group in ("bold", "shy")) == trades


def test_who_is_not_there_is_named():
    worlds = [build(SCENARIO, 0)]
    assert np.isnan(fill_probability(worlds, 0.1, "bold")), "nothing has happened yet"
    with pytest.raises(NoClientError, match="no client is called 'fast', and no tier; there are the tiers far, near"):
        fill_probability(worlds, 0.1, "bold", "fast")
    with pytest.raises(NoClientError, match="'near' is no maker"):
        fill_probability(worlds, 0.1, "near", "bold")
