"""Worlds divided among processes, which gather side by side while the learners stay in this one."""

from __future__ import annotations

import multiprocessing
import pickle
import weakref
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import attrs
import numpy as np

from catallaxy.engine import World

from .buffer import TrajectoryBuffer
from .errors import LearningError, WorkerError
from .learner import Learner, actor_of
from .shard import Array, Column, room, serve, views

_PATIENCE = 0.5  # seconds that a worker has to leave by itself


@attrs.define(eq=False)
class _Worker:
    """A process as its parent sees it: its part of the fleet, the pipe to it, and the block that it writes into."""

    number: int
    places: list[int]
    process: BaseProcess
    pipe: connection.Connection
    block: SharedMemory | None = None


class Workers:
    """A `Fleet` whose places are divided among processes; it gathers the same, to the last bit, for any division.

    Each process runs a fleet of its own places and acts with a copy of each learner's actor (see `actor_of`), renewed
    at every rollout; columns come back through shared memory. Processes are started (spawned) by the first call that
    needs them and end with `close`, with this object, or with this process, however it ends.

    Args:
        make_world: builds the world of an episode; it is pickled, so it must come from a module.
        learners: by family or by agent's name, see `Fleet`.
        horizon: simulated time at which an episode ends.
        worlds: how many worlds to advance in all.
        processes: how many processes share them.
        whole_episodes: play worlds to their end in each rollout, so that no chain is cut.

    Attributes:
        buffers: what has been gathered, by learner.
        decisions: decisions answered so far.
        episodes: episodes finished so far.

    Raises:
        LearningError: there are more processes than worlds.
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
        self._workers: list[_Worker] = []
        self._closed = False
        self._finalizer = weakref.finalize(self, _shut_down, self._workers)

    def gather(self, decisions: int) -> dict[str, TrajectoryBuffer]:
        """Answer ``decisions`` decisions, as many in each world, and return the buffers, by family; see `Fleet.gather`.

        Raises:
            WorkerError: a process died; all others are stopped, too.
            LearningError: see `Fleet.gather`.
            CatallaxyError: an agent or a world failed.
        """
        actors = pickle.dumps({family: actor_of(learner) for family, learner in self.learners.items()}, protocol=5)
        answers = self._call("gather", [(decisions, actors)] * len(self._shards))
        workers = self._all
        self._call(
            "write", [(_block(worker, tables),) for worker, (_, _, tables) in zip(workers, answers, strict=True)]
        )
        parts: dict[str, list[dict[str, Array]]] = {}
        for worker, (answered, finished, tables) in zip(workers, answers, strict=True):
            self.decisions += answered
            self.episodes += finished
            assert worker.block is not None
            for family, columns in views(worker.block, tables).items():
                parts.setdefault(family, []).append(columns)
        for family, shards in parts.items():
            if family not in self.buffers:
                self.buffers[family] = TrajectoryBuffer(shards[0]["observation"].shape[1], shards[0]["raw"].shape[1])
            self.buffers[family].assemble(shards)
        return self.buffers

    def state_dict(self) -> dict[str, Any]:
        """Return what `Fleet.state_dict` would return: it does not tell how many processes there were."""
        states = self._call("state", [()] * len(self._shards))
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
        """Undo `state_dict`, also that of a `Fleet` or of another number of processes.

        Raises:
            CheckpointError: it is another fleet's, or the worlds don't come out as they did.
        """
        self._call("load", [(_part_of(state, places),) for places in self._shards])
        self.decisions, self.episodes = int(state["decisions"]), int(state["episodes"])

    def close(self) -> None:
        """End the processes. What they held of unfinished worlds is gone; what has been learned is not."""
        self._closed = True
        self._finalizer()

    @property
    def _all(self) -> list[_Worker]:
        """The processes, running."""
        if self._closed:
            raise WorkerError("these workers have been closed; go on from a checkpoint with a new Trainer")
        if not self._workers:
            context = multiprocessing.get_context("spawn")
            for number, places in enumerate(self._shards):
                ours, theirs = context.Pipe()
                process = context.Process(target=serve, args=(theirs,), name=f"worker-{number}", daemon=True)
                self._workers.append(_Worker(number, places, process, ours))
                process.start()
                theirs.close()
            self._call("set_up", [(setup,) for setup in self._setup])
        return self._workers

    def _call(self, command: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Let every process carry out a command at the same time, and return their answers."""
        workers = self._all
        try:
            for worker, argument in zip(workers, arguments, strict=True):
                _send(worker, (command, argument))
            waiting = {worker.pipe: worker for worker in workers}
            answers: dict[int, Any] = {}
            while waiting:
                for pipe in connection.wait(list(waiting)):
                    assert isinstance(pipe, connection.Connection)
                    worker = waiting.pop(pipe)
                    answers[worker.number] = _receive(worker, command)
            return [answers[worker.number] for worker in workers]
        except BaseException:
            self.close()
            raise


def _pickled(setup: tuple[Any, ...]) -> bytes:
    try:
        return pickle.dumps(setup)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise WorkerError(
            f"make_world={setup[0]!r} can't be sent to worker processes: {error}. Use a function or class of a module "
            f"(or functools.partial of one), not a lambda or a function within a function; or train with workers=1"
        ) from None


def _send(worker: _Worker, message: Any) -> None:
    try:
        worker.pipe.send(message)
    except OSError:
        raise _death(worker) from None


def _receive(worker: _Worker, command: str) -> Any:
    try:
        good, answer = worker.pipe.recv()
    except (EOFError, OSError):
        raise _death(worker, command) from None
    if good:
        return answer
    error: BaseException = answer
    error.add_note(f"in worker {worker.number}, which has {_worlds(worker)}")
    raise error


def _death(worker: _Worker, command: str = "set_up") -> WorkerError:
    worker.process.join(_PATIENCE)
    code = worker.process.exitcode
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
    hint = "; if memory ran out, use fewer worlds or a smaller rollout"
    if command == "set_up":
        hint = '; a script that trains with workers must do so under `if __name__ == "__main__":`'
    return WorkerError(
        f"worker {worker.number} (process {worker.process.pid}, {_worlds(worker)}) {how}{hint}. "
        f"The other workers are stopped; go on from the last checkpoint"
    )


def _worlds(worker: _Worker) -> str:
    first, last = worker.places[0], worker.places[-1]
    return f"world {first}" if first == last else f"worlds {first} to {last}"


def _block(worker: _Worker, tables: Mapping[str, Sequence[Column]]) -> str:
    """Return the name of a block that has room for what a worker has gathered."""
    size = sum(room(column) for columns in tables.values() for column in columns)
    if worker.block is None or worker.block.size < size:
        if worker.block is not None:
            _discard(worker.block)
        worker.block = SharedMemory(create=True, size=max(1, size + size // 4))
    return worker.block.name


def _shut_down(workers: list[_Worker]) -> None:
    """End the processes: those that wait for a command leave by themselves, others are terminated."""
    for worker in workers:
        worker.pipe.close()
    for worker in workers:
        if worker.process.pid is not None:
            worker.process.join(_PATIENCE)
            if worker.process.is_alive():
                worker.process.terminate()
                worker.process.join()
        if worker.block is not None:
            _discard(worker.block)
    workers.clear()


def _discard(block: SharedMemory) -> None:
    block.close()
    block.unlink()


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
