"""The population of Catallaxy's own worlds: one shared policy learns from all compositions that are explored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.engine import World, stream
from catallaxy.learners import Learner

from .errors import CalibrationError
from .worlds import Crew, Market, Worlds, learning

Floats = npt.NDArray[np.float64]


class WorldPopulation:
    """Plays compositions side by side, an episode each, and lets the agents learn from all of them.

    Types are drawn anew in each episode. With `conditioned`, every learning agent is also told the composition that it
    lives in: one policy and one critic can then know the equilibrium of each composition, instead of chasing the one
    that was tried last.

    Args:
        market: its worlds.
        places: how many compositions are played side by side.
        seed: root seed of its worlds and learners.
        conditioned: whether agents are told the composition.
        workers: processes that play them; what is found does not depend on it.

    Attributes:
        learning: whether agents learn from what is explored.
        iterations: calls of `explore` so far.
        decisions: simulated agents' decisions so far.
        learners: by family.
    """

    def __init__(self, market: Market, *, places: int, seed: int, conditioned: bool = True, workers: int = 1) -> None:
        self.market, self.places, self.seed = market, places, seed
        self.learning = True
        self.iterations = self.decisions = 0
        self._worlds = Worlds(market, seed, conditioned)
        self._crew = Crew(self._worlds, workers)
        self.learners = self._fresh(seed)

    def explore(self, points: Floats) -> Floats:
        """See `Population`."""
        if points.shape != (shape := (self.places, self.market.space.size)):
            raise CalibrationError(f"compositions must have the shape {shape}, not {points.shape}")
        decisions, measures, buffers = self._crew.play(np.clip(points, 0.0, 1.0), self.iterations, self.learners)
        if self.learning:
            for family, learner in self.learners.items():
                learner.update(buffers[family])
        self.iterations += 1
        self.decisions += decisions
        return measures

    def evaluate(self, point: Floats, episodes: int, seed: int) -> Floats:
        """See `Population`."""
        return self.market.measure([self._played(point, seed, episode) for episode in range(episodes)])

    def forget(self, turn: int) -> None:
        """See `Population`."""
        fresh = self._fresh(int(stream(self.seed, turn, "forget").integers(2**31)))
        for family, learner in self.learners.items():
            learner.load_state_dict(fresh[family].state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Counters: worlds are whole between two calls of `explore`."""
        return {"iterations": self.iterations, "decisions": self.decisions}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.iterations, self.decisions = int(state["iterations"]), int(state["decisions"])

    def _fresh(self, seed: int) -> dict[str, Learner]:
        middle = np.full(self.market.space.size, 0.5)
        return dict(self.market.learners(self._worlds.build(middle, 0), seed))

    def _played(self, point: Floats, seed: int, episode: int) -> World:
        """An episode in which everybody acts by the best that was learned."""
        from catallaxy.learners import Mirror, best_of

        world = self._worlds.build(point, episode, seed)
        for agent in learning(world):
            actor = best_of(self.learners[agent.family])
            if not isinstance(actor, Mirror):
                raise CalibrationError(f"the learner of family {agent.family!r} has no policy to play")
            agent.policy = actor
        world.run(self.market.horizon)
        return world
