"""Agents that leave choices to a learner, and gather their rewards in continuous time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import exp, isfinite
from typing import Any

import attrs
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.engine import Agent, AgentError, Question, Record, Wait
from catallaxy.engine.waiting import settled

from .formats import Format

Policy = Callable[["LearningAgent", Any], npt.ArrayLike]
"""A behaviour given as a function: called with the agent and its observation, returns the action."""

_BLOCK = 64


class Decided(Record, table="decisions", level="decisions"):
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
        observation_space: what it observes, the type's features not counted: a Box of shape (d,), or any other space
            that Gymnasium can flatten, such as a Dict.
        action_space: what it decides, in the market's units: a Box of shape (a,), Discrete or MultiDiscrete.
        masked: whether it says at each decision which options are available; for discrete actions only.
        discount_rate: rho, per unit of simulated time.
        type: lambda: what sets its rewards and connectivity; constant during an episode.
        features: the type as the policy sees it, scaled to about [-1, 1].
        policy: answers at once if given; if ``None``, whoever drives the world answers.
        terminated: whether its problem has ended (:meth:`terminate`).
        available: what was available at its last decision, if it is ``masked``: 1 or 0 for each option.
    """

    family: str = "agents"
    observation_space: spaces.Space[Any]
    action_space: spaces.Space[Any]
    masked: bool = False
    discount_rate: float = 0.0
    type: Any = None
    features: tuple[float, ...] = ()
    policy: Policy | None = None

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.terminated = False
        self.available: tuple[float, ...] = ()
        self._opened: float | None = None
        self._gathered = 0.0
        self._rate = 0.0
        self._rate_since = 0.0
        self._final = (0.0, 0.0)
        self._noises: list[list[float]] = []

    def decide(self, observation: Any, available: Any = None) -> Wait:
        """Ask for an action: yields an element of ``action_space`` (a float64 array of shape (a,) for a Box).

        Args:
            observation: an element of ``observation_space``.
            available: if it is ``masked``, for each option whether it can be chosen (for MultiDiscrete a sequence of
                such for each component); ``None``: all.

        Raises:
            AgentError: the observation is not of the declared shape, or holds NaN or infinity; nothing is available;
                or a given policy's action is not in ``action_space``.
        """
        if self.masked or available is not None:
            self.available = self._check_available(available)
        row = self.row(observation)
        if self.terminated:
            raise AgentError(f"{self} decides at t={self.now:g} after it has terminated")
        policy = self.policy
        if policy is None:
            return Decision(self, row)
        reward, elapsed, _ = self._turn()
        given = policy(self, observation)
        action = self.format.row(given)
        if action is None or (self.masked and not self.format.offers(action, self.available)):
            raise AgentError(
                f"{self}: its policy's action {given!r} at t={self.now:g} "
                f"is not in its action space {self.action_space}{' or not available' if self.masked else ''}"
            )
        self._log(row, action, reward, elapsed)
        return settled(self.world.env, self.format.native(action))

    def observe(self) -> Any:
        """Return what it would observe if it had to decide now; None if it does not say.

        Where an episode is cut short, a critic then tells what would have followed (Pardo et al. 2018).
        """
        return None

    @cached_property
    def format(self) -> Format:
        """How what it sees and does looks in rows of numbers.

        Raises:
            AgentError: a space that has no rows.
        """
        try:
            return Format.of(self.observation_space, self.action_space)
        except (AttributeError, TypeError) as error:
            raise AgentError(f"{self}: {error}") from None

    def row(self, observation: Any) -> tuple[float, ...]:
        """What a policy sees: the observation's numbers, the type's features and, if masked, what is available.

        Raises:
            AgentError: the observation is not of the declared shape, or holds NaN or infinity.
        """
        form = self.format
        if not form.plain:
            try:
                observation = form.flat(observation)
            except ValueError as error:
                raise AgentError(f"{self}: its observation {observation!r} at t={self.now:g}: {error}") from None
        row = (*observation, *self.features)
        if len(observation) != form.size or not isfinite(sum(row)):
            self._check_observation(row)
        return row + self.available if self.masked else row

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
        """Reward gathered and time elapsed since the last decision (until it terminated or left, if it has)."""
        if self.terminated or self._opened is None:
            return self._final
        until = self._settle()
        return self._gathered, until - self._opened

    @property
    def undecided(self) -> bool:
        """Whether it has not decided anything in this episode yet."""
        return self._opened is None and not self.terminated

    def describe(self) -> Any:
        """Its type, for the log."""
        return attrs.asdict(self.type) if attrs.has(self.type.__class__) else self.type

    def _settle(self) -> float:
        """Add what has flowed since the rate was last looked at; returns until when: now, or when it left."""
        now = self.now if self.left_at is None else self.left_at
        if self._opened is not None and self._rate:
            rho, start, end = self.discount_rate, self._rate_since - self._opened, now - self._opened
            self._gathered += self._rate * ((exp(-rho * start) - exp(-rho * end)) / rho if rho else end - start)
        self._rate_since = now
        return now

    def _turn(self) -> tuple[float, float, bool]:
        """Close the open transition and open the next: (reward, elapsed, whether this is the first)."""
        first = self._opened is None
        reward, elapsed = (0.0, 0.0) if first else self.outcome()
        self._opened = self._rate_since = self.now
        self._gathered = 0.0
        return reward, elapsed, first

    def _noise(self) -> list[float]:
        """Numbers from its own stream, one a component of the action: standard normals, or uniforms if discrete."""
        if not self._noises:
            if not hasattr(self, "_noise_stream"):
                self._noise_stream = self.stream("action")
            draw = self._noise_stream.random if self.format.options else self._noise_stream.standard_normal
            self._noises = draw((_BLOCK, len(self.format.low))).tolist()
        return self._noises.pop()

    def _log(self, row: tuple[float, ...], action: Any, reward: float, elapsed: float) -> int:
        world = self.world
        if world.log is None:
            world.sequence += 1
            return world.sequence
        return self.record(Decided(observation=row, action=tuple(map(float, action)), reward=reward, elapsed=elapsed))

    def _check_observation(self, row: tuple[float, ...]) -> None:
        size = self.format.size
        if len(row) != size + len(self.features):
            raise AgentError(
                f"{self}: its observation at t={self.now:g} has {len(row) - len(self.features)} numbers, "
                f"its observation space {size}"
            )
        for place, value in enumerate(row):
            if not isfinite(value):
                where = f"observation[{place}]" if place < size else f"features[{place - size}]"
                raise AgentError(f"{self}: {where} is {value!r} at t={self.now:g}")

    def _check_available(self, available: Any) -> tuple[float, ...]:
        if not (self.masked and self.format.options):
            raise AgentError(
                f"{self}: only an agent with masked = True and discrete actions can say what is available; this one "
                f"has masked = {self.masked} and {self.action_space}"
            )
        try:
            return self.format.mask(available)
        except (TypeError, ValueError) as error:
            raise AgentError(f"{self}: available={available!r} at t={self.now:g}: {error}") from None


class Decision(Question):
    """A choice that the world's driver makes.

    Attributes:
        agent: whose choice.
        observation: the policy's input, see `LearningAgent.row`.
        noise: numbers of the agent's own stream, one a component of the action, for exploration: standard normals, or
            uniforms in [0, 1) where actions are discrete.
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
        """Give the action's row: a float64 array of shape (a,); the agent gets it as its action space has it.

        Raises:
            AgentError: an option that is not available.
        """
        agent = self.agent
        form = agent.format
        if agent.masked and not form.offers(value, self.observation[-len(agent.available) :]):
            raise AgentError(f"{agent}: the answer {value!r} at t={agent.now:g} is not available")
        self.cause = agent._log(self.observation, value, self.reward, self.elapsed)
        super().answer(form.native(value) if form.options else value)
