"""The RL calibrator: an agent whose actions move the composition, and who learns more slowly than the market's agents.

Vadori, Ganesh, Reddy & Veloso (2020), "Calibration of shared equilibria": state = supertypes, action = an increment,
reward = a decreasing transform of the calibration loss, several compositions explored at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream
from catallaxy.learners import PPO, GaussianPolicy, PolicySpec, PPOConfig, TrajectoryBuffer

from ..calibrator import Memory, Recommendation, Setting
from ..surrogate import Quadratic, local_map

Floats = npt.NDArray[np.float64]


@attrs.frozen
class ReinforcementConfig:
    """What the RL calibrator can be told; the defaults are the talk's calibrator.

    Attributes:
        errors: whether its state holds the standardised, clipped target errors beside the composition.
        discount: of the reward of later moves; 0 looks at the next one alone.
        increment: the largest move of a parameter, as a part of its range.
        explore: standard deviations of its moves in units of `increment`, at the beginning and at the end.
        every: updates of the agents for each of its own: the two time scales.
        learning_rate: of its own policy.
        window: part of the path, at its end, whose mean composition it recommends.
        offset: the reward is -log(loss + offset).
        informed_start: whether its compositions begin where the burn-in saw the least loss, or anywhere in the cube.
        imagined: how often, for each time that it learns from what it has done, it learns from moves that it only
            imagines, in maps of the measures fitted to all pairs (Dyna, Sutton 1991).
    """

    errors: bool = False
    discount: float = attrs.field(default=0.0, validator=[attrs.validators.ge(0.0), attrs.validators.lt(1.0)])
    increment: float = attrs.field(default=0.12, validator=attrs.validators.gt(0.0))
    explore: tuple[float, float] = (0.7, 0.35)
    every: int = attrs.field(default=8, validator=attrs.validators.ge(1))
    learning_rate: float = attrs.field(default=3e-3, validator=attrs.validators.gt(0.0))
    window: float = attrs.field(default=1.0 / 6.0, validator=attrs.validators.gt(0.0))
    offset: float = attrs.field(default=0.02, validator=attrs.validators.gt(0.0))
    informed_start: bool = False
    imagined: int = attrs.field(default=0, validator=attrs.validators.ge(0))


INFORMED = ReinforcementConfig(errors=True, discount=0.8, informed_start=True)
"""The same with the target errors in its state, a look-ahead of several moves, and a start from the burn-in's best."""
IMAGINING = attrs.evolve(INFORMED, imagined=4)
"""The same, which also learns from what it imagines."""

_CLIP = 3.0
_NEAR = 15
"""Pairs over which the burn-in's losses are averaged: one episode's loss is mostly noise."""
_LATE = 2000
"""Of its pairs, so many are looked at: all are compared with all."""
_WALKS, _MOVES, _AROUND = 128, 6, 0.2
"""Of what is imagined: paths, moves of each, and how far from the compositions they begin (standard deviation)."""


