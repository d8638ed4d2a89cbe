"""A table of a run on disk: an Arrow IPC stream, readable up to its last batch whenever its writer died."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs
import pyarrow as pa

from ..errors import LogError


class StreamWriter:
    """Writes an Arrow IPC stream (zstd) that is readable up to its last batch whenever its writer dies."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._file = path.open("wb")
        options = pa.ipc.IpcWriteOptions(compression="zstd", emit_dictionary_deltas=True, use_threads=False)
        self._writer = pa.ipc.new_stream(self._file, schema, options=options)
        self._file.flush()

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch and hand it to the operating system."""
        self._writer.write_batch(batch)
        self._file.flush()
        self.rows += batch.num_rows

    def close(self) -> None:
        """End the stream."""
        self._writer.close()
        self._file.close()


@attrs.frozen
class StreamReader:
    """A table on disk that can be read any number of times, batch by batch, in bounded memory.

    Whatever takes Arrow streams (pyarrow, DuckDB, Polars, pandas) takes it as it is.

    Attributes:
        path: the file.
        complete: whether a stream that breaks off is an error; if not, it ends with its last whole batch.
        columns: the only ones to read, which is faster; None reads all.
    """

    path: Path
    complete: bool = True
    columns: tuple[str, ...] | None = None

    @property
    def schema(self) -> pa.Schema:
        """Columns and types.

        Raises:
            LogError: the file is missing or no Arrow stream.
        """
        with self._open() as stream:
            return stream.schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches, one after the other.

        Raises:
            LogError: the file is missing, no Arrow stream, or (if ``complete``) damaged.
        """
        with self._open() as stream:
            yield from self._whole(stream)

    def read(self) -> pa.Table:
        """All of it, in memory."""
        with self._open() as stream:
            return pa.Table.from_batches(self._whole(stream), stream.schema)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The stream as others take it (Arrow's PyCapsule interface); a new one each time."""
        stream = self._open()
        reader = pa.RecordBatchReader.from_batches(stream.schema, self._whole(stream))
        return reader.__arrow_c_stream__(requested_schema)

    def _open(self) -> pa.RecordBatchReader:
        try:
            stream = pa.ipc.open_stream(pa.memory_map(str(self.path)))
            if self.columns is None:
                return stream
            fields = [place for place, name in enumerate(stream.schema.names) if name in self.columns]
            return pa.ipc.open_stream(
                pa.memory_map(str(self.path)), options=pa.ipc.IpcReadOptions(included_fields=fields)
            )
        except FileNotFoundError:
            raise LogError(f"{self.path} is missing") from None
        except (pa.ArrowInvalid, OSError) as error:
            raise LogError(f"{self.path} is not an Arrow stream: {error}") from None

    def _whole(self, stream: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                yield stream.read_next_batch()
            except StopIteration:
                return
            except (pa.ArrowInvalid, OSError) as error:
                if self.complete:
                    raise LogError(f"{self.path} is damaged: {error}") from None
                return
