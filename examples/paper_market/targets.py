"""What shops learn, held against what can be computed: stock against dynamic programming, prices against equilibria.

Run `python examples/paper_market/targets.py` for all of it, or name parts: `... targets.py stock nash`.
`tests/market/goods/test_targets.py` runs the same functions and asserts the targets.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs
import numpy as np

from catallaxy.agents import Policy, Uniform
from catallaxy.engine import World
from catallaxy.learners import PPO, PPOConfig, Trainer, policy_specs
from catallaxy.market.goods import (
    CustomerGroup,
    Decisions,
    GoodsScenario,
    PriceTaker,
    Session,
    Shop,
    ShopGroup,
    SupplierGroup,
    build,
)
from catallaxy.market.goods.evaluation import column, evaluate
from catallaxy.market.measures import interval
from catallaxy.market.reference.goods_prices import Bertrand, LogitMarket
from catallaxy.market.reference.goods_stock import Newsvendor, StockProblem

SETTINGS = PPOConfig(
    learning_rate=5e-3,
    decay_power=0.5,
    lam=0.0,
    value_lam=0.9,
    epochs=4,
    value_epochs=2,
    minibatch=128,
    initial_std=0.15,
    bounds_weight=1.0,
    averaging=10.0,
    hidden=(32, 32),
)
"""For all targets. A price or an order works within the day until the next: short advantages, small rollouts, and the
noise of single updates averaged away. Steps stay large until late, so that exploration can fall asleep: equal shops
that still try prices at random don't come down to cost (a standard deviation d of each price keeps them 1.77 d above).
"""


TASTES = attrs.evolve(SETTINGS, learning_rate=4e-3, decay_power=1.0, initial_std=0.25, min_std=(0.08,))
"""Where customers' tastes differ a price a little off costs little: it takes lasting exploration to see that."""


def learn(
    scenario: GoodsScenario,
    decisions: int,
    seed: int,
    *,
    settings: PPOConfig = SETTINGS,
    policies: Mapping[str, Policy] | None = None,
    rollout: int = 512,
    worlds: int = 8,
) -> Mapping[str, Policy]:
    """The policies, by family, that are learned in a scenario, those in `policies` being given."""
    make: Callable[[int], World] = partial(_world, scenario, seed, policies)
    config = attrs.evolve(settings, decay=decisions)
    learners = {family: PPO(spec, config, seed=seed) for family, spec in policy_specs(make(0)).items()}
    trainer = Trainer(make, learners, horizon=scenario.duration, decisions=decisions, rollout=rollout, worlds=worlds)
    for _ in trainer:
        pass
    return {family: learner.policy.averaged() for family, learner in learners.items()}


def _world(scenario: GoodsScenario, seed: int, policies: Mapping[str, Policy] | None, episode: int) -> World:
    return build(scenario, seed, episode, policies)


# -- stock -------------------------------------------------------------------------------------------------------------

STOCK = StockProblem(demand=5.0, margin=2.0, storage=0.3, shortfall=1.0, capacity=24, lead_time=0.5)


def stock_market(problem: StockProblem) -> GoodsScenario:
    """One shop with a fixed price, reviewed every day, and Poisson demand."""
    return GoodsScenario(
        shops=(
            ShopGroup(
                "shop", price=4.0 + problem.margin, storage_cost=problem.storage, capacity=problem.capacity,
                shortfall_weight=problem.shortfall, order_cost=problem.order_cost, initial_stock=Uniform(0.0, 16.0),
            ),
        ),
        customers=(CustomerGroup("crowd", 1, problem.demand, value=9.0, policy=PriceTaker()),),
        suppliers=(SupplierGroup("mill", problem.lead_time),),
        session=Session(50.0),
        decisions=Decisions(problem.interval, "regular", ("order_up_to",), observes=("stock",), discount_rate=0.1),
    )  # fmt: skip


