"""Decision spaces: actions become prices, prices become the nearest action, clients see their tier's."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.agents import LearningAgent
from catallaxy.market.dealer import (
    Clients,
    DealerScenario,
    Decisions,
    ExchangeCosts,
    Latencies,
    MakerGroup,
    MarketMaker,
    Session,
    Tier,
    build,
)
from catallaxy.market.dealer.quoting import Quoting, quoting
from catallaxy.market.prices import BrownianPrice

Play = Callable[..., Any]

CLIENTS = Clients()
SPACES = ("one-price", "ladder", "full-ladder")


def space(kind: str, **fields: Any) -> Quoting:
    return quoting(CLIENTS, Decisions(quotes=kind, **fields))  # type: ignore[arg-type]


def rungs(of: Quoting, action: Any, inventory: float) -> tuple[np.ndarray, np.ndarray]:
    bids, asks = of.rungs(of.quotes(action.tolist(), inventory), inventory)
    return np.reshape(bids, (2, 6)), np.reshape(asks, (2, 6))


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("inventory", [-30.0, 12.0])
def test_one_price_with_skew_survives_the_way_through_any_space(kind: str, inventory: float) -> None:
    of = space(kind)
    lean = 0.01 * inventory
    bids, asks = rungs(of, of.action(0.4 + lean, 0.4 - lean, 0.25, inventory), inventory)
    np.testing.assert_allclose(bids, 0.4 + lean, atol=1e-12)
    np.testing.assert_allclose(asks, 0.4 - lean, atol=1e-12)
    assert of.quotes(of.action(0.4, 0.4, 0.25, inventory).tolist(), inventory).hedge == 0.25


def test_a_full_ladder_holds_every_price() -> None:
    of = space("full-ladder")
    rng = np.random.default_rng(1)
    for inventory in (-5.0, 5.0):
        bid, ask = rng.uniform(-1.0, 2.0, (2, 2, 6))
        found = rungs(of, of.action(bid, ask, 0.0, inventory), inventory)
        np.testing.assert_allclose(found, (bid, ask))
    flat = rungs(of, of.action(bid, ask, 0.0, 0.0), 0.0)
    np.testing.assert_allclose(flat, [(bid + ask) / 2] * 2)


def test_a_ladder_holds_spreads_and_slopes_of_tiers_and_a_slope_in_size() -> None:
    of = space("ladder")
    assert of.space.shape == (6,)
    away, inventory = np.array(CLIENTS.sizes) - 1.0, 20.0
    bid = np.array([[0.3], [0.15]]) + 0.004 * away + np.array([[0.01], [0.006]]) * inventory
    ask = np.array([[0.3], [0.15]]) + 0.004 * away - np.array([[0.01], [0.006]]) * inventory
    action = of.action(bid, ask, 0.0, inventory)
    np.testing.assert_allclose(action, [0.3, 0.15, 0.004, 0.01, 0.006, 0.0])
    np.testing.assert_allclose(rungs(of, action, inventory), (bid, ask))
    np.testing.assert_allclose(rungs(of, action, 0.0)[0], (bid + ask) / 2)  # it moves with the inventory


def test_the_skew_of_a_ladder_has_a_bound() -> None:
    of = space("ladder", max_skew=0.5)
    bids, asks = rungs(of, np.array([0.3, 0.3, 0.0, 0.05, 0.05, 0.0]), 80.0)
    np.testing.assert_allclose((bids, asks), (np.full((2, 6), 0.8), np.full((2, 6), -0.2)))


@pytest.mark.parametrize("kind", SPACES)
def test_nearest_actions_lie_within_the_space_whatever_is_asked_for(kind: str) -> None:
    of = space(kind)
    for bid, ask in ((50.0, -50.0), (-3.0, 9.0), (1e3, 1e3)):
        assert of.space.contains(of.action(bid, ask, 7.0, 3.0))


@pytest.mark.parametrize("kind", SPACES)
@pytest.mark.parametrize("inventory", [0.0, 7.0, -90.0])
def test_quotes_by_rung_are_quotes_by_request(kind: str, inventory: float) -> None:
    of = space(kind)
    rng = np.random.default_rng(2)
    quotes = of.quotes(rng.uniform(of.space.low, of.space.high).tolist(), inventory)
    bids, asks = (np.reshape(side, (2, 6)) for side in of.rungs(quotes, inventory))
    for tier in range(2):
        for place, size in enumerate(CLIENTS.sizes):
            assert quotes.distance(tier, size, inventory) == pytest.approx(asks[tier, place])
            assert quotes.distance(tier, -size, inventory) == pytest.approx(-bids[tier, place])
    half_spread, middle = quotes.summary(2, 1.0, inventory)
    assert half_spread == pytest.approx((asks + bids)[:, 0].mean() / 2)
    assert middle == pytest.approx((asks - bids)[:, 0].mean() / 2)


@pytest.mark.parametrize("kind", SPACES)
def test_makers_who_do_not_hedge_have_nothing_to_decide_about_it(kind: str) -> None:
    with_hedge, without = space(kind), space(kind, hedging="none")
    assert without.space.shape[0] == with_hedge.space.shape[0] - 1
    action = without.action(0.3, 0.2, 0.9, 5.0)
    np.testing.assert_array_equal(action, with_hedge.action(0.3, 0.2, 0.9, 5.0)[:-1])
    assert without.quotes(action.tolist(), 5.0).hedge == 0.0


def always(action: list[float]) -> Callable[[LearningAgent, Any], Any]:
    return lambda agent, observation: np.array(action)


def market(streaming: bool, **fields: Any) -> DealerScenario:
    return DealerScenario(
        makers=(MakerGroup("maker", 1, 1e-3, 1.0, inventory_limit=1e4, **fields),),
        price=BrownianPrice(1.1, volatility=0.0),
        session=Session(horizon=240.0, tick=10.0),
        decisions=Decisions(quotes="ladder", streaming=streaming, max_slope=0.02),
        clients=Clients(tiers=(Tier("near", -0.3, 5.0, 2), Tier("far", -1.9, 15.0, 2))),
        latency=Latencies(clients=0.0, exchange=0.0),
    )


@pytest.mark.parametrize("streaming", [True, False])
def test_clients_trade_at_their_tiers_price_and_size(play: Play, streaming: bool) -> None:
    """Without skew prices do not depend on the inventory: each fill lies on its rung."""
    played = play(market(streaming), always([0.2, 0.1, 0.003, 0.0, 0.0, 0.0]), 2)
    fills = played.rows("fills")
    assert len(fills) > 100
    for row in fills:
        half = 0.2 if row["receiver"].startswith("near") else 0.1
        distance = (row["price"] / 1.1 - 1.0) * 1e4 * np.sign(row["quantity"])
        assert distance == pytest.approx(half + 0.003 * (abs(row["quantity"]) - 1.0), abs=1e-4)
    tables = {path.stem for path in (played.folder / "events").iterdir()}
    assert ("ladders" in tables) == streaming
    assert ("quote_requests" in tables) != streaming


def test_streams_and_requests_make_the_same_trades() -> None:
    """With immediate messages it is the same whether clients see prices or ask for them."""
    found = []
    for streaming in (True, False):
        world = build(market(streaming), 4, 0, always([0.2, 0.1, 0.003, 0.008, 0.006, 0.0]))
        world.run(market(streaming).duration)
        maker = world.agents["maker_1"]
        assert isinstance(maker, MarketMaker)
        found.append((maker.tally.trades, maker.account))
    assert found[0] == found[1]


def test_a_streamed_ladder_moves_with_every_trade(play: Play) -> None:
    played = play(market(True), always([0.2, 0.2, 0.0, 0.01, 0.01, 0.0]), 3)
    inventories = {row["time"]: row["inventory"] for row in played.rows("positions")}
    ladders = played.rows("ladders")
    moved = 0
    for row in ladders:
        if row["time"] in inventories:
            assert row["bids"][0] == pytest.approx(0.2 + 0.01 * inventories[row["time"]])
            moved += inventories[row["time"]] != 0.0
    assert moved > 100


def test_a_limit_on_credit_bounds_what_any_client_owes(play: Play) -> None:
    scenario = market(False, credit_limit=12.0)
    played = play(scenario, always([0.1, 0.1, 0.0, 0.0, 0.0, 0.0]), 5)
    owed: dict[str, float] = {}
    for row in sorted(played.rows("fills"), key=lambda row: row["sequence"]):
        owed[row["receiver"]] = owed.get(row["receiver"], 0.0) + row["quantity"]
        assert abs(owed[row["receiver"]]) <= 12.0
    maker = played.world.agents["maker_1"]
    assert isinstance(maker, MarketMaker)
    assert maker.exposure == pytest.approx(owed)
    assert {row["reason"] for row in played.rows("rejects")} == {"credit"}
    assert max(abs(row["inventory"]) for row in played.rows("positions")) > 12.0


def hedger(rate: float = 0.4, **changes: Any) -> DealerScenario:
    """One maker without clients, long 40 MEUR, who works its inventory off at half of `rate`."""
    parts = {
        "makers": (MakerGroup("maker", 1, 1e-3, 0.0, initial_inventory=40.0),),
        "price": BrownianPrice(1.1, volatility=0.0),
        "session": Session(horizon=20.0, tick=5.0),
        "decisions": Decisions(hedging="rate", max_hedge_rate=rate, hedge_slice=0.01, pace="regular", interval=0.5),
        "exchange": ExchangeCosts(linear=0.1, rate_quadratic=0.0144, impact=5e-3, lot=1e-6),
        "latency": Latencies(clients=0.0, exchange=0.0),
        **changes,
    }
    return DealerScenario(**parts)


def test_hedging_at_a_rate_is_the_models(play: Play) -> None:
    """dq/dt = -r q; L = phi |v| + eta v^2; gain k q v: integrals of exponentials, and the account agrees."""
    scenario, rate = hedger(), 0.2
    played = play(scenario, always([0.5, 0.0, 0.5]), 1)
    maker = played.world.agents["maker_1"]
    assert isinstance(maker, MarketMaker)
    left = np.exp(-rate * 20.0)
    assert maker.inventory == pytest.approx(40.0 * left, rel=5e-3)
    squares = 40.0**2 * (1.0 - left**2) / (2.0 * rate)
    assert maker.tally.squares == pytest.approx(squares, rel=5e-3)
    assert maker.tally.hedging_cost == pytest.approx(0.1 * 40.0 * (1.0 - left) + 0.0144 * rate**2 * squares, rel=5e-3)
    assert maker.tally.impact == pytest.approx(-5e-3 * rate * squares, rel=5e-3)
    earned = maker.tally.impact - maker.tally.hedging_cost
    exchange = played.world.agents["exchange"]
    assert maker.profit(exchange.price) == pytest.approx(earned, rel=1e-3)  # type: ignore[attr-defined]


def test_hedges_only_ever_reduce_the_inventory(play: Play) -> None:
    """Whatever is decided: nobody can pump the price by buying while long."""
    group = MakerGroup("maker", 1, 1e-3, 1.0, initial_inventory=40.0, inventory_limit=200.0)
    decisions = Decisions(hedging="rate", max_hedge_rate=5.0, hedge_slice=0.1, quotes="ladder", max_half_spread=0.2)
    scenario = hedger(makers=(group,), decisions=decisions, latency=Latencies(clients=0.002, exchange=0.0))
    rng = np.random.default_rng(0)
    played = play(scenario, lambda agent, _: rng.uniform(agent.action_space.low, agent.action_space.high), 2)
    before = 0.0
    hedges = 0
    for row in sorted(played.rows("positions"), key=lambda row: row["sequence"]):
        if row["hedge"]:
            hedges += 1
            if abs(before) > 1e-9 and abs(row["change"]) < abs(before):
                assert row["change"] * before < 0.0
        before = row["inventory"]
    assert hedges > 10


@pytest.mark.parametrize("pace", ["regular", "trades"])
def test_decisions_come_when_the_pace_says(play: Play, pace: str) -> None:
    scenario = market(False)
    scenario = attrs.evolve(scenario, decisions=attrs.evolve(scenario.decisions, pace=pace, interval=3.0))
    played = play(scenario, always([0.2, 0.1, 0.003, 0.0, 0.0, 0.0]), 2)
    trades = {row["time"] for row in played.rows("positions") if row["change"]}
    times = [row["time"] for row in played.rows("pricings")]
    gaps = np.diff(times)
    if pace == "regular":
        np.testing.assert_allclose(gaps, 3.0)
    else:
        assert max(gaps) <= 3.0 + 1e-9
        assert {time for time, gap in zip(times[1:], gaps, strict=True) if gap < 3.0 - 1e-6} == trades


def test_a_ladder_maker_observes_nothing_of_others() -> None:
    """Another maker's type, inventory, credit and quotes leave what it sees as it is, if no client links them."""
    seen: list[list[Any]] = []
    for inventory, half_spread in ((0.0, 0.2), (50.0, 0.4)):
        rows: list[Any] = []
        mine = MakerGroup("mine", 1, 1e-3, 1.0)
        other = MakerGroup("other", 1, 1e-2 * (1.0 + inventory), 0.0, initial_inventory=inventory, credit_limit=9.0)
        scenario = attrs.evolve(market(True), makers=(mine, other))

        def look(agent: LearningAgent, observation: Any, rows: list[Any] = rows) -> Any:
            rows.append((agent.now, tuple(observation), agent.features))
            return np.array([0.2, 0.1, 0.003, 0.01, 0.01, 0.1])

        build(scenario, 6, 0, {"mine": look, "other": always([half_spread] * 2 + [0.0] * 4)}).run(scenario.duration)
        seen.append(rows)
    assert len(seen[0]) > 100
    assert seen[0] == seen[1]
