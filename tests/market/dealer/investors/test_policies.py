"""Scripted investors, and worlds in which several kinds act."""

import numpy as np
import pytest

from catallaxy.agents import Uniform
from catallaxy.learners import Acted, Fleet
from catallaxy.market.dealer import build
from catallaxy.market.dealer.investors.group import Investing, InvestorGroup
from catallaxy.market.dealer.investors.investor import Investor
from catallaxy.market.dealer.investors.policies import MeanReversion, Momentum, Noise, Twap
from catallaxy.market.prices import MeanRevertingPrice


def investors(world) -> list[Investor]:
    return [agent for agent in world.agents.values() if isinstance(agent, Investor)]


@pytest.mark.parametrize(("buy", "sell"), [(0.75, 0.25), (0.3, 0.1), (0.0, 0.5)])
@pytest.mark.parametrize("actions", ["discrete", "box"])
def test_twap_meets_its_target_evenly(market, tight, buy: float, sell: float, actions: str) -> None:
    group = InvestorGroup("twap", 3, 1.0, 0.0, buy, sell, inventory_limit=1e3, policy=Twap())
    scenario = market(group, investing=Investing(0.5, actions=actions))
    world = build(scenario, 2, 0, {"maker": tight})
    world.run(scenario.duration)
    for investor in investors(world):
        bought, sold = investor.pay.target.fractions
        assert abs(bought - buy) + abs(sold - sell) < 2.0 / investor.tally.decisions


def test_mean_reversion_gains_on_a_mean_reverting_price_and_momentum_loses(market, tight) -> None:
    groups = (
        InvestorGroup("reversion", 4, 1.0, policy=MeanReversion(3.0)),
        InvestorGroup("momentum", 4, 1.0, policy=Momentum(1.0)),
    )
    scenario = market(*groups, price=MeanRevertingPrice(rate=0.1))
    profits: dict[str, list[float]] = {"reversion": [], "momentum": []}
    for episode in range(30):
        world = build(scenario, 7, episode, {"maker": tight})
        world.run(scenario.duration)
        for name, found in profits.items():
            found.append(np.mean([one.profit(one.reference) for one in investors(world) if one.group == name]))
    for name, sign in (("reversion", 1.0), ("momentum", -1.0)):
        assert sign * np.mean(profits[name]) > 4.0 * np.std(profits[name]) / np.sqrt(30)


def test_noise_trades_as_often_as_it_is_told_either_way(market, tight) -> None:
    group = InvestorGroup("noise", 5, 1.0, inventory_limit=1e4, policy=Noise(0.6, 1.0))
    scenario = market(group, investing=Investing(0.1))
    world = build(scenario, 3, 0, {"maker": tight})
    world.run(scenario.duration)
    decisions = sum(one.tally.decisions for one in investors(world))
    error = 4.0 * np.sqrt(0.25 / decisions)
    for side in ("bought", "sold"):
        assert sum(getattr(one.tally, side) for one in investors(world)) / decisions == pytest.approx(0.3, abs=error)


def test_a_given_policy_goes_before_the_groups_script(market, tight, script) -> None:
    scenario = market(InvestorGroup("twap", 2, 1.0, policy=Twap()))
    world = build(scenario, 3, 0, {"maker": tight, "twap_2": script([0])})
    world.run(scenario.duration)
    one, other = investors(world)
    assert one.tally.bought > 0.0
    assert other.tally.bought == 0.0


def test_the_same_seed_gives_the_same_log_byte_for_byte(market, tight, play) -> None:
    scenario = market(
        InvestorGroup("twap", 2, Uniform(0.2, 1.0), policy=Twap()), InvestorGroup("noise", 2, policy=Noise())
    )
    first, second = (play(scenario, {"maker": tight}, 8) for _ in range(2))
    files = sorted(path.name for path in (first.folder / "events").iterdir())
    assert {"timings.arrows", "executions.arrows", "investor_rewards.arrows"} <= set(files)
    for name in files:
        assert (first.folder / "events" / name).read_bytes() == (second.folder / "events" / name).read_bytes()


class Cycle:
    """Acts by what it observes and its noise alone, row by row."""

    def act(self, observations, noise=None) -> Acted:
        row = np.abs(observations).sum(1) + noise[:, 0]
        actions = np.floor(row * 1e3) % 3
        count = len(actions)
        return Acted(
            actions[:, None].astype(np.float64),
            actions[:, None].astype(np.float32),
            np.zeros(count, np.float32),
            np.zeros(count, np.float32),
        )


def test_a_world_with_investors_is_the_same_alone_and_in_fleets(market, tight) -> None:
    scenario = market(InvestorGroup("investor", 3, Uniform(0.2, 1.0), Uniform(0.0, 1.0)))

    def gathered(worlds: int) -> dict[int, tuple[tuple[float, ...], ...]]:
        made = {}

        def make(episode: int):
            made[episode] = build(scenario, 5, episode, {"maker": tight})
            return made[episode]

        fleet = Fleet(make, {"investors": Cycle()}, scenario.duration, worlds)
        while fleet.episodes < 4 or min(made[episode].now for episode in range(4)) < 60.0:
            fleet.gather(60 * worlds)
        return {
            episode: tuple((*one.pay.target.fractions, one.account.cash, one.pay.total) for one in investors(world))
            for episode, world in made.items()
            if episode < 4
        }

    alone, together = gathered(1), gathered(4)
    assert alone == together
    assert len({result for results in alone.values() for result in results}) == 12
