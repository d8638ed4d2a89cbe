"""A world with one learning agent as a Gymnasium environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, SupportsFloat

import gymnasium
import numpy.typing as npt

from catallaxy.engine import World

from ..errors import LearningError
from .episode import Episode, Numbers, action_space, observation_space

_EMPTY_EPISODES = 100  # in a row, before reset gives up waiting for a decision


class AgentEnv(gymnasium.Env[npt.NDArray[Any], Any]):
    """One agent's decisions as a Gymnasium environment; all other agents must have policies of their own.

    A step lasts from one decision of the agent to its next. Its reward is R, discounted to the step's beginning by the
    time that passed (design: learning in continuous time), not by 1 per step. ``info`` holds of the step that ends
    ``elapsed`` D and ``discount`` G = exp(-rho D), and ``time`` and ``episode_number``: an exact return is R + G V', so
    a library that knows one discount per step only is right as far as steps are equally long.

    At ``horizon`` an agent that has terminated is ``terminated``, any other ``truncated``. Nothing is observed there,
    so the last observation is given again.

    Observations are the agent's own, followed by its type's features. ``reset(seed=...)`` draws the numbers of all
    episodes to come from that seed; never seeded, they are 0, 1, 2, ...; ``options={"episode": k}`` chooses one.

    Args:
        make_world: builds the world of an episode.
        horizon: simulated time at which an episode ends.

    Raises:
        LearningError: there is not exactly one agent to decide for.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (declared so by Gymnasium)

    def __init__(self, make_world: Callable[[int], World], horizon: float) -> None:
        self.make_world, self.horizon = make_world, horizon
        self._numbers = Numbers()
        self._episode = self._launch(0)
        agent = self._episode.agents[self._name]
        self.observation_space = observation_space(agent)
        self.action_space = action_space(agent)
        self._observation: npt.NDArray[Any]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Begin an episode: return the agent's first observation and info."""
        super().reset(seed=seed)
        for _ in range(_EMPTY_EPISODES):
            self._episode = self._launch(self._numbers.next(seed, options))
            if self._episode.advance():
                self._observation = self._episode.seen(self._name)
                return self._observation, self._episode.told(self._name)
            seed = None
        raise LearningError(f"agent {self._name!r} decides nothing in {_EMPTY_EPISODES} episodes of {self.horizon:g}")

    def step(self, action: Any) -> tuple[npt.NDArray[Any], SupportsFloat, bool, bool, dict[str, Any]]:
        """Make the agent's decision and let time pass until its next.

        Raises:
            LearningError: the episode has ended, or the action is not in the action space.
        """
        episode, name = self._episode, self._name
        if name not in episode.open:
            raise LearningError("there is nothing to decide: call reset() to begin an episode")
        episode.answer(name, action)
        if episode.advance():
            self._observation = episode.seen(name)
            return self._observation, episode.open[name].reward, False, False, episode.told(name)
        terminated, truncated = episode.ended(name)
        return self._observation, episode.outcome(name), terminated, truncated, episode.told(name)

    def _launch(self, number: int) -> Episode:
        episode = Episode(self.make_world, number, self.horizon)
        if len(episode.agents) != 1:
            raise LearningError(
                f"this environment decides for one agent, but in episode {number} "
                f"{', '.join(map(repr, episode.agents)) or 'none'} decide without a policy; give the others one, or "
                f"use WorldAECEnv or WorldParallelEnv"
            )
        (self._name,) = episode.agents
        return episode
