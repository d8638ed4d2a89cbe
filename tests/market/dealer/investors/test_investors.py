"""Investors: what they see, whom they can reach, what they trade and earn."""

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.agents import Constant, Uniform
from catallaxy.market.dealer import (
    DealerScenario,
    Decisions,
    ExchangeCosts,
    FixedSpread,
    Latencies,
    LinearSkew,
    MakerGroup,
    MarketMaker,
    Session,
    build,
)
from catallaxy.market.dealer.hedging_book import HedgingBook
from catallaxy.market.dealer.investors.group import Investing, InvestorGroup
from catallaxy.market.dealer.investors.investor import Investor
from catallaxy.market.dealer.investors.policies import Noise, Twap
from catallaxy.market.dealer.investors.type import InvestorType
from catallaxy.market.prices import BrownianPrice

Play = Callable[..., Any]


def lone(market: Any, actions: Any, script: Any, tight: Any, **changes: Any) -> tuple[Investor, Any]:
    """One investor who plays `actions` in turn."""
    changes.setdefault("investors", (InvestorGroup("investor", 1, connectivity=1.0),))
    played = script(actions)
    world = build(market(**changes), 3, 0, {"maker": tight, "investor": played})
    world.run(market(**changes).duration)
    investor = world.agents["investor_1"]
    assert isinstance(investor, Investor)
    return investor, played


def test_rewards_of_all_transitions_add_up_to_the_weighted_terms(market, tight) -> None:
    scenario = market(InvestorGroup("investor", 3, 1.0, Uniform(0.0, 1.0), risk_aversion=Uniform(0.0, 1.0)))
    world = build(scenario, 5, 0, {"maker": tight})
    earned = dict.fromkeys(("investor_1", "investor_2", "investor_3"), 0.0)
    rng = np.random.default_rng(0)
    while questions := world.advance(scenario.duration):
        for question in questions:
            earned[question.agent.name] += question.reward
            question.answer(np.array([rng.integers(3)], np.float64))
    for name, total in earned.items():
        investor = world.agents[name]
        assert isinstance(investor, Investor)
        assert investor.terminated
        assert total + investor.outcome()[0] == pytest.approx(investor.pay.total, abs=1e-9)
        profit = investor.pay.earned["execution_cost"] + investor.pay.earned["inventory_pnl"]
        assert investor.profit(investor.reference) == pytest.approx(profit, abs=0.05)
        assert abs(profit) > 1.0


def test_an_investor_trades_with_the_best_of_makers_and_exchange(market, play, script) -> None:
    """Two makers at 0.3 and 0.1 bp; an exchange at 0.2 bp, or at 0.05 bp."""
    makers = (MakerGroup("dear", 1, connectivity=1.0), MakerGroup("cheap", 1, connectivity=1.0))
    for linear, venues in ((0.2, {"cheap_1"}), (0.05, {"exchange"})):
        costs = ExchangeCosts(linear=linear, quadratic=0.0)
        scenario = market(makers=makers, exchange=costs, price=BrownianPrice(1.1, volatility=0.0))
        policies = {"dear": FixedSpread(0.3), "cheap": FixedSpread(0.1), "investor": script([1, 2, 0])}
        played = play(scenario, policies, 2)
        executions = played.rows("executions")
        assert len(executions) > 40
        assert {row["sender"] for row in played.rows("fills" if linear > 0.1 else "hedge_fills")} == venues
        assert {row["exchange"] for row in executions} == {venues == {"exchange"}}
        for row in executions:
            cost = np.sign(row["quantity"]) * (row["price"] / row["reference"] - 1.0) * 1e4
            assert cost == pytest.approx(min(linear, 0.1), abs=1e-4)


