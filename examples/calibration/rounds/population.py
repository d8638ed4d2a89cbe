"""Agents who learn in the market in rounds: what `catallaxy.calibrate` asks of a simulator of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from episode import NOBODY, Kept, play

from catallaxy.calibrate import Parameter, Space, Target
from catallaxy.engine import stream
from catallaxy.learners import PPO, Actor, Learner, PolicySpec, PPOConfig, best_of
from market import Market, Worlds

Array = npt.NDArray[np.float64]

KEPT = 8.0
"""The most that a fund may choose to keep, MEUR."""
PRIOR = {
    "makers": (("risk_aversion", 5e-4, 5e-2, "log"), ("connectivity", 0.2, 0.9, "linear")),
    "clients": (("alpha", -2.0, 0.5, "linear"), ("beta", 3.0, 15.0, "log")),
}


def space(market: Market) -> Space:
    """The composition of a market: two numbers of each group and segment, and the funds' risk aversion."""
    parameters = [
        Parameter(f"{name}.{field}", low, high, transform)
        for kind, names in (("makers", market.makers), ("clients", market.clients))
        for name in names
        for field, low, high, transform in PRIOR[kind]
    ]
    if market.funds:
        parameters.append(Parameter("funds.risk_aversion", 2e-3, 5e-2, "log"))
    return Space([parameter for parameter in parameters if parameter.name not in market.known])


class Rounds:
    """The market in rounds as a problem of calibration.

    Args:
        market: who takes part.
        values: what the market is to show, in the order of its measures.
    """

    def __init__(self, market: Market, values: Sequence[float]) -> None:
        self.market, self.space = market, space(market)
        self.targets = [Target(name, float(value)) for name, value in zip(market.measures, values, strict=True)]

    def populate(self, *, places: int, seed: int, conditioned: bool) -> RoundsPopulation:
        """See `catallaxy.calibrate.Problem`."""
        return RoundsPopulation(self.market, self.space, places=places, seed=seed, conditioned=conditioned)


class RoundsPopulation:
    """See `catallaxy.calibrate.Population`: makers share one policy, funds another.

    Their noise falls to a floor, not to nothing: with it, competition would go on narrowing spreads for as long as they
    learn, and what is calibrated would depend on how long that was. So the equilibrium is one of hands that tremble by
    a known amount.
    """

    def __init__(self, market: Market, space: Space, *, places: int, seed: int, conditioned: bool) -> None:
        self.market, self.space, self.places, self.seed = market, space, places, seed
        self.conditioned, self.learning = conditioned, True
        self.iterations = self.decisions = 0
        self.learners = self.fresh(seed)

    def fresh(self, seed: int) -> dict[str, Learner]:
        """Learners who know nothing, by family."""
        size = 4 + self.space.size * self.conditioned
        makers = PPOConfig(
            learning_rate=3e-3, initial_std=0.1, min_std=(0.05, 0.05), initial_mean=(-0.5, 0.0), lam=0.5,
            value_lam=0.95, epochs=2, minibatch=1024, clip=0.5, bounds_weight=10.0, averaging=3.0,
        )  # fmt: skip
        found: dict[str, Learner] = {
            "makers": PPO(PolicySpec("makers", size, (0.0, -0.6), (1.0, 0.6)), makers, seed=seed)
        }
        if self.market.funds:
            funds = attrs.evolve(makers, initial_mean=(), initial_std=0.2, min_std=(0.2,))
            found["funds"] = PPO(PolicySpec("funds", size, (0.0,), (KEPT,)), funds, seed=seed)
        return found

    def explore(self, points: Array) -> Array:
        """Play an episode of each composition, and learn from all."""
        kept = {family: Kept(range(self.market.agents[family])) for family in self.learners}
        worlds = self.play(points, self.learners, stream(self.seed, self.iterations, "rounds"), kept)
        if self.learning:
            for family, each in kept.items():
                self.learners[family].update(each.buffer)
        self.iterations += 1
        self.decisions += len(points) * sum(self.market.agents.values()) * self.market.rounds
        return worlds.measures()

    def evaluate(self, point: Array, episodes: int, seed: int) -> Array:
        """What episodes show in the mean of agents who don't learn from them; hands tremble as ever."""
        points = np.repeat(point[None], episodes, axis=0)
        return self.play(points, self.best(), stream(seed, 0, "evaluate")).measures().mean(axis=0)

    def best(self) -> dict[str, Actor]:
        """The policies with the averages of their weights."""
        return {family: best_of(learner) for family, learner in self.learners.items()}

    def play(
        self, points: Array, actors: Mapping[str, Actor], rng: np.random.Generator, kept: Mapping[str, Kept] = NOBODY
    ) -> Worlds:
        """Play an episode of each composition, and return the worlds as they are after it."""
        values = {parameter.name: parameter.value(points[:, k]) for k, parameter in enumerate(self.space.parameters)}
        values |= {name: np.full(len(points), value) for name, value in self.market.known.items()}
        worlds = Worlds(self.market, values, rng)
        told = points if self.conditioned else points[:, :0]
        play(worlds, 2.0 * told - 1.0, actors, rng, kept)
        return worlds

    def forget(self, turn: int) -> None:
        """Begin anew."""
        for family, learner in self.fresh(int(stream(self.seed, turn, "forget").integers(2**31))).items():
            self.learners[family].load_state_dict(learner.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Counters: episodes are whole between two calls of `explore`."""
        return {"iterations": self.iterations, "decisions": self.decisions}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.iterations, self.decisions = int(state["iterations"]), int(state["decisions"])
