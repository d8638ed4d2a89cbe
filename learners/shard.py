"""A worker process: its part of a fleet, the commands that it carries out, and columns in shared memory."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Mapping, Sequence
from multiprocessing import connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.engine import CatallaxyError

from .errors import LearningError, WorkerError
from .fleet import Fleet
from .learner import Actor

Array = npt.NDArray[Any]
Column = tuple[str, str, tuple[int, ...]]  # name, dtype, shape

_ALIGNMENT = 64


def serve(pipe: connection.Connection) -> None:
    """Carry out commands until the pipe is closed or the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    threading.Thread(target=_follow_parent, daemon=True).start()
    shard = Shard()
    while True:
        try:
            command, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        answer = carry_out(shard, command, arguments)
        try:
            pipe.send(answer)
        except OSError:
            return


def carry_out(shard: Shard, command: str, arguments: Sequence[Any]) -> tuple[bool, Any]:
    """Return whether a command went well, and its answer or the error."""
    try:
        return True, getattr(shard, command)(*arguments)
    except CatallaxyError as error:
        return False, error
    except Exception as error:
        text = "".join(traceback.format_exception(error)).rstrip()
        return False, LearningError(f"a worker failed at {command!r}: {error!r}\n{text}")


def _follow_parent() -> None:
    """End with the parent, even if it is killed in the midst of a rollout."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class Shard:
    """The part of a fleet that lives in a worker; its methods are the commands."""

    def __init__(self) -> None:
        self.fleet: Fleet
        self.block: SharedMemory | None = None

    def set_up(self, setup: bytes) -> None:
        try:
            make_world, families, horizon, worlds, places, whole = pickle.loads(setup)
        except (AttributeError, ImportError, pickle.UnpicklingError) as error:
            raise WorkerError(
                f"make_world can't be loaded in a worker process: {error}. It must be importable: put it into a module "
                f"(not a notebook cell or a `python -c`), or train with workers=1"
            ) from None
        nobody: dict[str, Any] = dict.fromkeys(families)
        self.fleet = Fleet(make_world, nobody, horizon, worlds, places=places, whole_episodes=whole)

    def gather(self, decisions: int, actors: bytes) -> tuple[int, int, dict[str, list[Column]]]:
        acting: dict[str, Actor] = pickle.loads(actors)
        self.fleet.learners.update(acting)
        answered, finished = self.fleet.decisions, self.fleet.episodes
        buffers = self.fleet.gather(decisions)
        tables = {
            family: [(name, column.dtype.str, column.shape) for name, column in buffer.columns().items()]
            for family, buffer in buffers.items()
        }
        return self.fleet.decisions - answered, self.fleet.episodes - finished, tables

    def rollout(self, decisions: int, actors: bytes) -> tuple[int, int, dict[str, dict[str, Array]], dict[str, Any]]:
        """Gather, and return the columns themselves and the fleet's state after it."""
        answered, finished, _ = self.gather(decisions, actors)
        tables = {family: buffer.columns() for family, buffer in self.fleet.buffers.items()}
        return answered, finished, tables, self.fleet.state_dict()

    def write(self, name: str) -> None:
        """Copy all columns into the block of that name."""
        if self.block is None or self.block.name != name:
            if self.block is not None:
                self.block.close()
            self.block = SharedMemory(name)
        offset = 0
        for buffer in self.fleet.buffers.values():
            for column_name, column in buffer.columns().items():
                table = (column_name, column.dtype.str, column.shape)
                np.ndarray(column.shape, column.dtype, self.block.buf, offset)[...] = column
                offset += room(table)

    def state(self) -> dict[str, Any]:
        return self.fleet.state_dict()

    def load(self, state: Mapping[str, Any]) -> None:
        self.fleet.load_state_dict(state)


def room(column: Column) -> int:
    """Return the bytes that a column takes up in a block."""
    _, kind, shape = column
    return -(-int(np.prod(shape)) * np.dtype(kind).itemsize // _ALIGNMENT) * _ALIGNMENT


def views(block: SharedMemory, tables: Mapping[str, Sequence[Column]]) -> dict[str, dict[str, Array]]:
    """Return each family's columns as they lie in a block, one after the other."""
    found: dict[str, dict[str, Array]] = {}
    offset = 0
    for family, columns in tables.items():
        found[family] = {}
        for column in columns:
            name, kind, shape = column
            found[family][name] = np.ndarray(shape, kind, block.buf, offset)
            offset += room(column)
    return found