class Reinforcement:
    """A policy over increments, learned by PPO on the compositions' own trajectories.

    Recommends the mean composition over the last part of its path.
    """

    def __init__(self, setting: Setting, config: ReinforcementConfig | None = None, *, seed: int = 0) -> None:
        self.setting, self.config = setting, config or ReinforcementConfig()
        size, measures = setting.size, len(setting.targets.targets)
        self._rate = -log(self.config.discount) if self.config.discount > 0.0 else 1e3
        spec = PolicySpec(
            "calibrator",
            size + measures * self.config.errors,
            (-self.config.increment,) * size,
            (self.config.increment,) * size,
        )
        ppo = PPOConfig(
            learning_rate=self.config.learning_rate,
            minibatch=self.config.every * setting.places,
            epochs=8,
            lam=0.9,
            hidden=(32, 32),
        )
        self.learner = PPO(spec, ppo, seed=seed)
        self.buffer = TrajectoryBuffer(spec.observation_size, size)
        self.points: Floats = np.empty((0, size))
        self.path: Floats = np.empty((0, size))
        self.memory = Memory(size, measures)
        self._told = 0
        self._explore(0.0)

    def ask(self, rng: Stream) -> Floats:
        """Where the moves have led."""
        if not len(self.points):
            self.points = np.asarray(rng.random((self.setting.places, self.setting.size)))
            if self.config.informed_start and len(self.memory):
                best = self._best()
                self.points[: len(best)] = best
            if not self.config.imagined:
                self.memory = Memory(self.setting.size, len(self.setting.targets.targets))  # it is not needed again
        return self.points

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Reward the last moves, and make the next ones."""
        mine = points.shape == self.points.shape and np.array_equal(points, self.points)
        if self.config.imagined or (self.config.informed_start and not len(self.points)):
            self.memory.add(points, measures, spent)
        if not mine:
            return  # the burn-in's
        reward = self._reward(measures)
        known = np.isfinite(reward)  # a measure may be undefined in an episode
        reward = np.where(known, reward, reward[known].mean() if known.any() else 0.0)
        moves = self._decide(self.buffer, self._state(points, measures), reward, self._told, rng)
        self._told += 1
        self.path = np.concatenate([self.path, points.mean(axis=0)[None]])
        self.points = _reflected(points + moves)
        if self._told % self.config.every == 0 and self._told > 1:  # the first moves have no reward yet
            self.learner.update(self.buffer)
            self.buffer.carry()
            self._explore(spent / self.setting.budget)
            if self.config.imagined and len(self.memory) > 1:  # a map takes pairs whose measures are all defined
                self._imagine(spent / self.setting.budget, rng)

    def _imagine(self, done: float, rng: Stream) -> None:
        """Learn from what it imagines, as often as it is to."""
        model = local_map(self.memory, self.points.mean(axis=0), self.setting.targets)
        for _ in range(self.config.imagined):
            self.learner.update(self._imagined(model, rng))
            self._explore(done)

    def _imagined(self, model: Quadratic, rng: Stream) -> TrajectoryBuffer:
        """Paths from around the compositions, each in a map of its own, drawn from what is known of the measures.

        What is seen is noisy, as an episode is; what is paid is not, since a map says what the loss would be without.
        """
        maps = model.draw(_WALKS, rng)
        begin = self.points[rng.integers(len(self.points), size=_WALKS)]
        points = _reflected(begin + _AROUND * rng.standard_normal(begin.shape))
        buffer = TrajectoryBuffer(self.buffer.observation_size, self.buffer.action_size)
        for move in range(_MOVES + 1):
            shown = model.each(points, maps)
            state = self._state(points, shown + model.noise * rng.standard_normal(shown.shape))
            reward = self._reward(shown)
            if move < _MOVES:
                points = _reflected(points + self._decide(buffer, state, reward, move, rng))
        values = self.learner.act(state).values
        for walk in range(_WALKS):
            buffer.end(walk, reward=reward[walk], elapsed=1.0, terminated=False, last_value=float(values[walk]))
        return buffer

    def _state(self, points: Floats, measures: Floats) -> npt.NDArray[np.float32]:
        """What it sees of compositions (n, d) that showed measures (n, m)."""
        state = 2.0 * points - 1.0
        if self.config.errors:
            errors = np.clip(np.nan_to_num(self.setting.targets.errors(measures)), -_CLIP, _CLIP)
            state = np.concatenate([state, errors], axis=1)
        return state.astype(np.float32)

    def _reward(self, measures: Floats) -> Floats:
        return np.asarray(-np.log(self.setting.targets.loss(measures) + self.config.offset), np.float64)

    def _decide(
        self, buffer: TrajectoryBuffer, state: npt.NDArray[np.float32], reward: Floats, time: float, rng: Stream
    ) -> Floats:
        """The next moves, shape (n, d), put into a buffer with the reward of the last ones."""
        count = len(state)
        acted = self.learner.act(state, rng.standard_normal((count, self.setting.size)).astype(np.float32))
        buffer.decide(
            range(count), state, acted.raw, acted.logp, acted.values,
            time=[float(time)] * count, rate=[self._rate] * count, reward=reward, elapsed=[1.0] * count,
        )  # fmt: skip
        return acted.actions

    def recommend(self, rng: Stream) -> Recommendation:
        """The mean of the path's last part; draws are the compositions as they are now, or a map's if it has one."""
        if not len(self.path):
            return Recommendation(np.full(self.setting.size, 0.5), self.points)
        last = max(1, round(self.config.window * len(self.path)))
        point, targets = self.path[-last:].mean(axis=0), self.setting.targets
        if not self.config.imagined or len(self.memory) < 2:
            return Recommendation(point, self.points)
        return Recommendation(point, local_map(self.memory, point, targets).plausible(targets, rng)[1])

    def _best(self) -> Floats:
        """The burn-in's compositions with the least loss among their neighbours, of its later half."""
        late = slice(-min((len(self.memory) + 1) // 2, _LATE), None)  # agents have learned since the earlier ones
        points, losses = self.memory.points[late], self.setting.targets.loss(self.memory.measures[late])
        apart = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        near = np.argsort(apart, axis=1)[:, :_NEAR]
        return points[np.argsort(losses[near].mean(axis=1))[: self.setting.places]]

    def _explore(self, done: float) -> None:
        """Set the deviation of its moves: it falls from the first of `explore` to the second."""
        import torch

        first, last = self.config.explore
        policy = self.learner.policy
        assert isinstance(policy, GaussianPolicy)
        with torch.no_grad():
            policy.log_std.fill_(log(first + (last - first) * min(done, 1.0)))
        policy.refresh()

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {
            "learner": self.learner.state_dict(),
            "buffer": {name: column.copy() for name, column in self.buffer.columns().items()},
            "points": self.points,
            "path": self.path,
            "memory": self.memory.state_dict(),
            "told": self._told,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self.learner.load_state_dict(state["learner"])
        self.buffer.assemble([state["buffer"]])
        self.points, self.path, self._told = state["points"], state["path"], int(state["told"])
        self.memory.load_state_dict(state["memory"])


def _reflected(points: Floats) -> Floats:
    """Moves that would leave the cube are reflected at its faces."""
    return np.asarray(1.0 - np.abs(1.0 - np.abs(points)), np.float64)
