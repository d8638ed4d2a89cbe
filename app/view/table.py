"""One table of a log, read in pieces: an index of its batches, and only those decoded that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .cache import Cache

ROLES = ("sender", "receiver", "agent")
"""The columns that name agents."""
HEADER = ("episode", "time", "sequence", "cause", *ROLES, "in_reply_to", "latency")
"""The columns that tables have besides a record's own fields; not each has all of them."""

_BATCHES_AT_ONCE = 32

Codes = npt.NDArray[np.int64]


@attrs.frozen(eq=False)
class Piece:
    """Rows of one batch that belong to one episode.

    Attributes:
        number: of the piece in its table.
        batch: where the batch stands among the table's.
        start: its first row in the batch.
        rows: how many.
        episode: whose.
        times: least and largest time.
        sequences: least and largest sequence number.
        arrived: when the last of its messages has arrived; the largest time if they are no messages.
        counts: for each role that the table has, the agents that occur and how often.
    """

    number: int
    batch: int
    start: int
    rows: int
    episode: int
    times: tuple[float, float]
    sequences: tuple[int, int]
    arrived: float
    counts: dict[str, tuple[Codes, Codes]]


@attrs.frozen(eq=False)
class Header:
    """What the columns before a record's own fields hold of a piece.

    Attributes:
        time: shape (rows,).
        sequence: shape (rows,).
        cause: shape (rows,); 0 for none.
        arrival: shape (rows,); the time itself where nothing travels.
        who: agents' codes by role, each of shape (rows,); -1 for none.
    """

    time: npt.NDArray[np.float64]
    sequence: Codes
    cause: Codes
    arrival: npt.NDArray[np.float64]
    who: dict[str, Codes]


