"""Agents that leave choices to a learner, and gather their rewards in continuous time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, isfinite
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.engine import Agent, AgentError, Question, Record, Wait
from catallaxy.engine.waiting import settled

Policy = Callable[["LearningAgent", Sequence[float]], npt.ArrayLike]
"""A behaviour given as a function: called with the agent and its observation, returns the action."""

_BLOCK = 64


class Decided(Record, table="decisions"):
    """A decision, as logged: what was seen (the type's features last), what was done, and what the last one earned."""

    observation: tuple[float, ...]
    action: tuple[float, ...]
    reward: float
    elapsed: float


class LearningAgent(Agent):
    """An agent whose choices are made by a learner or a given policy.

    In a process: ``action = yield self.decide(observation)``; between decisions it calls :meth:`reward` and
    :meth:`flow`. Rewards count from the first decision on, discounted by elapsed time (design: learning in continuous
    time; Bradtke & Duff 1994).

    Attributes:
        family: agents of one family share one policy.
        observation_space: what it observes, shape (d,), the type's features not counted.
        action_space: what it decides, shape (a,), in the market's units.
        discount_rate: rho, per unit of simulated time.
        type: lambda: what sets its rewards and connectivity; constant during an episode.
        features: the type as the policy sees it, scaled to about [-1, 1].
        policy: answers at once if given; if ``None``, whoever drives the world answers.
        terminated: whether its problem has ended (:meth:`terminate`).
    """

    family: str = "agents"
    observation_space: spaces.Box
    action_space: spaces.Box
    discount_rate: float = 0.0
    type: Any = None
    features: tuple[float, ...] = ()
    policy: Policy | None = None

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.terminated = False
        self._opened: float | None = None
        self._gathered = 0.0
        self._rate = 0.0
        self._rate_since = 0.0
        self._final = (0.0, 0.0)
        self._noises: list[list[float]] = []

    def decide(self, observation: Sequence[float]) -> Wait:
        """Ask for an action: yields a float64 array of shape (a,) in ``action_space``.

        Raises:
            AgentError: the observation is not of the declared shape, or holds NaN or infinity, or a given policy's
                action is not in ``action_space``.
        """
        row = (*observation, *self.features)
        if len(observation) != self.observation_space.shape[0] or not isfinite(sum(row)):
            self._check_observation(row)
        if self.terminated:
            raise AgentError(f"{self} decides at t={self.now:g} after it has terminated")
        policy = self.policy
        if policy is None:
            return Decision(self, row)
        reward, elapsed, _ = self._turn()
        action = np.asarray(policy(self, observation), dtype=np.float64)
        if not _inside(self.action_space, action):
            raise AgentError(
                f"{self}: its policy's action {action!r} at t={self.now:g} "
                f"is not in its action space {self.action_space}"
            )
        self._log(row, action, reward, elapsed)
        return settled(self.world.env, action)

    def reward(self, amount: float) -> None:
        """Earn ``amount`` at this instant.

        Raises:
            AgentError: it is NaN or infinite.
        """
        if not isfinite(amount):
            raise AgentError(f"{self}: reward {amount!r} at t={self.now:g} is not a finite number")
        if self._opened is not None:
            rho = self.discount_rate
            self._gathered += amount * exp(-rho * (self.now - self._opened)) if rho else amount

    def flow(self, rate: float) -> None:
        """Earn ``rate`` per unit of time from now on, until it is set anew.

        Raises:
            AgentError: it is NaN or infinite.
        """
        if not isfinite(rate):
            raise AgentError(f"{self}: reward rate {rate!r} at t={self.now:g} is not a finite number")
        self._settle()
        self._rate = rate

    def terminate(self) -> None:
        """End this agent's problem here: nothing after this moment counts, and the last transition has no successor."""
        if not self.terminated:
            self._final = self.outcome()
            self.terminated = True
            self._opened = None

    def outcome(self) -> tuple[float, float]:
        """Reward gathered and time elapsed since the last decision (until it terminated, if it has)."""
        if self.terminated or self._opened is None:
            return self._final
        self._settle()
        return self._gathered, self.now - self._opened

    @property
    def undecided(self) -> bool:
        """Whether it has not decided anything in this episode yet."""
        return self._opened is None and not self.terminated

    def describe(self) -> Any:
        """Its type, for the log."""
        return attrs.asdict(self.type) if attrs.has(self.type.__class__) else self.type

    def _settle(self) -> None:
        """Add what has flowed since the rate was last looked at."""
        now = self.now
        if self._opened is not None and self._rate:
            rho, start, end = self.discount_rate, self._rate_since - self._opened, now - self._opened
            self._gathered += self._rate * ((exp(-rho * start) - exp(-rho * end)) / rho if rho else end - start)
        self._rate_since = now

    def _turn(self) -> tuple[float, float, bool]:
        """Close the open transition and open the next: (reward, elapsed, whether this is the first)."""
        first = self._opened is None
        reward, elapsed = (0.0, 0.0) if first else self.outcome()
        self._opened = self._rate_since = self.now
        self._gathered = 0.0
        return reward, elapsed, first

    def _noise(self) -> list[float]:
        """Standard normals, one a dimension of the action, from its own stream."""
        if not self._noises:
            if not hasattr(self, "_noise_stream"):
                self._noise_stream = self.stream("action")
            self._noises = self._noise_stream.standard_normal((_BLOCK, self.action_space.shape[0])).tolist()
        return self._noises.pop()

    def _log(self, row: tuple[float, ...], action: Any, reward: float, elapsed: float) -> int:
        world = self.world
        if world.log is None:
            world.sequence += 1
            return world.sequence
        return self.record(Decided(observation=row, action=tuple(map(float, action)), reward=reward, elapsed=elapsed))

    def _check_observation(self, row: tuple[float, ...]) -> None:
        size = self.observation_space.shape[0]
        if len(row) != size + len(self.features):
            raise AgentError(
                f"{self}: its observation at t={self.now:g} has {len(row) - len(self.features)} numbers, "
                f"its observation space {size}"
            )
        for place, value in enumerate(row):
            if not isfinite(value):
                where = f"observation[{place}]" if place < size else f"features[{place - size}]"
                raise AgentError(f"{self}: {where} is {value!r} at t={self.now:g}")


class Decision(Question):
    """A choice that the world's driver makes.

    Attributes:
        agent: whose choice.
        observation: the policy's input: what was observed, then the type's features.
        noise: standard normals of the agent's own stream, one a dimension of the action, for exploration.
        reward: R, discounted reward since the agent's previous decision; 0 at its first.
        elapsed: D, time since then; 0 at its first.
        first: whether this is its first decision of the episode.
    """

    __slots__ = ("elapsed", "first", "noise", "observation", "reward")
    agent: LearningAgent

    def __init__(self, agent: LearningAgent, observation: tuple[float, ...]) -> None:
        super().__init__(agent)
        self.observation = observation
        self.reward, self.elapsed, self.first = agent._turn()
        self.noise = agent._noise()

    def answer(self, value: Any) -> None:
        """Give the action: a float64 array of shape (a,)."""
        self.cause = self.agent._log(self.observation, value, self.reward, self.elapsed)
        super().answer(value)


def _inside(space: spaces.Box, action: npt.NDArray[np.float64]) -> bool:
    return action.shape == space.shape and bool(np.all((action >= space.low) & (action <= space.high)))