def test_streamed_ladders_are_looked_at_without_asking(market, play, script, tight) -> None:
    """The same trades at the same prices, and no request."""
    found = []
    for streaming in (True, False):
        price, latency = BrownianPrice(1.1, volatility=0.0), Latencies(clients=0.0, exchange=0.0)
        decisions = Decisions(interval=30.0, streaming=streaming)
        scenario = market(price=price, latency=latency, decisions=decisions)
        played = play(scenario, {"maker": tight, "investor": script([1, 2, 0])}, 2)
        found.append([(row["agent"], row["time"], row["quantity"], row["price"]) for row in played.rows("executions")])
        asked = (played.folder / "events" / "quote_requests.arrows").exists()
        assert asked is not streaming
    assert len(found[0]) > 40
    assert found[0] == found[1]


def test_investors_trade_on_an_order_book_where_that_is_the_exchange(market, play) -> None:
    """What they get is what the book holds; money and assets of all parties add up."""
    scenario = market(InvestorGroup("investor", 2, 0.0, policy=Noise(1.0)), exchange=HedgingBook(reference="mid"))
    played = play(scenario, FixedSpread(0.2), 4)
    executions = played.rows("executions")
    assert len(executions) > 60
    assert all(row["exchange"] for row in executions)
    costs = [row["quantity"] * (row["price"] / row["reference"] - 1.0) for row in executions]
    assert np.mean(costs) > 0.0
    sums = {True: [0, 0], False: [0, 0]}
    for row in played.rows("statements"):
        sums[row["closing"]][0] += row["inventory"]
        sums[row["closing"]][1] += row["dollars"] * 10**9 + row["nanodollars"]
    assert sums[True] == sums[False]


def test_connectivity_limits_whom_an_investor_can_ask(market, tight, script) -> None:
    """Without links and without the exchange nothing is offered, nothing can be traded, and quotes are not seen."""
    cut_off = {"investors": (InvestorGroup("investor", 1, connectivity=0.0),)}
    investor, played = lone(market, [1, 2], script, tight, investing=Investing(1.0, exchange=False), **cut_off)
    assert investor.tally.decisions > 20
    assert investor.tally.bought == investor.tally.sold == 0.0
    assert {observed[3:5] for _, observed in played.seen} == {(10.0, 10.0)}
    investor, played = lone(market, [1, 2], script, tight, investing=Investing(1.0), **cut_off)
    assert investor.tally.on_exchange == investor.tally.bought + investor.tally.sold > 20.0
    assert {observed[3:5] for _, observed in played.seen} == {(0.011, 0.011)}


def test_links_form_with_the_product_of_both_connectivities(market) -> None:
    scenario = market(
        InvestorGroup("investor", 20, connectivity=0.5), makers=(MakerGroup("maker", 20, connectivity=0.8),)
    )
    world = build(scenario, 1)
    reached = [len(world.agents[f"investor_{i + 1}"].neighbours(MarketMaker)) for i in range(20)]
    assert np.mean(reached) / 20 == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / 400))
    assert len({tuple(world.agents[f"investor_{i + 1}"].neighbours(Investor)) for i in range(20)}) == 1


def test_the_inventory_stays_within_its_limit_and_may_be_negative(market, tight, script) -> None:
    for action, sign in ((1, 1.0), (2, -1.0)):
        group = InvestorGroup("investor", 1, 1.0, inventory_limit=5.0, initial_inventory=sign)
        investor, _ = lone(market, [action], script, tight, investors=(group,))
        assert investor.inventory == sign * 5.0
        assert investor.tally.bought + investor.tally.sold == 4.0


def test_an_investor_observes_prices_quotes_its_own_position_and_the_time(market, tight, script) -> None:
    price = BrownianPrice(1.1, volatility=0.0)
    changes = {"price": price, "investing": Investing(1.0, "regular", exchange=False, sizes=(2.0,))}
    _, played = lone(market, [1, 2, 0], script, tight, **changes)
    (first, one), (_, two), (_, three), (fourth, four) = played.seen[:4]
    assert first == pytest.approx(1.004, abs=1e-9)
    assert one == pytest.approx((0, 0, 0, 0.005, 0.005, 0, 0, 0, 0.75 / 1.75, 0.25 / 1.25, 1 - first / 60), abs=1e-6)
    assert two[5:10] == pytest.approx((2 / 50, 1, 0, 0.5 / 1.5, 0.5 / 1.5))
    assert three[5:10] == pytest.approx((0, 0.5, 0.5, 1.25 / 2.25, -0.25 / 1.25))
    assert four[5:10] == pytest.approx((0, 1 / 3, 1 / 3, 2.0 / 3.0, 0.0))
    assert four[10] == pytest.approx(1 - fourth / 60)


