"""What the environments for several agents have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from catallaxy.engine import World

from ..errors import LearningError
from .episode import Episode, Numbers, action_space, observation_space


class Several:
    """The learning agents of a world, their spaces, and its episodes one after the other."""

    def __init__(self, make_world: Callable[[int], World], horizon: float) -> None:
        self.make_world, self.horizon = make_world, horizon
        agents = Episode(make_world, 0, horizon).agents
        self.possible_agents = list(agents)
        self.observation_spaces = {name: observation_space(agent) for name, agent in agents.items()}
        self.action_spaces = {name: action_space(agent) for name, agent in agents.items()}
        self.agents: list[str] = []
        self.render_mode = None
        self._numbers = Numbers()
        self._episode: Episode
        self._observations: dict[str, npt.NDArray[Any]]

    def observation_space(self, agent: str) -> spaces.Space[Any]:
        """Return what ``agent`` can see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space[Any]:
        """Return what ``agent`` can do."""
        return self.action_spaces[agent]

    def _launch(self, seed: int | None, options: dict[str, Any] | None) -> None:
        """Make the world of the next episode, which must have the same learning agents as any other."""
        number = self._numbers.next(seed, options)
        self._episode = Episode(self.make_world, number, self.horizon)
        if list(self._episode.agents) != self.possible_agents:
            raise LearningError(
                f"the learning agents of episode {number} are {list(self._episode.agents)}, those of episode 0 were "
                f"{self.possible_agents}; a PettingZoo environment needs the same in each"
            )
        self.agents = self.possible_agents[:]
        self._observations = {name: _blank(self.observation_spaces[name]) for name in self.agents}


def _blank(space: spaces.Box) -> npt.NDArray[Any]:
    """Return what stands for an observation before there is one."""
    return np.clip(np.zeros(space.shape, space.dtype), space.low, space.high)
