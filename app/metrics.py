"""Tables of metrics in a run's folder: what was measured beside the log of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.engine import StreamReader, StreamWriter


class MetricsWriter:
    """A table of metrics (`metrics/NAME.arrows`) that grows row by row and can be read while it does.

    The first row sets the columns: their names, and their types by its values (int, float, bool, str).

    Args:
        run: the run's folder.
        name: the table's name.
    """

    def __init__(self, run: Path, name: str) -> None:
        self._path = run / "metrics" / f"{name}.arrows"
        self._writer: StreamWriter | None = None
        self._schema: pa.Schema | None = None

    def go_on(self, column: str, last: int) -> None:
        """Keep what an earlier writer has left, up to the row in which ``column`` is ``last``, and go on after it."""
        if not self._path.is_file():
            return
        table = StreamReader(self._path, complete=False).read()
        partial = self._path.with_suffix(".partial")
        self._writer = StreamWriter(partial, table.schema)
        for batch in table.filter(pc.field(column) <= last).combine_chunks().to_batches():
            self._writer.write(batch)
        self._schema = table.schema
        partial.replace(self._path)  # under the writer's hands: readers find the old table or the new one

    def write(self, *rows: Mapping[str, Any]) -> None:
        """Append rows as one batch."""
        if self._writer is None:
            self._schema = pa.Table.from_pylist([dict(rows[0])]).schema
            self._path.parent.mkdir(exist_ok=True)
            self._writer = StreamWriter(self._path, self._schema)
        self._writer.write(pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=self._schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()


def write_metrics(run: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a whole table of metrics."""
    with MetricsWriter(run, name) as writer:
        writer.write(*rows)
