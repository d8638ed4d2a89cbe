"""Worlds divided among workers: what is the same wherever these are, on this machine or on others."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from catallaxy.engine import World

from .buffer import TrajectoryBuffer
from .errors import LearningError, WorkerError
from .learner import Learner, actor_of
from .shard import Array

Gathered = tuple[int, int, Mapping[str, Mapping[str, Array]]]
"""What a worker has done in a rollout: decisions answered, episodes finished, each family's columns."""


class Division(ABC):
    """A `Fleet` whose places are divided among workers; it gathers the same, to the last bit, for any division.

    Each worker runs a fleet of its own places and acts with a copy of each learner's actor (see `actor_of`), renewed at
    every rollout. Subclasses say where the workers are and how one talks to them.

    Args:
        make_world: builds the world of an episode; it is pickled, so it must come from a module.
        learners: by family or by agent's name, see `Fleet`.
        horizon: simulated time at which an episode ends.
        worlds: how many worlds to advance in all.
        processes: how many workers share them.
        whole_episodes: play worlds to their end in each rollout, so that no chain is cut.

    Attributes:
        buffers: what has been gathered, by learner.
        decisions: decisions answered so far.
        episodes: episodes finished so far.

    Raises:
        LearningError: there are more workers than worlds.
        WorkerError: ``make_world`` can't be pickled.
    """

    def __init__(
        self,
        make_world: Callable[[int], World],
        learners: Mapping[str, Learner],
        horizon: float,
        worlds: int = 16,
        *,
        processes: int,
        whole_episodes: bool = False,
    ) -> None:
        if not 1 <= processes <= worlds:
            raise LearningError(f"{worlds} worlds can't be divided among {processes!r} workers: give each at least one")
        self.learners = dict(learners)
        self.worlds = worlds
        self.buffers: dict[str, TrajectoryBuffer] = {}
        self.decisions = 0
        self.episodes = 0
        self._shards = [part.tolist() for part in np.array_split(np.arange(worlds), processes)]
        self._setup = [
            _pickled((make_world, list(learners), horizon, worlds, places, whole_episodes)) for places in self._shards
        ]

    def gather(self, decisions: int) -> dict[str, TrajectoryBuffer]:
        """Answer ``decisions`` decisions, as many in each world, and return the buffers, by family; see `Fleet.gather`.

        Raises:
            WorkerError: a worker died, and its worlds could not be run elsewhere; all others are stopped, too.
            LearningError: see `Fleet.gather`.
            CatallaxyError: an agent or a world failed.
        """
        actors = pickle.dumps({family: actor_of(learner) for family, learner in self.learners.items()}, protocol=5)
        parts: dict[str, list[Mapping[str, Array]]] = {}
        for answered, finished, tables in self._rollout(decisions, actors):
            self.decisions += answered
            self.episodes += finished
            for family, columns in tables.items():
                parts.setdefault(family, []).append(columns)
        for family, shards in parts.items():
            if family not in self.buffers:
                self.buffers[family] = TrajectoryBuffer(shards[0]["observation"].shape[1], shards[0]["raw"].shape[1])
            self.buffers[family].assemble(shards)
        return self.buffers

    def state_dict(self) -> dict[str, Any]:
        """Return what `Fleet.state_dict` would return: it does not tell how many workers there were."""
        states = self._states()
        buffers: dict[str, Any] = {}
        for state in states:
            for family, stored in state["buffers"].items():
                known = buffers.setdefault(family, {"sizes": stored["sizes"], "open": []})
                known["open"].append(stored["open"])
        for stored in buffers.values():
            stored["open"] = {
                name: np.concatenate([part[name] for part in stored["open"]]) for name in stored["open"][0]
            }
        return {
            "worlds": self.worlds,
            "places": list(range(self.worlds)),
            "decisions": self.decisions,
            "episodes": self.episodes,
            "buffers": buffers,
            "berths": [berth for state in states for berth in state["berths"]],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`, also that of a `Fleet` or of another number of workers.

        Raises:
            CheckpointError: it is another fleet's, or the worlds don't come out as they did.
        """
        self._load([_part_of(state, places) for places in self._shards])
        self.decisions, self.episodes = int(state["decisions"]), int(state["episodes"])

    @abstractmethod
    def close(self) -> None:
        """End the workers. What they held of unfinished worlds is gone; what has been learned is not."""

    @abstractmethod
    def _rollout(self, decisions: int, actors: bytes) -> Sequence[Gathered]:
        """Let every worker gather its share with these pickled actors, and return what came of it, in their order."""

    @abstractmethod
    def _states(self) -> Sequence[Mapping[str, Any]]:
        """Return the state of each worker's fleet."""

    @abstractmethod
    def _load(self, states: Sequence[Mapping[str, Any]]) -> None:
        """Give each worker's fleet its state."""


def worlds_of(places: Sequence[int]) -> str:
    """Return which worlds a worker has, in words."""
    return f"world {places[0]}" if len(places) == 1 else f"worlds {places[0]} to {places[-1]}"


def failure(error: BaseException, number: int, places: Sequence[int]) -> BaseException:
    """Return what happened in a worker, with a note that says where."""
    error.add_note(f"in worker {number}, which has {worlds_of(places)}")
    return error


def _pickled(setup: tuple[Any, ...]) -> bytes:
    try:
        return pickle.dumps(setup)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise WorkerError(
            f"make_world={setup[0]!r} can't be sent to worker processes: {error}. Use a function or class of a module "
            f"(or functools.partial of one), not a lambda or a function within a function; or train with workers=1"
        ) from None


def _part_of(state: Mapping[str, Any], places: Sequence[int]) -> dict[str, Any]:
    """Return the part of a fleet's state that belongs to some of its places."""
    worlds = int(state["worlds"])
    buffers = {}
    for family, stored in state["buffers"].items():
        mine = np.isin((stored["open"]["chain"] >> 32) % worlds, places)
        rows = {name: column[mine] for name, column in stored["open"].items()}
        buffers[family] = {"sizes": stored["sizes"], "open": rows}
    berths = dict(zip(state["places"], state["berths"], strict=True))
    return {
        **state,
        "places": [place for place in places if place in berths],
        "buffers": buffers,
        "berths": [berths[place] for place in places if place in berths],
    }