def test_without_a_close_none_is_seen_and_nothing_terminates(market, tight, script) -> None:
    investor, played = lone(market, [0], script, tight, session=Session(horizon=10.0, terminal=False))
    assert {observed[-1] for _, observed in played.seen} == {1.0}
    assert not investor.terminated


def test_a_box_trades_any_amount_up_to_the_largest_size(market, tight, script) -> None:
    investing = Investing(1.0, "regular", sizes=(1.0, 4.0), actions="box")
    actions = [np.array([value]) for value in (0.625, -0.124, -1.0, 0.1)]
    investor, _ = lone(market, actions, script, tight, investing=investing, session=Session(horizon=4.5))
    assert (investor.tally.bought, investor.tally.sold) == (2.5, 4.0)
    assert investor.action_space.contains(investor.choice(9.0))
    assert investor._quantity(investor.choice(-2.5)) == -2.5


def test_discrete_sizes_are_bought_and_sold(market, tight, script) -> None:
    investing = Investing(1.0, "regular", sizes=(1.0, 4.0))
    investor, _ = lone(market, [1, 2, 3, 4, 0], script, tight, investing=investing, session=Session(horizon=5.5))
    assert (investor.tally.bought, investor.tally.sold, investor.tally.offered) == (5.0, 5.0, 20.0)
    assert [investor.choice(quantity) for quantity in (0.4, 0.5, 3.0, -2.4, -9.0)] == [0, 1, 2, 3, 4]


def test_nothing_hidden_shows_in_what_an_investor_observes(market, script) -> None:
    """Others' types, inventories, limits and policies leave its observations as they are, quotes being the same."""
    seen = []
    for aversion, held, weight in ((1e-3, 0.0, 0.0), (2e-2, 30.0, 1.0)):
        makers = MakerGroup("maker", 2, aversion, 0.8, initial_inventory=held, inventory_limit=1000.0 + held)
        others = InvestorGroup("other", 3, 0.5, weight, risk_aversion=weight, initial_inventory=held)
        played = script([1, 0, 2])
        scenario = market(InvestorGroup("investor", 1, 0.8), others, makers=(makers,))
        policies = {"maker": FixedSpread(0.1), "other": Noise(weight), "investor": played}
        build(scenario, 6, 0, policies).run(scenario.duration)
        seen.append(played.seen)
    assert len(seen[0]) > 40
    assert seen[0] == seen[1]


def test_observations_are_made_of_what_came_over_links_and_of_the_investors_own_books(market, tight) -> None:
    """An investor holds no reference to another agent: whom it knows, it knows by name."""
    world = build(market(), 1, 0, {"maker": tight})
    held = {id(agent): name for name, agent in world.agents.items()}
    for name in ("investor_1", "investor_2"):
        investor = world.agents[name]
        for value in vars(investor).values():
            assert id(value) not in held or value is investor