def learned_orders(policy: Any, problem: StockProblem, scenario: GoodsScenario) -> Any:
    """What a policy orders in each state of the model."""
    shop = build(scenario, 0).agents["shop"]
    assert isinstance(shop, Shop)
    top = problem.capacity
    outstanding = np.arange(top + 1) if problem.pipeline else np.zeros(1, int)
    stock, ordered = np.meshgrid(np.arange(top + 1), outstanding, indexing="ij")
    position = stock + ordered
    features = np.tile(shop.features, (stock.size, 1))
    rows = np.column_stack([stock.ravel() / top, position.ravel() / top, features]).astype(np.float32)
    up_to = np.round(policy.act(rows).actions[:, 0] * top).reshape(stock.shape)
    orders = np.clip(up_to - position, 0, None).astype(int)
    return orders if problem.pipeline else orders[:, 0]


def stock(seed: int = 0, decisions: int = 40_000, problem: StockProblem = STOCK) -> dict[str, Any]:
    """One shop's stock, learned and by dynamic programming: EUR a day, the learned policy evaluated exactly."""
    scenario = stock_market(problem)
    policy = learn(scenario, decisions, seed)[Shop.family]
    orders = learned_orders(policy, problem, scenario)
    best, (level, base) = problem.solve(), problem.best_base_stock()
    table = evaluate(scenario, {Shop.family: policy}, seed=seed + 1000, episodes=40)
    played = interval(column(table, "shop", "objective") / scenario.session.horizon)
    return {
        "seed": seed,
        "optimum": best.rate,
        "base stock": base,
        "base-stock level": level,
        "learned": problem.rate(orders),
        "part of the optimum": problem.rate(orders) / best.rate,
        "played": [played.low, played.high],
        "orders": orders.tolist(),
        "best orders": best.orders.tolist(),
    }


def newsvendor(seed: int = 0, decisions: int = 16_000) -> dict[str, Any]:
    """One order for one day, what is left being worth nothing: learned, and the critical fractile."""
    problem = Newsvendor(demand=10.0, underage=3.0, overage=4.0)
    scenario = GoodsScenario(
        shops=(
            ShopGroup("shop", price=7.0, cost=4.0, storage_cost=0.0, capacity=30.0, initial_stock=0.0, salvage=0.0),
        ),
        customers=(CustomerGroup("crowd", 1, 10.0, value=9.0, policy=PriceTaker()),),
        suppliers=(SupplierGroup("mill", 0.0),),
        session=Session(1.0, terminal=True),
        decisions=Decisions(1.0, "regular", ("order_up_to",), observes=("stock",), discount_rate=0.0),
        latency=1e-6,
    )
    policy = learn(scenario, decisions, seed)[Shop.family]
    shop = build(scenario, 0).agents["shop"]
    assert isinstance(shop, Shop)
    quantity = round(30.0 * float(policy(shop, [0.0, 0.0, 1.0])[0]))  # type: ignore[index,arg-type]
    earned = 3.0 * 10.0 - problem.cost(quantity)
    best = 3.0 * 10.0 - problem.cost(problem.quantity)
    return {
        "seed": seed,
        "fractile": problem.fractile,
        "best order": problem.quantity,
        "learned order": quantity,
        "best": best,
        "learned": earned,
        "part of the optimum": earned / best,
    }


# -- prices ------------------------------------------------------------------------------------------------------------

COST, VALUE, SCALE = 4.0, 7.0, 0.8
TICK = 0.1


def price_market(shops: int, crowd: CustomerGroup, tick: float = 0.01, highest: float = 1.6) -> GoodsScenario:
    """Equal shops that everybody knows, whose stock is no matter: each decides its price, once a day."""
    plenty = 1e5
    return GoodsScenario(
        shops=(
            ShopGroup(
                "shop", max(shops, 1), price=5.0, cost=COST, storage_cost=0.0, capacity=plenty, initial_stock=plenty,
                order_up_to=0.0, delivery_time=0.0,
            ),
        ),
        customers=(crowd,),
        session=Session(40.0),
        decisions=Decisions(
            1.0, "regular", ("price",), lowest_price=0.7, highest_price=highest, price_tick=tick, observes=("reach",),
            discount_rate=0.1,
        ),
    )  # fmt: skip


