"""Worlds divided among processes of this machine, which gather side by side while the learners stay in this one."""

from __future__ import annotations

import multiprocessing
import weakref
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import attrs

from catallaxy.engine import World

from .division import Division, Gathered, failure, worlds_of
from .errors import WorkerError
from .learner import Learner
from .shard import Column, room, serve, views

_PATIENCE = 0.5  # seconds that a worker has to leave by itself


@attrs.define(eq=False)
class _Worker:
    """A process as its parent sees it: its part of the fleet, the pipe to it, and the block that it writes into."""

    number: int
    places: list[int]
    process: BaseProcess
    pipe: connection.Connection
    block: SharedMemory | None = None


class Workers(Division):
    """Worlds divided among processes of this machine; see `Division`.

    Columns come back through shared memory. Processes are started (spawned) by the first call that needs them and end
    with `close`, with this object, or with this process, however it ends.
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
        super().__init__(make_world, learners, horizon, worlds, processes=processes, whole_episodes=whole_episodes)
        self._workers: list[_Worker] = []
        self._closed = False
        self._finalizer = weakref.finalize(self, _shut_down, self._workers)

    def close(self) -> None:
        """End the processes. What they held of unfinished worlds is gone; what has been learned is not."""
        self._closed = True
        self._finalizer()

    def _rollout(self, decisions: int, actors: bytes) -> Sequence[Gathered]:
        answers = self._call("gather", [(decisions, actors)] * len(self._shards))
        workers = self._all
        self._call(
            "write", [(_block(worker, tables),) for worker, (_, _, tables) in zip(workers, answers, strict=True)]
        )
        gathered: list[Gathered] = []
        for worker, (answered, finished, tables) in zip(workers, answers, strict=True):
            assert worker.block is not None
            gathered.append((answered, finished, views(worker.block, tables)))
        return gathered

    def _states(self) -> Sequence[Mapping[str, Any]]:
        return self._call("state", [()] * len(self._shards))

    def _load(self, states: Sequence[Mapping[str, Any]]) -> None:
        self._call("load", [(state,) for state in states])

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
    raise failure(answer, worker.number, worker.places)


def _death(worker: _Worker, command: str = "set_up") -> WorkerError:
    worker.process.join(_PATIENCE)
    code = worker.process.exitcode
    how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit code {code}"
    hint = "; if memory ran out, use fewer worlds or a smaller rollout"
    if command == "set_up":
        hint = '; a script that trains with workers must do so under `if __name__ == "__main__":`'
    return WorkerError(
        f"worker {worker.number} (process {worker.process.pid}, {worlds_of(worker.places)}) {how}{hint}. "
        f"The other workers are stopped; go on from the last checkpoint"
    )


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
