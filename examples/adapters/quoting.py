"""Dealers who quote once a minute, and a client who asks them all and may take the better price: the examples' market.

A dealer of risk aversion gamma earns its half-spread with each trade and pays gamma q^2 a minute for its inventory q.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, inf
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from catallaxy import Agent, LearningAgent, Message, World, on
from catallaxy.agents import Policy

HORIZON = 50.0  # minutes
RATE = 0.05  # discount, per minute
LIMIT = 8  # of a dealer's inventory


class Request(Message):
    side: int  # 1: the client buys


class Quote(Message):
    distance: float  # from the middle


class Order(Message):
    side: int
    distance: float


class Dealer(LearningAgent):
    family = "dealers"
    discount_rate = RATE
    observation_space = Box(-np.inf, np.inf, (1,), np.float64)  # inventory
    action_space = Box(np.array([0.0, -1.0]), np.array([2.0, 1.0]), dtype=np.float64)  # half-spread, skew

    def __init__(self, name: str, gamma: float) -> None:
        super().__init__(name)
        self.gamma, self.features = gamma, (10 * gamma,)
        self.inventory, self.earned, self.since = 0, 0.0, 0.0
        self.half_spread, self.skew = 1.0, 0.0

    def run(self) -> Any:
        while True:
            self.half_spread, self.skew = (yield self.decide((self.inventory / 5,))).tolist()
            yield self.sleep(1.0)

    def distance(self, side: int) -> float:
        full = abs(self.inventory - side) > LIMIT
        return inf if full else self.half_spread + side * self.skew

    @on(Request)
    def quote(self, request: Request) -> None:
        self.reply(request, Quote(distance=self.distance(request.side)))

    @on(Order)
    def trade(self, order: Order) -> None:
        self.pay()
        self.inventory -= order.side
        self.earned += order.distance
        self.reward(order.distance)
        self.flow(-self.gamma * self.inventory**2)

    def pay(self) -> None:
        """Book the cost of inventory up to now, for whoever measures without discount."""
        self.earned -= self.gamma * self.inventory**2 * (self.now - self.since)
        self.since = self.now


class Client(Agent):
    def run(self) -> Any:
        while True:
            yield self.sleep(self.rng.exponential(0.25))
            side = 1 if self.rng.random() < 0.5 else -1
            quotes = yield self.ask(self.neighbours(Dealer), Request(side=side))
            best = min(quotes, key=lambda quote: (quote.distance, self.rng.random()))
            if self.rng.random() < 1 / (1 + exp(-1 + 3 * min(best.distance, 100))):
                self.send(best.sender, Order(side=side, distance=best.distance))


def make_world(gammas: Mapping[str, float], seed: int, episode: int) -> World:
    return World(
        [*(Dealer(name, gamma) for name, gamma in gammas.items()), Client("client")], seed=seed, episode=episode
    )


def judged(gammas: Mapping[str, float], policy: Policy, episodes: int) -> dict[str, str]:
    """What each dealer earns a minute by a policy, in fresh episodes: mean and 95 % interval."""
    earned: dict[str, list[float]] = {name: [] for name in gammas}
    for episode in range(episodes):
        world = make_world(gammas, 1, episode)
        for name in gammas:
            world.agents[name].policy = policy
        world.run(HORIZON)
        for name in gammas:
            world.agents[name].pay()
            earned[name].append(world.agents[name].earned / HORIZON)
    return {
        name: f"{np.mean(values):.2f} +- {1.96 * np.std(values, ddof=1) / len(values) ** 0.5:.2f}"
        for name, values in earned.items()
    }
