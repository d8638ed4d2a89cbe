"""The population of Catallaxy's own worlds: one shared policy learns from all compositions that are explored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.engine import World, stream
from catallaxy.learners import Fleet, Learner

from .errors import CalibrationError
from .space import Space

Floats = npt.NDArray[np.float64]


class Market(Protocol):
    """Worlds of a composition, and what they show."""

    @property
    def space(self) -> Space:
        """What is calibrated."""
        ...

    @property
    def horizon(self) -> float:
        """Simulated time at which an episode ends."""
        ...

    def build(self, values: Mapping[str, float], seed: int, episode: int) -> World:
        """The world of one episode of a composition, given by its parameters' values."""
        ...

    def measure(self, worlds: Sequence[World]) -> Floats:
        """What worlds that have been run to their end show together: the targets' measures, shape (m,)."""
        ...

    def learners(self, world: World, seed: int) -> Mapping[str, Learner]:
        """Fresh learners for the families of a world's learning agents."""
        ...


class WorldPopulation:
    """Plays compositions side by side, an episode each, and lets the agents learn from all of them.

    Types are drawn anew in each episode. With `conditioned`, every learning agent is also told the composition that it
    lives in (as a point of the unit cube, scaled to [-1, 1], at the end of its features): one policy and one critic can
    then know the equilibrium of each composition, instead of chasing the one that was tried last.

    Args:
        market: its worlds.
        places: how many compositions are played side by side.
        seed: root seed of its worlds and learners.
        conditioned: whether agents are told the composition.

    Attributes:
        learning: whether agents learn from what is explored.
        iterations: calls of `explore` so far.
        learners: by family.
    """

    def __init__(self, market: Market, *, places: int, seed: int, conditioned: bool = True) -> None:
        self.market, self.places, self.seed, self.conditioned = market, places, seed, conditioned
        self.learning = True
        self.iterations = 0
        self._points: Floats = np.full((places, market.space.size), 0.5)
        self._worlds: dict[int, World] = {}
        self.learners: dict[str, Learner] = dict(market.learners(self._build(0), seed))
        self._fleet = Fleet(self._build, self.learners, market.horizon, places, whole_episodes=True)

    @property
    def decisions(self) -> int:
        """Simulated agents' decisions so far."""
        return self._fleet.decisions

    def explore(self, points: Floats) -> Floats:
        """See `Population`."""
        if points.shape != self._points.shape:
            raise CalibrationError(f"compositions must have the shape {self._points.shape}, not {points.shape}")
        self._points = np.clip(points, 0.0, 1.0)
        self._worlds.clear()
        buffers = self._fleet.gather(self.places)
        measures = np.stack([self.market.measure([self._worlds[key]]) for key in sorted(self._worlds)])
        if self.learning:
            for family, learner in self.learners.items():
                learner.update(buffers[family])
        self.iterations += 1
        return measures

    def evaluate(self, point: Floats, episodes: int, seed: int) -> Floats:
        """See `Population`."""
        return self.market.measure([self._played(point, seed, episode) for episode in range(episodes)])

    def forget(self, turn: int) -> None:
        """See `Population`."""
        fresh = self.market.learners(self._build(0), int(stream(self.seed, turn, "forget").integers(2**31)))
        for family, learner in self.learners.items():
            learner.load_state_dict(fresh[family].state_dict())

    def state_dict(self) -> dict[str, Any]:
        """What is needed to go on, but for the learners: worlds are whole between two calls of `explore`."""
        return {"iterations": self.iterations, "fleet": self._fleet.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        self.iterations = int(state["iterations"])
        self._fleet.load_state_dict(state["fleet"])

    def _build(self, episode: int) -> World:
        world = self._told(self._points[episode % self.places], self.seed, episode)
        self._worlds[episode] = world
        return world

    def _told(self, point: Floats, seed: int, episode: int) -> World:
        """A world of a composition whose learning agents are told of it, if they are to be."""
        world = self.market.build(self.market.space.values(point), seed, episode)
        if self.conditioned:
            note = tuple((2.0 * point - 1.0).tolist())
            for agent in _learning(world):
                agent.features = (*agent.features, *note)
        return world

    def _played(self, point: Floats, seed: int, episode: int) -> World:
        """An episode in which everybody acts by the best that was learned."""
        from catallaxy.learners import Mirror, best_of

        world = self._told(point, seed, episode)
        for agent in _learning(world):
            actor = best_of(self.learners[agent.family])
            if not isinstance(actor, Mirror):
                raise CalibrationError(f"the learner of family {agent.family!r} has no policy to play")
            agent.policy = actor
        world.run(self.market.horizon)
        return world


def _learning(world: World) -> list[LearningAgent]:
    return [agent for agent in world.agents.values() if isinstance(agent, LearningAgent) and agent.policy is None]
