"""Customers: their needs, whom they ask, and how they choose."""

from collections import Counter
from typing import Any

import attrs
import numpy as np
import pytest

from catallaxy.market.goods import (
    BaseStock,
    Customer,
    CustomerGroup,
    Decisions,
    GoodsScenario,
    Loyal,
    Nearest,
    PriceTaker,
    Session,
    ShopGroup,
    build,
)

from .conftest import Play

SHOPS = (
    ShopGroup("cheap", price=5.0, delivery_time=2.0, initial_stock=1e4, capacity=1e4, policy=BaseStock()),
    ShopGroup("fast", price=6.0, delivery_time=0.25, initial_stock=1e4, capacity=1e4, policy=BaseStock()),
)


def market(policy: Any, **fields: Any) -> GoodsScenario:
    customers = CustomerGroup("c", 2, 10.0, **({"value": 8.0} | fields), policy=policy)
    return GoodsScenario(
        shops=SHOPS, customers=(customers,), session=Session(20.0), decisions=Decisions(decides=("price",))
    )


def shares(play: Play, scenario: GoodsScenario, seed: int = 1) -> Counter[str]:
    played = play(scenario, seed=seed)
    bought = Counter(row["shop"] for row in played.rows("purchases"))
    bought[""] = len(played.rows("needs")) - bought.total()
    return bought


def test_needs_are_a_poisson_process(play: Play) -> None:
    played = play(market(PriceTaker()), seed=2)
    times = sorted(row["time"] for row in played.rows("needs"))
    assert len(times) == pytest.approx(400, abs=60)
    gaps = np.diff(times)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.15)


def test_everybody_asks_all_the_shops_that_it_is_linked_to_and_no_other(play: Play) -> None:
    scenario = market(PriceTaker())
    scenario = attrs.evolve(
        scenario, shops=(attrs.evolve(SHOPS[0], links=("c_1",)), attrs.evolve(SHOPS[1], links=("c",)))
    )
    played = play(scenario, seed=2)
    asked = {(row["sender"], row["receiver"], row["asked"]) for row in played.rows("enquiries")}
    assert asked == {("c_1", "cheap", 2), ("c_1", "fast", 2), ("c_2", "fast", 1)}


@pytest.mark.parametrize(
    ("time_weight", "value", "favourite"), [(0.1, 8.0, "cheap"), (2.0, 8.0, "fast"), (0.1, 4.9, ""), (4.0, 6.5, "")]
)
def test_a_price_taker_weighs_price_against_time(play: Play, time_weight: float, value: float, favourite: str) -> None:
    assert set(+shares(play, market(PriceTaker(), time_weight=time_weight, value=value))) == {favourite}


def test_a_price_taker_with_a_scale_chooses_by_the_logit_model(play: Play) -> None:
    """Utilities 8 - 5 - 1, 8 - 6 - 1/8 and 0, in units of the scale."""
    bought = shares(play, market(PriceTaker(1.5), time_weight=0.5))
    weights = np.exp(np.array([2.0, 1.875, 0.0]) / 1.5)
    expected = bought.total() * weights / weights.sum()
    for name, mean in zip(("cheap", "fast", ""), expected, strict=True):
        assert bought[name] == pytest.approx(mean, abs=3.0 * mean**0.5)


def test_others_prices_do_not_change_a_customers_tastes(play: Play) -> None:
    """With one shop dearer nobody goes to it who did not go there before: each need has its own tastes."""
    base = market(PriceTaker(1.5))
    dear = attrs.evolve(base, shops=(SHOPS[0], attrs.evolve(SHOPS[1], price=6.5)))
    chosen = []
    for scenario in (base, dear):
        rows = play(scenario, seed=3).rows("purchases")
        chosen.append({(row["agent"], round(row["time"], 9)): row["shop"] for row in rows})
    before, after = chosen
    gained = [need for need, shop in after.items() if shop == "fast" and before.get(need) != "fast"]
    lost = [need for need, shop in before.items() if shop == "fast" and after.get(need) != "fast"]
    assert gained == []
    assert len(lost) > 10


def test_the_nearest_shop_is_where_the_near_go(play: Play) -> None:
    assert set(+shares(play, market(Nearest(), time_weight=0.1))) == {"fast"}
    assert set(+shares(play, market(Nearest(), value=5.5))) == {""}


def test_the_loyal_stay_until_it_costs_them_more_than_it_is_worth(play: Play) -> None:
    """They begin where it is cheapest, and stay when it becomes the dearest, while it is worth it to them."""

    class Rising:
        def __call__(self, agent: Any, observation: Any) -> Any:
            return np.array([1.0 if agent.now < 10.0 else 1.3])

    for value, then in ((7.0, "cheap"), (6.2, "fast")):
        rows = play(market(Loyal(), value=value), {"cheap": Rising()}, seed=4).rows("purchases")
        assert {row["shop"] for row in rows if row["time"] < 10.0} == {"cheap"}
        assert {row["shop"] for row in rows if row["time"] > 12.0} == {then}


def test_equal_offers_are_shared(play: Play) -> None:
    scenario = attrs.evolve(
        market(PriceTaker()), shops=(attrs.evolve(SHOPS[0], name="a"), attrs.evolve(SHOPS[0], name="b"))
    )
    bought = shares(play, scenario)
    assert bought["a"] == pytest.approx(bought["b"], abs=4.0 * bought["a"] ** 0.5)


def test_a_learning_customer_sees_prices_and_times_and_what_is_on_offer() -> None:
    from catallaxy.market.goods import Learned

    scenario = market(Learned(), value=8.0, time_weight=0.5)
    world = build(scenario, 5)
    seen = 0
    while questions := world.advance(scenario.duration):
        for question in questions:
            row = question.observation  # type: ignore[attr-defined]
            assert row[:11] == pytest.approx(
                [np.log(1.6), 5 / 8, 2.0, 6 / 8, 0.25, 2.0, 10.0, 2.0, 10.0, 2.0, 10.0], abs=1e-12
            )
            assert row[-6:] == (1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
            question.answer(np.array([2.0]))
            seen += 1
    customers = [agent for agent in world.agents.values() if isinstance(agent, Customer)]
    assert seen == sum(one.tally.needs for one in customers)
    for one in customers:
        surplus = (8.0 - 6.0) - 0.5 * 0.25
        assert one.tally.surplus == pytest.approx(one.tally.purchases * surplus)
        assert one.tally.purchases == one.tally.needs
