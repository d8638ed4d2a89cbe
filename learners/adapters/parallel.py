"""A world as a PettingZoo parallel environment: one step for each moment at which somebody decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy.typing as npt
from pettingzoo import ParallelEnv

from ..errors import LearningError
from .several import Several

Told = dict[str, dict[str, Any]]


class WorldParallelEnv(Several, ParallelEnv[str, npt.NDArray[Any], Any]):  # type: ignore[misc]  # PettingZoo is untyped
    """Every step answers those agents that must decide now and lasts until somebody must decide again.

    PettingZoo wants an action of each live agent in each step, but decisions come at different times. So
    ``infos[agent]["decides"]`` says whose action counts; that of anybody else is ignored and may be left out, its
    reward is 0 and its observation the last one. Worlds in which all decide at the same times lose nothing by that;
    for others `WorldAECEnv` is the better fit.

    Rewards, infos, observations, the end of an episode and seeds are as in `WorldAECEnv`.

    Args:
        make_world: builds the world of an episode.
        horizon: simulated time at which an episode ends.

    Attributes:
        possible_agents: names of the agents that have no policy of their own.
    """

    metadata: ClassVar[dict[str, Any]] = {"name": "catallaxy_parallel_v0", "render_modes": []}

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, npt.NDArray[Any]], Told]:
        """Begin an episode: return everybody's observation and info at the first decision."""
        self._launch(seed, options)
        self._episode.advance()
        self._look()
        return dict(self._observations), self._tell()

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, npt.NDArray[Any]], dict[str, float], dict[str, bool], dict[str, bool], Told]:
        """Make the decisions that fall due now and let time pass until the next.

        Raises:
            LearningError: an action is missing where one is due, or not in its agent's action space.
        """
        episode = self._episode
        due = list(episode.open)
        for name in due:
            if name not in actions:
                raise LearningError(f"agent {name!r} must decide at t={episode.world.now:g}, but has no action")
            episode.answer(name, actions[name])
        asked = episode.advance()
        self._look()
        ends = {name: episode.ended(name) for name in self.agents}
        rewards = {
            name: asked[name].reward if name in asked else episode.outcome(name) if any(ends[name]) else 0.0
            for name in self.agents
        }
        told = self._tell()
        observations = {name: self._observations[name] for name in self.agents}
        terminations = {name: terminated for name, (terminated, _) in ends.items()}
        truncations = {name: truncated for name, (_, truncated) in ends.items()}
        self.agents = [name for name in self.agents if not any(ends[name])]
        return observations, rewards, terminations, truncations, told

    def _look(self) -> None:
        for name in self._episode.open:
            self._observations[name] = self._episode.seen(name)

    def _tell(self) -> Told:
        episode = self._episode
        return {name: {**episode.told(name), "decides": name in episode.open} for name in self.agents}
