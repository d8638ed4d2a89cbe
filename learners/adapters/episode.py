"""An episode driven from outside, one decision after the other: what all adapters have in common."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.agents import Decision, LearningAgent
from catallaxy.engine import World

from ..errors import LearningError

Floats = npt.NDArray[np.float64]


def observation_space(agent: LearningAgent) -> spaces.Box:
    """Return the space of what a policy sees: the agent's observation, flattened, followed by its type's features."""
    own = spaces.flatten_space(agent.observation_space)
    assert isinstance(own, spaces.Box)
    kind = np.dtype(own.dtype if agent.format.plain else np.float64)
    unbounded = np.full(len(agent.features), np.inf)
    low, high = np.concatenate([own.low, -unbounded]), np.concatenate([own.high, unbounded])
    return spaces.Box(low.astype(kind), high.astype(kind), dtype=kind.type)


def action_space(agent: LearningAgent) -> spaces.Space[Any]:
    """Return a copy of the agent's action space: what is sampled from it depends on the environment's seed alone."""
    return copy.deepcopy(agent.action_space)


class Episode:
    """One world, and the decisions that its learning agents wait for.

    Args:
        make_world: builds the world of an episode.
        number: the episode's number.
        horizon: simulated time at which it ends.

    Attributes:
        world: the world.
        agents: its learning agents without a policy of their own, by name.
        open: the decisions to be made now, by agent, first asked first.
    """

    def __init__(self, make_world: Callable[[int], World], number: int, horizon: float) -> None:
        self.world = make_world(number)
        self.number, self.horizon = number, horizon
        self.agents: dict[str, LearningAgent] = {
            agent.name: agent
            for agent in self.world.agents.values()
            if isinstance(agent, LearningAgent) and agent.policy is None
        }
        self.open: dict[str, Decision] = {}

    def advance(self) -> dict[str, Decision]:
        """Let time pass until somebody must decide; return the decisions that are new. The end leaves none open."""
        known, self.open = self.open, {}
        for question in self.world.advance(self.horizon):
            if not isinstance(question, Decision):
                raise LearningError(
                    f"agent {question.agent.name!r} asks at t={question.asked_at:g} for a {type(question).__name__}; "
                    f"an environment answers Decisions only"
                )
            self.open[question.agent.name] = question
        return {name: decision for name, decision in self.open.items() if known.get(name) is not decision}

    def answer(self, name: str, action: Any) -> None:
        """Make the decision of the agent ``name``.

        Raises:
            LearningError: the action is not in its action space; rounding to float32 is forgiven.
        """
        decision, form = self.open[name], self.agents[name].format
        row = np.asarray(action, np.float64)
        if not form.options and row.shape == form.low.shape:
            inside = np.clip(row, form.low, form.high)
            row = inside if np.allclose(inside, row, rtol=1e-6, atol=1e-6) else row
        checked = form.row(row)
        if checked is None:
            raise LearningError(f"agent {name!r}: action {action!r} at t={self.world.now:g} is not in {form.actions}")
        decision.answer(checked)

    def ended(self, name: str) -> tuple[bool, bool]:
        """Whether an agent's problem has ended (terminated), or else was cut by the episode's end (truncated)."""
        terminated = self.agents[name].terminated
        return terminated, not terminated and not self.open

    def outcome(self, name: str) -> float:
        """Return R of the transition that its end left open."""
        return float(self.agents[name].outcome()[0])

    def seen(self, name: str) -> npt.NDArray[Any]:
        """Return what the agent's open decision is based on, without what is available."""
        agent, decision = self.agents[name], self.open[name]
        row = decision.observation[: len(decision.observation) - len(agent.available)]
        return np.array(row, agent.observation_space.dtype if agent.format.plain else np.float64)

    def told(self, name: str) -> dict[str, Any]:
        """Return what goes into ``info``: episode, time, and D and G of the transition that ends now, if one does.

        An agent that says what is available of its options has an ``action_mask``, as Gymnasium's ``sample`` takes it.
        """
        agent, decision = self.agents[name], self.open.get(name)
        elapsed = 0.0
        if decision is not None:
            elapsed = decision.elapsed
        elif any(self.ended(name)):  # not before: looking would split what flows, and so round it otherwise
            elapsed = float(agent.outcome()[1])
        told: dict[str, Any] = {} if decision is None or not agent.masked else {"action_mask": _mask(agent)}
        return told | {
            "episode_number": self.number,  # "episode" is where Gymnasium and others keep their statistics
            "time": self.world.now if decision is None else decision.asked_at,
            "elapsed": elapsed,
            "discount": float(np.exp(-agent.discount_rate * elapsed)),
        }


def _mask(agent: LearningAgent) -> Any:
    """Return what is available to an agent: int8 by option, in a tuple where there are several components."""
    flags, options = np.array(agent.available, np.int8), agent.format.options
    if isinstance(agent.action_space, spaces.Discrete):
        return flags
    return tuple(np.split(flags, np.cumsum(options)[:-1]))


class Numbers:
    """Numbers of the episodes to come: 0, 1, 2, ... or, once seeded, drawn from that seed."""

    def __init__(self) -> None:
        self._count = 0
        self._source: np.random.Generator | None = None

    def next(self, seed: int | None, options: dict[str, Any] | None) -> int:
        """Return the number of the episode that begins now; ``options["episode"]`` says which."""
        if seed is not None:
            self._source = np.random.default_rng(seed)
        chosen = (options or {}).get("episode")
        if chosen is not None:
            return int(chosen)
        if self._source is not None:
            return int(self._source.integers(2**31))
        self._count += 1
        return self._count - 1
