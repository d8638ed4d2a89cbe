"""A run's log as the viewer reads it: its tables, indexed, growing if the run is under way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catallaxy.engine import LogError, read_manifest

from ..runs import FURNITURE
from .cache import Cache
from .table import Header, LogTable, Names, Piece

_REFRESH = 0.5
_HEADERS, _BATCHES = 512, 96

Mask = npt.NDArray[np.bool_]


@attrs.frozen
class Cursor:
    """A point in an episode: everything up to a time has happened, at that time itself up to an event.

    Attributes:
        episode: which.
        time: up to when, inclusive.
        sequence: up to which event of those at that time, inclusive; None for all of them.
    """

    episode: int
    time: float
    sequence: int | None = None

    def past(self, header: Header) -> Mask:
        """Which rows have happened, shape (rows,)."""
        past: Mask = header.time <= self.time
        return (
            past if self.sequence is None else past & ((header.time < self.time) | (header.sequence <= self.sequence))
        )

    def whole(self, piece: Piece) -> bool:
        """Whether all rows of a piece have happened."""
        return piece.times[1] < self.time or (
            piece.times[1] == self.time and (self.sequence is None or piece.sequences[1] <= self.sequence)
        )


class History:
    """The log of a run.

    Args:
        directory: the run's folder.
        live: whether to look for new rows.

    Attributes:
        manifest: what was run.
        tables: by name, sorted.
        revision: grows whenever something was found.

    Raises:
        LogError: the folder holds no run, or a file in it is no table.
    """

    def __init__(self, directory: Path, *, live: bool = False) -> None:
        self.directory, self.live = directory.resolve(), live
        self.manifest: Mapping[str, Any] = {}
        self.tables: dict[str, LogTable] = {}
        self.names = Names()
        self.revision = 0
        self.answers: Cache[Any] = Cache(64)
        self._headers: Cache[Header] = Cache(_HEADERS)
        self._batches: Cache[pa.RecordBatch] = Cache(_BATCHES)
        self._looked = 0.0
        self._look()

    def refresh(self) -> None:
        """Look for new rows, if the run is watched live and it has been a moment."""
        if self.live and monotonic() > self._looked + _REFRESH:
            self._look()

    def _look(self) -> None:
        self.manifest = read_manifest(self.directory)
        if any(table.replaced() for table in self.tables.values()):
            self.tables.clear()
            self._headers.clear()
            self._batches.clear()
        grown = False
        for path in sorted(self.directory.glob("events/*.arrows")):
            if not path.resolve().is_relative_to(self.directory):
                continue  # a link to somewhere else
            try:
                if path.stem not in self.tables:
                    self.tables[path.stem] = LogTable(path, self.names, self._headers, self._batches)
                grown |= self.tables[path.stem].refresh()
            except (pa.ArrowException, OSError, KeyError) as error:
                raise LogError(f"{path} is no table of a log: {error}") from None
        self.tables = dict(sorted(self.tables.items()))
        if grown:
            self.revision += 1
            self.answers.clear()
        self._looked = monotonic()

    @property
    def episodes(self) -> list[int]:
        """Those that the log has, ascending."""
        return sorted({episode for table in self.tables.values() for episode in table.pieces})

    def span(self, episode: int) -> tuple[float, float]:
        """The times of the first and the last row of an episode."""
        pieces = [piece for table in self.tables.values() for piece in table.pieces.get(episode, ())]
        until = [
            world["until"]
            for world in self.manifest.get("worlds", ())
            if world.get("episode") == episode and isinstance(world.get("until"), int | float)
        ]
        return min(piece.times[0] for piece in pieces), max([piece.times[1] for piece in pieces] + until)

    def events(self, episode: int) -> int:
        """How many events of an episode there are."""
        return sum(piece.rows for name in self.kinds for piece in self.tables[name].pieces.get(episode, ()))

    @property
    def kinds(self) -> list[str]:
        """Names of the tables of what happens."""
        return [name for name in self.tables if name not in FURNITURE]

    def code(self, agent: str) -> int:
        """The code of an agent; -2, which nobody has, if the log does not know it."""
        return self.names.codes.get(agent, -2)

    def pieces(self, kinds: Sequence[str], episode: int) -> Iterator[tuple[LogTable, Piece]]:
        """The pieces of some tables in an episode."""
        for name in kinds:
            table = self.tables[name]
            for piece in table.pieces.get(episode, ()):
                yield table, piece


def of_agent(piece: Piece, code: int) -> bool:
    """Whether an agent occurs in a piece."""
    return any(code in agents for agents, _ in piece.counts.values())


def rows_of(header: Header, code: int) -> Mask:
    """The rows in which an agent occurs, shape (rows,)."""
    found: Mask = np.zeros(len(header.time), dtype=np.bool_)
    for codes in header.who.values():
        found |= codes == code
    return found
