"""A world as a PettingZoo AEC environment: agents take turns as their decisions fall due."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy.typing as npt
from pettingzoo import AECEnv

from .several import Several


class WorldAECEnv(Several, AECEnv[str, npt.NDArray[Any], Any]):  # type: ignore[misc]  # PettingZoo is untyped
    """Agent-environment cycle: ``agent_selection`` is whoever must decide now, in simulated time.

    Turns follow no fixed cycle: a fast agent has more of them. What ``last()`` gives is what the agent has earned from
    its previous decision to this one: R, discounted to the previous decision by the time that passed. ``infos`` hold
    ``elapsed`` D, ``discount`` G = exp(-rho D), ``time`` and ``episode_number``. At ``horizon`` every agent that has
    not terminated is truncated; nothing is observed there, so its last observation is given again.

    Observations and seeds are as in `AgentEnv`. The learning agents must be the same in every episode.

    Args:
        make_world: builds the world of an episode.
        horizon: simulated time at which an episode ends.

    Attributes:
        possible_agents: names of the agents that have no policy of their own.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "catallaxy_v0", "render_modes": [], "is_parallelizable": False}

    def observe(self, agent: str) -> npt.NDArray[Any]:
        """Return what ``agent`` saw when it was last asked; before that, the value nearest to 0 in its space."""
        return self._observations[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin an episode."""
        self._launch(seed, options)
        self.rewards = dict.fromkeys(self.agents, 0.0)
        self._cumulative_rewards = dict.fromkeys(self.agents, 0.0)
        self.terminations = dict.fromkeys(self.agents, False)
        self.truncations = dict.fromkeys(self.agents, False)
        self.infos = {name: self._episode.told(name) for name in self.agents}
        self.agent_selection = self.agents[0]
        self._skip_agent_selection = None
        self._advance()

    def step(self, action: Any) -> None:
        """Make the decision of ``agent_selection``; None for an agent that has ended.

        Raises:
            LearningError: the action is not in the agent's action space.
        """
        name = self.agent_selection
        if self.terminations[name] or self.truncations[name]:
            self._was_dead_step(action)
            return
        self._episode.answer(name, action)
        self._cumulative_rewards[name] = 0.0
        self._clear_rewards()
        self._advance()
        self._accumulate_rewards()

    def _advance(self) -> None:
        """Let time pass until somebody must decide, and tell everybody whom that concerns."""
        episode = self._episode
        for name, decision in episode.advance().items():
            self._observations[name] = episode.seen(name)
            self.rewards[name] = decision.reward
            self.infos[name] = episode.told(name)
        for name in self.agents:
            terminated, truncated = episode.ended(name)
            if terminated or truncated:
                self.terminations[name], self.truncations[name] = terminated, truncated
                self.rewards[name] = episode.outcome(name)
                self.infos[name] = episode.told(name)
        if episode.open:
            self.agent_selection = next(iter(episode.open))
        self._deads_step_first()