def test_money_and_assets_are_conserved_in_the_log(play: Play) -> None:
    """Opening plus trades is closing for each agent, and all openings together are all closings together."""
    scenario = DealerScenario(
        makers=(MakerGroup("maker", 3, 2e-3, 0.7, initial_inventory=Uniform(-9.0, 9.0), inventory_limit=15.0),),
        investors=(
            InvestorGroup("patient", 2, 0.8, policy=Twap(), initial_inventory=Uniform(-5.0, 5.0)),
            InvestorGroup("noisy", 3, 0.6, policy=Noise(0.9, 3.0), inventory_limit=7.0),
        ),
        investing=Investing(0.3, sizes=(1.0, 3.0)),
        session=Session(horizon=60.0, settlement=10.0),
        latency=Latencies(clients=Uniform(0.05, 0.5), exchange=Uniform(0.01, 0.6)),
    )
    played = play(scenario, LinearSkew(0.15, 0.02, 0.3), 11)
    books: dict[str, list[int]] = {}
    closing: dict[str, list[int]] = {}
    for row in played.rows("statements"):
        entry = [row["inventory"], row["dollars"] * 10**9 + row["nanodollars"]]
        (closing if row["closing"] else books)[row["agent"]] = entry
    assert books.keys() == closing.keys() == played.world.agents.keys()
    assert total(books) == total(closing)
    fills = played.rows("fills", "hedge_fills")
    assert sum(row["receiver"].startswith(("patient", "noisy")) for row in fills) > 150
    for row in fills:
        euros = round(row["quantity"] * 1e6)
        for name, sign in ((row["receiver"], 1), (row["sender"], -1)):
            books[name][0] += sign * euros
            books[name][1] -= sign * euros * round(row["price"] * 1e9)
    assert books == closing
    assert {row["reason"] for row in played.rows("rejects")} >= {"limit"}


def total(books: dict[str, list[int]]) -> list[int]:
    return [sum(column) for column in zip(*books.values(), strict=True)]


def test_types_are_drawn_within_their_supertypes(market) -> None:
    group = InvestorGroup("investor", 1, Uniform(0.2, 0.4), Uniform(0.0, 1.0), Constant(0.5), Uniform(0.0, 0.5))
    drawn = [build(market(group), 1, episode).agents["investor_1"] for episode in range(30)]
    kinds = [investor.type for investor in drawn if isinstance(investor, Investor)]
    assert len({kind.pnl_weight for kind in kinds}) == 30
    assert all(0.2 <= kind.connectivity <= 0.4 and kind.sell_target <= 0.5 for kind in kinds)
    assert InvestorType(0.0, 1.0, 0.75, 0.25, 1.0).features == pytest.approx((-1.0, 1.0, 0.5, -0.5, 0.0))


def test_others_see_the_same_market_whatever_an_investor_does(market, tight, script) -> None:
    """Common random numbers: with makers that always quote, what one does changes nobody else's decisions."""
    seen = []
    for actions in ([0], [1, 2, 2]):
        other = script([1, 2, 0])
        scenario = market(InvestorGroup("one", 1, 1.0), InvestorGroup("other", 1, 1.0))
        build(scenario, 4, 0, {"maker": tight, "one": script(actions), "other": other}).run(scenario.duration)
        seen.append(other.seen)
    assert seen[0] == seen[1]


def test_impossible_groups_are_refused() -> None:
    with pytest.raises(ValueError, match=r"together can reach 1\.2"):
        InvestorGroup(buy_target=Uniform(0.5, 0.9), sell_target=0.3)
    with pytest.raises(ValueError, match="beyond the inventory_limit of 5"):
        InvestorGroup(initial_inventory=6.0, inventory_limit=5.0)
    with pytest.raises(ValueError, match="sizes must ascend"):
        Investing(sizes=(2.0, 1.0))
    with pytest.raises(ValueError, match="two agents would be called 'maker_1'"):
        DealerScenario(investors=(InvestorGroup("maker"),))


def test_a_policy_for_nobody_is_refused(market) -> None:
    with pytest.raises(ValueError, match="no maker, investor or group"):
        build(market(), 1, 0, {"trader": Twap()})


def test_scripted_makers_may_decide_seldom(market) -> None:
    """A maker answers requests from its first decision on."""
    scenario = attrs.evolve(market(), decisions=Decisions(interval=1e3), investing=Investing(1.0, exchange=False))
    world = build(scenario, 1, 0, {"maker": FixedSpread(0.2), "investor": Twap()})
    world.run(scenario.duration)
    investor = world.agents["investor_1"]
    assert isinstance(investor, Investor)
    assert investor.tally.cost / (investor.tally.bought + investor.tally.sold) == pytest.approx(0.2, abs=0.05)
