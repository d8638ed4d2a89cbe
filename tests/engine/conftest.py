"""Small agents that the engine's tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from catallaxy.engine import Agent


class Note(Agent):
    """Does what it is told: ``behaviour(agent)`` is its process; ``seen`` is for it to write into."""

    def __init__(self, name, behaviour=None):
        super().__init__(name)
        self.seen = []
        self.behaviour = behaviour
        if behaviour is not None:
            self.run = lambda: behaviour(self)


@pytest.fixture
def note() -> type[Note]:
    return Note


@pytest.fixture
def read() -> Callable[[Path, str], list[dict]]:
    """Reads a table of a run's event log as a list of rows."""

    def rows(folder, table):
        with pa.ipc.open_stream(Path(folder) / "events" / f"{table}.arrows") as stream:
            return stream.read_all().to_pylist()

    return rows
