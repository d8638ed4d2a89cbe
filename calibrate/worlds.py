"""Worlds of given compositions, an episode of each, played by this process or divided among several."""

from __future__ import annotations

import pickle
import signal
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Protocol

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import Actor, Fleet, Learner, TrajectoryBuffer, WorkerError, actor_of

from .errors import CalibrationError
from .space import Space

Floats = npt.NDArray[np.float64]
Played = tuple[int, Floats, dict[str, TrajectoryBuffer]]
"""Decisions, what each episode showed, shape (k, m), and what there is to learn from it, by family."""


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


@attrs.frozen(eq=False)
class Worlds:
    """Worlds of a market.

    Attributes:
        market: makes them.
        seed: their root seed.
        conditioned: whether learning agents are told the composition: as a point of the unit cube, scaled to [-1, 1],
            at the end of their features.
    """

    market: Market
    seed: int
    conditioned: bool

    def build(self, point: Floats, episode: int, seed: int | None = None) -> World:
        """The world of an episode of a composition, of another root seed if one is given."""
        values = self.market.space.values(point)
        world = self.market.build(values, self.seed if seed is None else seed, episode)
        if self.conditioned:
            note = tuple((2.0 * point - 1.0).tolist())
            for agent in learning(world):
                agent.features = (*agent.features, *note)
        return world

    def play(self, points: Floats, turn: int, places: Sequence[int], actors: Mapping[str, Actor]) -> Played:
        """Play an episode of the compositions in some places, those of the `turn`-th time.

        Args:
            points: of all places, shape (n, d).
            turn: counts the times that all places were played.
            places: which to play.
            actors: who acts, by family.
        """
        worlds: dict[int, World] = {}

        def build(episode: int) -> World:
            place = episode % len(points)
            worlds[place] = self.build(points[place], episode)
            return worlds[place]

        fleet = Fleet(build, actors, self.market.horizon, len(points), places=places, played=turn, whole_episodes=True)
        buffers = fleet.gather(len(points))
        return fleet.decisions, np.stack([self.market.measure([worlds[place]]) for place in places]), buffers


def learning(world: World) -> list[LearningAgent]:
    """The agents of a world who learn."""
    return [agent for agent in world.agents.values() if isinstance(agent, LearningAgent) and agent.policy is None]


class Crew:
    """Processes that play the places of some worlds, each an equal part; what comes of it doesn't depend on how many.

    They are started (spawned) when they are first needed, and end with this object or process.

    Args:
        worlds: these.
        processes: how many; 1 plays in this process.
    """

    def __init__(self, worlds: Worlds, processes: int) -> None:
        self.worlds, self.processes = worlds, processes
        self._pool: Executor | None = None

    def play(self, points: Floats, turn: int, learners: Mapping[str, Learner]) -> Played:
        """Play an episode of each composition, see `Worlds.play`.

        Raises:
            WorkerError: a process died.
            CalibrationError: the market can't be sent to other processes.
        """
        shares = [part.tolist() for part in np.array_split(np.arange(len(points)), self.processes) if len(part)]
        if len(shares) == 1:
            return self.worlds.play(points, turn, shares[0], learners)
        actors = pickle.dumps({family: actor_of(learner) for family, learner in learners.items()}, protocol=5)
        try:
            futures = [self._started().submit(_play, points, turn, share, actors) for share in shares]
            parts = [future.result() for future in futures]
        except BrokenProcessPool:
            raise WorkerError(
                "a process that played compositions has died; if memory ran out, use fewer. Go on with --resume"
            ) from None
        return (
            sum(decisions for decisions, _, _ in parts),
            np.concatenate([measures for _, measures, _ in parts]),
            _together([columns for _, _, columns in parts]),
        )

    def _started(self) -> Executor:
        if self._pool is None:
            try:
                worlds = pickle.dumps(self.worlds)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                raise CalibrationError(f"the market can't be sent to other processes: {error}; use one") from None
            pool = ProcessPoolExecutor(self.processes, get_context("spawn"), _begin, (worlds,))
            weakref.finalize(self, pool.shutdown)
            self._pool = pool
        return self._pool


_mine: Worlds
"""Of a process of a crew."""


def _begin(worlds: bytes) -> None:
    global _mine
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    _mine = pickle.loads(worlds)


def _play(
    points: Floats, turn: int, places: Sequence[int], actors: bytes
) -> tuple[int, Floats, dict[str, Mapping[str, Any]]]:
    decisions, measures, buffers = _mine.play(points, turn, places, pickle.loads(actors))
    return decisions, measures, {family: buffer.columns() for family, buffer in buffers.items()}


def _together(parts: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, TrajectoryBuffer]:
    """The transitions of all parts, by family."""
    families = dict.fromkeys(family for columns in parts for family in columns)
    found = {}
    for family in families:
        columns = [part[family] for part in parts if family in part]
        found[family] = TrajectoryBuffer(*(columns[0][name].shape[1] for name in ("observation", "raw")))
        found[family].assemble(columns)
    return found