class Names:
    """The names of agents, each with a number of its own: its code."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.codes: dict[str, int] = {}

    def code(self, name: str) -> int:
        """The code of a name, a new one if need be."""
        found = self.codes.get(name)
        if found is None:
            found = self.codes[name] = len(self.names)
            self.names.append(name)
        return found


class LogTable:
    """A table on disk, which may still be growing.

    Args:
        path: the file.
        names: gives the codes of agents' names.
        headers: keeps decoded headers.
        batches: keeps decoded batches.

    Attributes:
        name: of the table.
        pieces: what has been indexed, by episode, in the order of the file.
        rows: how many rows that is.
        schema: columns and types; None until the file has them.
    """

    def __init__(self, path: Path, names: Names, headers: Cache[Header], batches: Cache[pa.RecordBatch]) -> None:
        self.path = path
        self.name = path.stem
        self.pieces: dict[int, list[Piece]] = {}
        self.rows = 0
        self.schema: pa.Schema | None = None
        self._names, self._headers, self._batches = names, headers, batches
        self._number = 0
        self._end = 0
        self._messages: list[tuple[str, int, int]] = []
        self._places: list[int] = []
        self._identity = path.stat().st_ino

    @property
    def messages(self) -> bool:
        """Whether its rows travel from agent to agent."""
        return self.schema is not None and {"sender", "receiver", "latency"} <= set(self.schema.names)

    @property
    def own(self) -> list[str]:
        """Names of the record's own fields."""
        return [] if self.schema is None else [name for name in self.schema.names if name not in HEADER]

    def replaced(self) -> bool:
        """Whether the file is not the one, grown, that was indexed."""
        try:
            state = self.path.stat()
        except OSError:
            return True
        return state.st_ino != self._identity or state.st_size < self._end

    def refresh(self) -> bool:
        """Index what has been written since the last time; whether there was anything."""
        grown = False
        while self.path.stat().st_size > self._end and self._take():
            grown = True
        return grown

    def header(self, piece: Piece) -> Header:
        """The decoded header of a piece."""
        return self._headers.get((self.name, piece.number), lambda: self._header(piece, self.batch(piece)))

    def batch(self, piece: Piece) -> pa.RecordBatch:
        """The decoded rows of a piece, all columns."""
        whole = self._batches.get((self.name, piece.batch), lambda: self._read(piece.batch))
        return whole.slice(piece.start, piece.rows)

    def row(self, piece: Piece, place: int) -> dict[str, Any]:
        """A row of a piece, by column."""
        found: dict[str, Any] = self.batch(piece).slice(place, 1).to_pylist()[0]
        return found

    # -- inside --------------------------------------------------------------------------------------------------

    def _take(self) -> bool:
        """Index the next batches; whether there were any."""
        known, first = len(self._messages), len(self._places)
        fresh: list[bytes] = []
        with pa.OSFile(str(self.path)) as file:
            file.seek(self._end)
            while len(self._places) < first + _BATCHES_AT_ONCE:
                try:
                    message = pa.ipc.read_message(file)
                except (EOFError, OSError, pa.ArrowInvalid):  # the end, or a batch that is not whole yet
                    break
                place, self._end = self._end, file.tell()
                if message.type == "record batch":
                    self._places.append(len(self._messages))
                self._messages.append((message.type, place, self._end))
                fresh.append(message.serialize().to_pybytes())
        if not fresh:
            return False
        before = [message for message in self._messages[:known] if message[0] != "record batch"]
        stream = pa.ipc.open_stream(pa.py_buffer(b"".join([*self._bytes(before), *fresh])))
        self.schema = stream.schema
        for batch in range(first, len(self._places)):
            self._index(batch, stream.read_next_batch())
        return True

    def _bytes(self, messages: list[tuple[str, int, int]]) -> list[bytes]:
        with self.path.open("rb") as file:
            found = []
            for _, start, end in messages:
                file.seek(start)
                found.append(file.read(end - start))
        return found

    def _read(self, batch: int) -> pa.RecordBatch:
        place = self._places[batch]
        needed = [m for m in self._messages[:place] if m[0] != "record batch"]
        stream = pa.ipc.open_stream(pa.py_buffer(b"".join(self._bytes([*needed, self._messages[place]]))))
        return stream.read_next_batch()

    def _index(self, number: int, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        episodes = batch.column("episode").to_numpy()
        cuts = [0, *(np.flatnonzero(np.diff(episodes)) + 1).tolist(), len(episodes)]
        for start, end in pairwise(cuts):
            episode = int(episodes[start])
            empty = Piece(self._number, number, start, end - start, episode, (0.0, 0.0), (0, 0), 0.0, {})
            header = self._header(empty, batch.slice(start, end - start))
            self._headers.put((self.name, self._number), header)
            counts = {}
            for role, codes in header.who.items():
                counts[role] = np.unique(codes[codes >= 0], return_counts=True)
            piece = attrs.evolve(
                empty,
                times=(float(header.time.min()), float(header.time.max())),
                sequences=(int(header.sequence.min()), int(header.sequence.max())),
                arrived=float(header.arrival.max()),
                counts=counts,
            )
            self.pieces.setdefault(episode, []).append(piece)
            self._number += 1
        self.rows += batch.num_rows

    def _header(self, piece: Piece, rows: pa.RecordBatch) -> Header:
        present = set(rows.schema.names)
        time = rows.column("time").to_numpy(zero_copy_only=False)
        latency = rows.column("latency").to_numpy(zero_copy_only=False) if "latency" in present else 0.0
        return Header(
            time=time,
            sequence=rows.column("sequence").to_numpy(zero_copy_only=False),
            cause=rows.column("cause").fill_null(0).to_numpy(zero_copy_only=False),
            arrival=time + latency,
            who={role: self._coded(rows.column(role)) for role in ROLES if role in present},
        )

    def _coded(self, column: pa.Array) -> Codes:
        if not isinstance(column, pa.DictionaryArray):
            column = column.dictionary_encode()
        codes = np.array([self._names.code(str(name)) for name in column.dictionary.to_pylist()] + [-1], dtype=np.int64)
        found: Codes = codes[column.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)]
        return found


def in_order(pieces: list[Piece], start: float, end: float) -> Iterator[Piece]:
    """The pieces with rows in [start, end], in the order of the file."""
    return (piece for piece in pieces if piece.times[1] >= start and piece.times[0] <= end)
