"""Market makers: what they observe, quote, decline, hedge and earn."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from catallaxy.agents import Constant, LearningAgent, LogUniform, Uniform
from catallaxy.market.dealer import (
    DealerScenario,
    Decisions,
    ExchangeCosts,
    FixedSpread,
    Latencies,
    LinearSkew,
    MakerGroup,
    MakerType,
    MarketMaker,
    RewardWeights,
    Session,
    build,
)
from catallaxy.market.prices import BrownianPrice, HistoricalPrice

Play = Callable[..., Any]

SHORT = DealerScenario(
    makers=(MakerGroup("maker", 2, LogUniform(1e-3, 2e-2), Uniform(0.5, 1.0)),),
    session=Session(horizon=60.0),
)


@attrs.define
class Script:
    """Plays fixed actions in turn and keeps what it was shown."""

    actions: list[tuple[float, float, float]]
    seen: list[tuple[float, tuple[float, ...]]] = attrs.field(factory=list)

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> npt.ArrayLike:
        self.seen.append((agent.now, tuple(observation)))
        return np.array(self.actions[min(len(self.seen), len(self.actions)) - 1])


def lone(inventory: float = 0.0, **changes: Any) -> DealerScenario:
    """One maker whom no client can reach, deciding every minute, with immediate messages."""
    group = MakerGroup("maker", 1, 0.01, 0.0, initial_inventory=inventory, inventory_limit=50.0)
    parts = {
        "makers": (group,),
        "session": Session(horizon=10.0),
        "decisions": Decisions(interval=1.0, pace="regular", discount_rate=0.0),
        "latency": Latencies(clients=0.0, exchange=0.0),
        "exchange": ExchangeCosts(linear=0.6, quadratic=0.01, lot=1.0),
        **changes,
    }
    return DealerScenario(**parts)


def run(scenario: DealerScenario, policy: Any, seed: int = 1) -> MarketMaker:
    world = build(scenario, seed, 0, policy)
    world.run(scenario.duration)
    maker = world.agents["maker_1"]
    assert isinstance(maker, MarketMaker)
    return maker


def test_a_maker_observes_its_own_inventory_and_the_time_to_close() -> None:
    script = Script([(0.5, 0.0, 0.0)])
    run(lone(-18.0), script)
    times = [now for now, _ in script.seen]
    assert times == pytest.approx(list(range(10)))
    for now, (size, small, left, near) in script.seen:
        assert (size, small) == pytest.approx((0.36, 0.36 / (0.36 + 0.125)))
        assert (left, near) == pytest.approx((1.0 - now / 10.0, np.exp(-(10.0 - now) / 10.0)))


def test_without_a_close_no_close_is_seen_and_nothing_terminates() -> None:
    script = Script([(0.5, 0.0, 0.0)])
    maker = run(lone(session=Session(horizon=10.0, terminal=False)), script)
    assert {observed[2:] for _, observed in script.seen} == {(1.0, 0.0)}
    assert not maker.terminated
    assert run(lone(), Script([(0.5, 0.0, 0.0)])).terminated


def test_hedges_are_rounded_to_lots_and_cost_what_the_scenario_says(play: Play) -> None:
    """0.4 of 18 MEUR is 7.2, so 7 lots; then 0.5 of 11 is 5.5, rounded up to 6; and so on down to nothing."""
    script = Script([(0.5, 0.0, 0.4), (0.5, 0.0, 0.5), (0.5, 0.0, 1.0), (0.5, 0.0, 1.0)])
    played = play(lone(-18.0), script, 1)
    hedges = played.table("hedge_fills").to_pylist()
    assert [row["quantity"] for row in hedges] == [7.0, 6.0, 5.0]
    for row in hedges:
        distance = (row["price"] / row["reference"] - 1.0) * 1e4
        assert distance == pytest.approx(0.6 + 0.01 * row["quantity"], abs=1e-4)
    maker = played.world.agents["maker_1"]
    assert maker.inventory == 0.0
    assert maker.tally.hedging_cost == pytest.approx(sum(0.6 * x + 0.01 * x * x for x in (7, 6, 5)), abs=1e-2)


def test_hedges_in_flight_are_not_hedged_again() -> None:
    """With messages slower than decisions, the whole inventory is sent off once and not again each time."""
    slow = lone(20.0, latency=Latencies(clients=0.0, exchange=3.0), session=Session(horizon=30.0, settlement=20.0))
    maker = run(slow, Script([(0.5, 0.0, 1.0)]))
    assert maker.inventory == 0.0
    assert maker.tally.hedged == 20.0


def test_the_reward_is_spread_less_hedging_less_the_flow_of_risk() -> None:
    """Undiscounted rewards of all transitions add up to the objective of the tally."""
    scenario = attrs.evolve(SHORT, decisions=Decisions(discount_rate=0.0))
    world = build(scenario, 3)
    earned = dict.fromkeys(("maker_1", "maker_2"), 0.0)
    while questions := world.advance(scenario.duration):
        for question in questions:
            earned[question.agent.name] += question.reward
            # A hedge that is in flight at the close would cost after the maker's problem has ended.
            question.answer(np.array([0.2, 0.1, 0.2 if world.now < 59.9 else 0.0]))
    for name in earned:
        maker = world.agents[name]
        assert isinstance(maker, MarketMaker)
        earned[name] += maker.outcome()[0]
        assert maker.tally.trades > 10
        assert earned[name] == pytest.approx(maker.tally.objective, abs=1e-9)


def test_risk_is_priced_by_the_squared_inventory_over_time() -> None:
    """Holding 18 MEUR for 10 minutes at gamma = 0.01: 0.01 / 2 * (50^2 / 1440) * 324 * 10 MEUR bp."""
    maker = run(lone(18.0), Script([(0.5, 0.0, 0.0)]))
    assert maker.tally.risk_cost == pytest.approx(0.005 * 2500 / 1440 * 324 * 10)
    assert maker.tally.objective == -maker.tally.risk_cost


def test_inventory_gains_count_only_by_their_weight() -> None:
    for weight in (0.0, 0.5):
        group = MakerGroup("maker", 1, 0.01, 0.0, initial_inventory=18.0, rewards=RewardWeights(inventory_pnl=weight))
        scenario = lone(makers=(group,))
        world = build(scenario, 1)
        total = 0.0
        while questions := world.advance(scenario.duration):
            for question in questions:
                total += question.reward
                question.answer(np.array([0.5, 0.0, 0.0]))
        maker = world.agents["maker_1"]
        assert isinstance(maker, MarketMaker)
        total += maker.outcome()[0]
        gain = maker.profit(maker.reference)
        assert abs(gain) > 1.0
        assert total + maker.tally.risk_cost == pytest.approx(weight * gain, rel=1e-2)


def test_quotes_lean_against_the_inventory(play: Play) -> None:
    """Long: the middle lies below the reference price; short: above; a flat maker quotes around it."""
    for inventory, side in ((20.0, -1.0), (-20.0, 1.0), (0.0, 0.0)):
        group = MakerGroup("maker", 1, 0.01, 1.0, initial_inventory=inventory, inventory_limit=50.0)
        scenario = DealerScenario(
            makers=(group,), price=BrownianPrice(1.1, volatility=0.0), session=Session(horizon=2.0, tick=1.0)
        )
        played = play(scenario, Script([(2.0, 0.7, 0.0)]), 4)
        asked = {row["sequence"]: row["quantity"] for row in played.rows("quote_requests")}
        quotes = played.rows("quotes")
        assert quotes
        for row in quotes:
            distance = (row["price"] / 1.1 - 1.0) * 1e4
            expected = (2.0 if asked[row["in_reply_to"]] > 0 else -2.0) + side * 0.7
            assert distance == pytest.approx(expected, abs=1e-4)
        assert {row["middle"] for row in played.rows("pricings")} == {side * 0.7}


def test_what_would_breach_the_limit_is_declined(play: Play) -> None:
    group = MakerGroup("maker", 1, 0.01, 1.0, initial_inventory=9.0, inventory_limit=10.0)
    scenario = DealerScenario(makers=(group,), session=Session(horizon=240.0))
    played = play(scenario, FixedSpread(0.0), 2)
    assert max(abs(row["inventory"]) for row in played.rows("positions")) <= 10.0
    assert {row["reason"] for row in played.rows("rejects")} == {"limit"}
    assert played.world.agents["maker_1"].tally.trades > 50


def test_the_reference_price_is_seen_as_late_as_the_link_is_slow() -> None:
    scenario = lone(
        latency=Latencies(clients=0.0, exchange=0.4), session=Session(horizon=10.0, settlement=5.0, tick=0.5)
    )
    world = build(scenario, 5, 0, Script([(0.5, 0.0, 0.0)]))
    path = scenario.price.sample(_price_stream(5), 10.0, 0.5)
    maker = world.agents["maker_1"]
    assert isinstance(maker, MarketMaker)
    for now in (0.3, 0.45, 0.95, 3.2):
        world.advance(now)
        assert maker.reference == pytest.approx(path.at(max(now - 0.4, 0.0)), abs=1e-9)


def _price_stream(seed: int) -> np.random.Generator:
    from catallaxy.engine import stream

    return stream(seed, 0, "price")


def test_nothing_hidden_shows_in_what_a_maker_observes() -> None:
    """Another maker's type, inventory and policy leave a maker's observations as they are, if no client links them."""
    seen = []
    for inventory, aversion, skew in ((0.0, 1e-3, 0.0), (30.0, 2e-2, 1.0)):
        group = MakerGroup("maker", 1, 0.01, 1.0)
        other = MakerGroup("other", 1, aversion, 0.0, initial_inventory=inventory)
        script = Script([(0.2, 0.0, 0.1)])
        scenario = DealerScenario(makers=(group, other), session=Session(horizon=30.0))
        build(scenario, 6, 0, {"maker": script, "other": LinearSkew(0.5, skew, 0.5)}).run(scenario.duration)
        seen.append(script.seen)
    assert seen[0] == seen[1]


def test_types_are_drawn_anew_each_episode_within_their_supertypes() -> None:
    drawn = [build(SHORT, 1, episode).agents["maker_1"] for episode in range(40)]
    aversions = [maker.type.risk_aversion for maker in drawn]  # type: ignore[attr-defined]
    assert len(set(aversions)) == 40
    assert all(1e-3 <= aversion <= 2e-2 for aversion in aversions)
    reach = np.mean([len(maker.neighbours()) - 1 for maker in drawn]) / 20
    connectivity = np.mean([maker.type.connectivity for maker in drawn])  # type: ignore[attr-defined]
    assert reach == pytest.approx(connectivity, abs=4 * np.sqrt(0.25 / 800))


def test_features_map_the_usual_range_to_one_and_minus_one() -> None:
    assert MakerType(1e-3, 0.0).features == pytest.approx((-1.0, -1.0))
    assert MakerType(2e-2, 1.0).features == pytest.approx((1.0, 1.0))
    with pytest.raises(ValueError, match="risk_aversion"):
        MakerType(0.0, 0.5)


def test_poisson_and_regular_paces_have_the_same_mean() -> None:
    for pace, spread in (("poisson", 1.0), ("regular", 0.0)):
        script = Script([(0.5, 0.0, 0.0)])
        decisions = Decisions(interval=0.5, pace=pace)
        run(lone(session=Session(horizon=1000.0, tick=60.0), decisions=decisions), script)
        gaps = np.diff([now for now, _ in script.seen])
        assert gaps.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(2000))
        assert gaps.std() / 0.5 == pytest.approx(spread, abs=0.15)


def test_the_same_seed_gives_the_same_log(play: Play) -> None:
    """Byte for byte, historical prices and random latencies included."""
    from pathlib import Path

    bars = Path(__file__).parents[3] / "examples" / "fx_hourly" / "data" / "eurusd_hourly_2017_2018.csv"
    scenario = attrs.evolve(
        SHORT, price=HistoricalPrice(bars), latency=Latencies(clients=Uniform(0.001, 0.1), exchange=Constant(0.01))
    )
    first, second = (play(scenario, LinearSkew(0.2, 0.01, 0.1), 8) for _ in range(2))
    files = sorted(path.name for path in (first.folder / "events").iterdir())
    assert "fills.arrows" in files
    for name in files:
        assert (first.folder / "events" / name).read_bytes() == (second.folder / "events" / name).read_bytes()
