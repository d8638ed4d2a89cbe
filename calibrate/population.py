"""Agents who keep learning while their composition is changed: one shared policy for all compositions explored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.engine import World, stream
from catallaxy.learners import Fleet, Learner

from .errors import CalibrationError
from .problem import Problem

Floats = npt.NDArray[np.float64]


class Population:
    """Plays compositions side by side, an episode each, and lets the agents learn from all of them.

    Types are drawn anew in each episode. With `conditioned`, every learning agent is also told the composition that it
    lives in (as a point of the unit cube, scaled to [-1, 1], at the end of its features): one policy and one critic can
    then know the equilibrium of each composition, instead of chasing the one that was tried last.

    Args:
        problem: the market.
        places: how many compositions are played side by side.
        seed: root seed of its worlds and learners.
        conditioned: whether agents are told the composition.

    Attributes:
        decisions: simulated agents' decisions so far: the cost of all that has been played.
        iterations: calls of `explore` so far.
    """

    def __init__(self, problem: Problem, *, places: int, seed: int, conditioned: bool = True) -> None:
        self.problem, self.places, self.seed, self.conditioned = problem, places, seed, conditioned
        self.learning = True
        self.iterations = 0
        self._points: Floats = np.full((places, problem.space.size), 0.5)
        self._worlds: dict[int, World] = {}
        self.learners: dict[str, Learner] = dict(problem.learners(self._build(0), seed))
        self._fleet = Fleet(self._build, self.learners, problem.horizon, places, whole_episodes=True)

    @property
    def decisions(self) -> int:
        """Simulated agents' decisions so far."""
        return self._fleet.decisions

    def explore(self, points: Floats) -> Floats:
        """Play an episode of each composition, and learn from all.

        Args:
            points: compositions in the unit cube, shape (places, d).

        Returns:
            What each episode showed, shape (places, m). One episode is a noisy measurement.
        """
        if points.shape != self._points.shape:
            raise CalibrationError(f"compositions must have the shape {self._points.shape}, not {points.shape}")
        self._points = np.clip(points, 0.0, 1.0)
        self._worlds.clear()
        buffers = self._fleet.gather(self.places)
        measures = np.stack([self.problem.measure([self._worlds[key]]) for key in sorted(self._worlds)])
        if self.learning:
            for family, learner in self.learners.items():
                learner.update(buffers[family])
        self.iterations += 1
        return measures

    def start_again(self, turn: int) -> None:
        """Forget all that was learned: agents with fresh weights, for the `turn`-th time."""
        fresh = self.problem.learners(self._build(0), int(stream(self.seed, turn, "start again").integers(2**31)))
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
        point = self._points[episode % self.places]
        world = told(self.problem, point, self.seed, episode, conditioned=self.conditioned)
        self._worlds[episode] = world
        return world


def told(problem: Problem, point: Floats, seed: int, episode: int, *, conditioned: bool) -> World:
    """A world of a composition whose learning agents are told of it, if they are to be."""
    world = problem.build(problem.space.values(point), seed, episode)
    if conditioned:
        note = tuple((2.0 * point - 1.0).tolist())
        for agent in world.agents.values():
            if isinstance(agent, LearningAgent) and agent.policy is None:
                agent.features = (*agent.features, *note)
    return world


def settle(
    problem: Problem, point: Floats, *, decisions: int, places: int, episodes: int, seed: int
) -> tuple[Floats, Population]:
    """Freeze a composition, let agents learn from nothing, and measure their equilibrium on episodes of another seed.

    Args:
        problem: the market.
        point: the composition, shape (d,).
        decisions: to learn from.
        places: worlds side by side.
        episodes: to measure, after learning.
        seed: root seed; learning and measuring draw different episodes.

    Returns:
        The measures of all episodes together, shape (m,), and the population that has learned.
    """
    population = Population(problem, places=places, seed=seed, conditioned=False)
    points = np.repeat(point[None], places, axis=0)
    while population.decisions < decisions:
        population.explore(points)
    judged = int(stream(seed, 0, "settled").integers(2**31))
    return problem.measure(play(population, point, range(episodes), judged)), population


def play(population: Population, point: Floats, episodes: Sequence[int], seed: int) -> list[World]:
    """Play episodes of a composition without learning, everybody by the best that was learned."""
    from catallaxy.learners import Mirror, actor_of

    worlds = []
    for episode in episodes:
        world = told(population.problem, point, seed, episode, conditioned=population.conditioned)
        for agent in world.agents.values():
            if isinstance(agent, LearningAgent) and agent.policy is None:
                actor = actor_of(population.learners[agent.family])
                if not isinstance(actor, Mirror):
                    raise CalibrationError(f"the learner of family {agent.family!r} has no policy to play")
                agent.policy = actor
        world.run(population.problem.horizon)
        worlds.append(world)
    return worlds
