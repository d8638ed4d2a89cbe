"""An event log that stays in memory: for measuring worlds of which no run is kept."""

from __future__ import annotations

import pyarrow as pa

from ..records import Level, Record
from .recorder import Recorder


class MemoryLog(Recorder):
    """Keeps what happens in one world or several: ``log.attach(world)``, run the world, ask for its ``events``.

    Args:
        level: which record classes are logged, see :class:`Recorder`.
    """

    def __init__(self, level: Level = "all") -> None:
        super().__init__(level)
        self._kept: dict[str, _Batches] = {}

    def events(self, table: str) -> pa.Table:
        """All rows of one kind of event so far, as ``open_run(folder).events(table)`` gives those of a run.

        Raises:
            KeyError: nothing of the kind has happened.
        """
        if self._world is not None:
            self.flush()
        kept = self._kept[table]
        return pa.Table.from_batches(kept.batches, kept.schema)

    def _sink(self, kind: type[Record], schema: pa.Schema) -> _Batches:
        self._kept[kind.__table__] = kept = _Batches(schema)
        return kept


class _Batches:
    """A table's batches."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.batches: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Keep the next."""
        self.batches.append(batch)
