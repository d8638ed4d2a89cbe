"""Agents who learn in the market in rounds: what `catallaxy.calibrate` asks of a simulator of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import exp, log
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.calibrate import Parameter, Space, Target
from catallaxy.engine import stream
from catallaxy.learners import PPO, Actor, Learner, PolicySpec, PPOConfig, TrajectoryBuffer, best_of
from market import Market, Worlds

Array = npt.NDArray[np.float64]

RATE = -log(0.9)
"""Discount rate per round."""
SIZES = {"makers": 2, "funds": 1}
"""Numbers that an action consists of."""
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
        parameters.append(Parameter("funds.risk_aversion", 5e-3, 2e-1, "log"))
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
    """See `catallaxy.calibrate.Population`: makers share one policy, funds another."""

    def __init__(self, market: Market, space: Space, *, places: int, seed: int, conditioned: bool) -> None:
        self.market, self.space, self.places, self.seed = market, space, places, seed
        self.conditioned, self.learning = conditioned, True
        self.iterations = self.decisions = 0
        self.learners: dict[str, Learner] = self._fresh(seed)
        self._buffers: dict[str, TrajectoryBuffer] = {}

    def _fresh(self, seed: int) -> dict[str, Learner]:
        size = 4 + self.space.size * self.conditioned
        makers = PPOConfig(
            learning_rate=2e-3, initial_std=0.06, initial_mean=(-0.5, 0.0), lam=0.5, value_lam=0.95, epochs=2,
            minibatch=1024, clip=0.5, bounds_weight=10.0, averaging=3.0,
        )  # fmt: skip
        found: dict[str, Learner] = {
            "makers": PPO(PolicySpec("makers", size, (0.0, -0.6), (1.0, 0.6)), makers, seed=seed)
        }
        if self.market.funds:
            funds = attrs.evolve(makers, initial_mean=(), initial_std=0.25)
            found["funds"] = PPO(PolicySpec("funds", size, (0.0,), (1.0,)), funds, seed=seed)
        return found

    def explore(self, points: Array) -> Array:
        """Play an episode of each composition, and learn from all."""
        self._buffers = {}
        worlds = self._play(points, self.learners, stream(self.seed, self.iterations, "rounds"), explore=True)
        if self.learning:
            for family, buffer in self._buffers.items():
                self.learners[family].update(buffer)
        self.iterations += 1
        _, makers, funds, _ = worlds.shape
        self.decisions += len(points) * (makers + funds) * self.market.rounds
        return worlds.measures()

    def evaluate(self, point: Array, episodes: int, seed: int) -> Array:
        """What episodes show in the mean if nobody explores."""
        points = np.repeat(point[None], episodes, axis=0)
        best = {family: best_of(learner) for family, learner in self.learners.items()}
        return self._play(points, best, stream(seed, 0, "evaluate"), explore=False).measures().mean(axis=0)

    def forget(self, turn: int) -> None:
        """Begin anew."""
        for family, learner in self._fresh(int(stream(self.seed, turn, "forget").integers(2**31))).items():
            self.learners[family].load_state_dict(learner.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Counters: episodes are whole between two calls of `explore`."""
        return {"iterations": self.iterations, "decisions": self.decisions}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.iterations, self.decisions = int(state["iterations"]), int(state["decisions"])

    def _play(self, points: Array, actors: Mapping[str, Actor], rng: np.random.Generator, *, explore: bool) -> Worlds:
        values = {parameter.name: parameter.value(points[:, k]) for k, parameter in enumerate(self.space.parameters)}
        values |= {name: np.full(len(points), value) for name, value in self.market.known.items()}
        worlds = Worlds(self.market, values, rng)
        earned = {"makers": np.zeros(worlds.shape[:2]), "funds": np.zeros((worlds.shape[0], worlds.shape[2]))}
        for turn in range(self.market.rounds):
            act = partial(self._act, actors, points, earned, turn, rng, explore=explore)
            worlds.quote(act("makers", worlds.makers_see()))
            part = act("funds", worlds.funds_see())[..., 0] if self.market.funds else earned["funds"]
            earned["makers"], earned["funds"] = worlds.trade(part)
        if explore:
            for family, buffer in self._buffers.items():
                for chain, reward in enumerate((exp(-RATE) * earned[family].reshape(-1)).tolist()):
                    buffer.end(chain, reward=reward, elapsed=1.0, terminated=False)
        return worlds

    def _act(
        self,
        actors: Mapping[str, Actor],
        points: Array,
        earned: Mapping[str, Array],
        turn: int,
        rng: np.random.Generator,
        family: str,
        seen: Array,
        *,
        explore: bool,
    ) -> Array:
        """Actions [E, agents, a]; while exploring, the decisions go into the family's buffer."""
        worlds, agents, _ = seen.shape
        if self.conditioned:
            seen = np.concatenate([seen, np.repeat(2.0 * points[:, None] - 1.0, agents, axis=1)], axis=2)
        rows = seen.reshape(worlds * agents, -1).astype(np.float32)
        noise = rng.standard_normal((len(rows), SIZES[family])).astype(np.float32) if explore else None
        acted = actors[family].act(rows, noise)
        if explore:
            buffer = self._buffers.setdefault(family, TrajectoryBuffer(rows.shape[1], SIZES[family]))
            once = np.ones(len(rows))
            buffer.decide(
                range(len(rows)), rows, acted.raw, acted.logp, acted.values,
                time=turn * once, rate=RATE * once, reward=exp(-RATE) * earned[family].reshape(-1), elapsed=once,
            )  # fmt: skip
        return acted.actions.reshape(worlds, agents, -1)
