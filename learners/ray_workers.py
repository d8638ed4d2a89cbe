"""Worlds divided among Ray actors, on this machine or on others; a worker that dies is replaced.

Needs Ray: ``pip install 'catallaxy[ray]'``.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import attrs

from catallaxy.engine import World

from .division import Division, Gathered, failure, worlds_of
from .errors import WorkerError
from .learner import Learner
from .shard import Shard, carry_out

LOCAL = "local"
_ATTEMPTS = 4  # to run a worker's worlds through one command, before its deaths are not taken for accidents any more


class Remote:
    """What runs in a Ray actor: the same commands that a worker process carries out."""

    def __init__(self, *steps: tuple[str, tuple[Any, ...]]) -> None:
        self.shard = Shard()
        self.ready: tuple[bool, Any] = True, None
        for command, arguments in steps:
            if self.ready[0]:
                self.ready = carry_out(self.shard, command, arguments)

    def call(self, command: str, *arguments: Any) -> tuple[bool, Any]:
        """Return whether a command went well, and its answer or the error; what failed at first fails for ever."""
        return carry_out(self.shard, command, arguments) if self.ready[0] else self.ready


@attrs.define(eq=False)
class _Member:
    """A worker as its driver sees it: its part of the fleet, its actor, and its fleet's state after the last rollout.

    With that state its worlds can be brought to the same point anywhere else.
    """

    number: int
    places: list[int]
    actor: Any = None
    state: Mapping[str, Any] | None = None


class RayWorkers(Division):
    """Worlds divided among Ray actors; see `Division`.

    Actors are spread over the cluster's nodes, each on a CPU of its own. If one dies, or its node does, its worlds are
    played again by a new one, to where they were before the rollout, and gather that rollout anew: with the same
    result, since a world is a function of its seed and its actions. A new one may share its CPU with others.

    Every node needs this package, the module of ``make_world``, and the files that it reads, at the same paths.

    Args:
        make_world: see `Division`.
        learners: see `Division`.
        horizon: see `Division`.
        worlds: see `Division`.
        address: of the cluster: ``auto`` finds the one of this machine, ``local`` starts one on it. Where Ray is in use
            already, the cluster is the one in use.
        processes: how many workers; None for one on each CPU of the cluster, if there are so many worlds.
        whole_episodes: see `Division`.

    Raises:
        WorkerError: Ray is not installed, there is no such cluster, or it has too few CPUs.
    """

    def __init__(
        self,
        make_world: Callable[[int], World],
        learners: Mapping[str, Learner],
        horizon: float,
        worlds: int = 16,
        *,
        address: str = "auto",
        processes: int | None = None,
        whole_episodes: bool = False,
    ) -> None:
        self._ray, self._owner = _connected(address)
        cpus = int(self._ray.cluster_resources().get("CPU", 0))
        try:
            if processes is None:
                processes = min(max(cpus, 1), worlds)
            if processes > cpus:
                raise WorkerError(
                    f"the Ray cluster has {cpus} CPUs, too few for {processes} workers: use fewer workers"
                )
            super().__init__(make_world, learners, horizon, worlds, processes=processes, whole_episodes=whole_episodes)
        except BaseException:
            self._leave()
            raise
        self._members = [_Member(number, places) for number, places in enumerate(self._shards)]
        self._closed = False

    def close(self) -> None:
        """End the actors, and the cluster if it was started here."""
        if self._closed:
            return
        self._closed = True
        for member in self._members:
            if member.actor is not None and self._ray.is_initialized():
                self._ray.kill(member.actor)
            member.actor = None
        self._leave()

    def _leave(self) -> None:
        if self._owner:
            self._ray.shutdown()

    def _rollout(self, decisions: int, actors: bytes) -> Sequence[Gathered]:
        shipped = self._ray.put(actors)  # once a node, however many workers it has
        answers = self._call("rollout", [(decisions, shipped)] * len(self._members))
        for member, (*_, state) in zip(self._members, answers, strict=True):
            member.state = state
        return [(answered, finished, tables) for answered, finished, tables, _ in answers]

    def _states(self) -> Sequence[Mapping[str, Any]]:
        if any(member.state is None for member in self._members):  # before the first rollout
            return self._call("state", [()] * len(self._members))
        return [member.state for member in self._members if member.state is not None]

    def _load(self, states: Sequence[Mapping[str, Any]]) -> None:
        self._call("load", [(state,) for state in states])
        for member, state in zip(self._members, states, strict=True):
            member.state = state

    def _call(self, command: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Let every worker carry out a command at the same time; whatever dies over it is replaced."""
        if self._closed:
            raise WorkerError("these workers have been closed; go on from a checkpoint with a new Trainer")
        try:
            return self._answers(command, arguments)
        except BaseException:
            self.close()
            raise

    def _answers(self, command: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        ray = self._ray
        deaths = [0] * len(self._members)
        answers: list[Any] = [None] * len(self._members)
        waiting = {self._begin(member, command, arguments[member.number]): member for member in self._members}
        while waiting:
            (reference,), _ = ray.wait(list(waiting), num_returns=1)
            member = waiting.pop(reference)
            try:
                good, answer = ray.get(reference)
            except ray.exceptions.RayError as error:
                deaths[member.number] += 1
                if deaths[member.number] >= _ATTEMPTS:
                    raise _death(member, error) from None
                member.actor = None
                waiting[self._begin(member, command, arguments[member.number], spare=True)] = member
                continue
            if not good:
                raise failure(answer, member.number, member.places)
            answers[member.number] = answer
        return answers

    def _begin(self, member: _Member, command: str, arguments: tuple[Any, ...], *, spare: bool = False) -> Any:
        """Send a command to a worker, which is started first if need be, and return what its answer will be."""
        if member.actor is None:
            # A CPU of its own only at first: a cluster that has lost a node may have none to give.
            kind = self._ray.remote(num_cpus=0 if spare else 1, scheduling_strategy="SPREAD")(Remote)
            again = [] if member.state is None else [("load", (member.state,))]
            member.actor = kind.remote(("set_up", (self._setup[member.number],)), *again)
        return member.actor.call.remote(command, *arguments)


def _death(member: _Member, error: Exception) -> WorkerError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return WorkerError(
        f"worker {member.number} ({worlds_of(member.places)}) died {_ATTEMPTS} times over the same rollout: {reason} "
        f"If memory ran out, use fewer worlds or a smaller rollout. The other workers are stopped; go on from the last "
        f"checkpoint"
    )


def _connected(address: str) -> tuple[ModuleType, bool]:
    """Return Ray, in touch with a cluster, and whether that was begun here."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with warnings.catch_warnings():  # of what Ray will do in future versions
        warnings.simplefilter("ignore")
        try:
            import ray
        except ImportError:
            raise WorkerError("workers on Ray need it: pip install 'catallaxy[ray]'") from None
        if ray.is_initialized():
            return ray, False
        options = {"include_dashboard": False} if address == LOCAL else {"address": address}
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **options)
        except (ConnectionError, ValueError, RuntimeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise WorkerError(
                f"there is no Ray cluster at {address!r}: {reason} Start one with `ray start --head`, or use 'local'"
            ) from None
    return ray, True