def names(shops: int) -> list[str]:
    """What the shops are called."""
    return ["shop"] if shops == 1 else [f"shop_{number + 1}" for number in range(shops)]


def learned_price(policy: Any, scenario: GoodsScenario) -> float:
    """What a policy asks."""
    shop = next(agent for agent in build(scenario, 0).agents.values() if isinstance(agent, Shop))
    return shop.list_price * float(policy(shop, [1.0])[0])


def nash(shops: int = 2, seed: int = 0, decisions: int = 24_000, deviating: int = 12_000) -> dict[str, Any]:
    """Equal shops under logit demand: learned prices, Nash prices, and what a fresh best-response learner gains."""
    crowd = CustomerGroup("crowd", 1, 10.0, value=VALUE, policy=PriceTaker(SCALE))
    scenario = price_market(shops, crowd, highest=1.8)
    policy = learn(scenario, decisions, seed, settings=TASTES)[Shop.family]
    market = LogitMarket.symmetric(shops, VALUE, COST, SCALE)
    price, best = learned_price(policy, scenario), float(market.nash()[0])
    first, *others = names(shops)
    keep: dict[str, Policy] = dict.fromkeys(others, policy)
    response = learn(scenario, deviating, seed + 100, settings=TASTES, policies=keep or None)[Shop.family]
    prices = np.full(shops, price)
    deviated = prices.copy()
    deviated[0] = learned_price(response, scenario)
    one = evaluate(scenario, {Shop.family: policy}, seed=seed + 1000, episodes=10)
    other = evaluate(scenario, {**keep, first: response}, seed=seed + 1000, episodes=10)
    own, deviation = column(one, first, "profit"), column(other, first, "profit")
    gain = interval((deviation - own) / own.mean())
    return {
        "seed": seed,
        "shops": shops,
        "nash": best,
        "learned": price,
        "off by": price / best - 1.0,
        "best response learned": float(deviated[0]),
        "gain of the learned best response": float(market.profits(deviated)[0] / market.profits(prices)[0] - 1.0),
        "the same, played": [gain.mean, gain.low, gain.high],
        "gain of the exact best response": float(market.exploitability(prices)[0]),
    }


def bertrand(shops: int = 2, seed: int = 0, decisions: int = 40_000) -> dict[str, Any]:
    """Equal shops, price only, everybody buys of the cheapest; a single shop is a monopolist."""
    crowd = CustomerGroup("crowd", 1, 10.0, value=Uniform(4.0, 10.0), policy=PriceTaker())
    scenario = price_market(shops, crowd, tick=TICK, highest=1.8)
    price = learned_price(learn(scenario, decisions, seed)[Shop.family], scenario)
    price = round(price / TICK) * TICK
    market = Bertrand(COST, 4.0, 10.0, TICK, shops)
    equilibria = market.equilibria() if shops > 1 else np.array([market.monopoly()])
    nearest = float(equilibria[np.argmin(np.abs(equilibria - price))])
    return {
        "seed": seed,
        "shops": shops,
        "equilibria": equilibria.tolist(),
        "learned": price,
        "off by": price / nearest - 1.0,
    }


if __name__ == "__main__":
    parts: dict[str, Callable[[], Any]] = {
        "stock": stock,
        "newsvendor": newsvendor,
        "monopoly": partial(bertrand, 1),
        "bertrand": bertrand,
        **{f"nash-{shops}": partial(nash, shops) for shops in (2, 3, 5)},
    }
    for part in sys.argv[1:] or parts:
        print(part, json.dumps(parts[part](), indent=1), flush=True)
