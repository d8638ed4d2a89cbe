"""A run's events for other programs: Parquet, CSV, or a trace for Perfetto and chrome://tracing.

Tables are read and written batch by batch: memory does not grow with the run.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO, get_args

from .hints import nearest
from .runs import FURNITURE, Run, RunError

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["parquet", "csv", "perfetto"]

_MICROSECONDS = 1e6
_HEAD = frozenset({"episode", "time", "sequence", "cause", "sender", "receiver", "in_reply_to", "latency", "agent"})
"""Columns that say when and between whom; the others are what was said."""


def export(run: Run, out: Path, format: Format = "parquet") -> Path:
    """Write a run's events.

    - `parquet`, `csv`: a folder with one file for each table.
    - `perfetto`: one file of Chrome's trace format, gzipped if it ends in .gz; open it at https://ui.perfetto.dev. An
      episode is a process and an agent a thread; a message is a slice where it was sent, another where it arrived, and
      an arrow between them; a record with numbers is a counter, any other an instant. A unit of simulated time is a
      second.

    Returns:
        `out`.

    Raises:
        RunError: there is something at `out` already, or the format is not known.
    """
    writers: Mapping[str, Callable[[Run, Path], None]] = {
        "parquet": lambda run, out: _folder(run, out, _write_parquet),
        "csv": lambda run, out: _folder(run, out, _write_csv),
        "perfetto": _trace,
    }
    if format not in writers:
        raise RunError(f"a run is not exported as '{format}'; {nearest(format, get_args(Format))}")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RunError(f"{out} is there already: choose another place for the export, or remove it")
    writers[format](run, out)
    return out


def _folder(run: Run, out: Path, write: Callable[[Run, str, Path], None]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for table in run.tables:
        write(run, table, out)


def _write_parquet(run: Run, table: str, out: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(run, table)
    # A log's batches are small: rows are gathered into row groups that readers like.
    with parquet.ParquetWriter(out / f"{table}.parquet", schema, compression="zstd") as writer:
        gathered: list[pa.RecordBatch] = []
        for batch in run.batches(table):
            gathered.append(batch)
            if sum(one.num_rows for one in gathered) >= 131_072:
                writer.write_table(pa.Table.from_batches(gathered).cast(schema))
                gathered = []
        if gathered:
            writer.write_table(pa.Table.from_batches(gathered).cast(schema))


def _write_csv(run: Run, table: str, out: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv

    schema = _schema(run, table)
    flat = pa.schema([(f.name, pa.string() if pa.types.is_nested(f.type) else f.type) for f in schema])
    with csv.CSVWriter(out / f"{table}.csv", flat) as writer:
        for batch in run.batches(table):
            columns = [
                pa.array([None if v is None else json.dumps(v) for v in column.to_pylist()], pa.string())
                if pa.types.is_nested(column.type)
                else column.cast(field.type)
                for column, field in zip(batch.columns, flat, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=flat))


def _schema(run: Run, table: str) -> pa.Schema:
    """The table's columns with names as plain strings: each batch of a log has a dictionary of its own."""
    import pyarrow as pa

    from catallaxy.engine import StreamReader

    schema = StreamReader(run.directory / "events" / f"{table}.arrows", run.complete).schema
    return pa.schema([(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in schema])


def _trace(run: Run, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with _opened(out) as file:
        file.write('{"displayTimeUnit":"ms","traceEvents":[\n')
        separator = ""
        for event in _trace_events(run):
            file.write(separator)
            file.write(json.dumps(event, separators=(",", ":"), default=str))
            separator = ",\n"
        file.write("\n]}\n")


@contextmanager
def _opened(out: Path) -> Iterator[TextIO]:
    """A text file, compressed if its name says so, equal for equal events."""
    with out.open("wb") as raw:
        packed = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if out.suffix == ".gz" else raw
        with TextIOWrapper(packed, encoding="utf-8", newline="\n") as file:
            yield file


def _trace_events(run: Run) -> Iterator[dict[str, Any]]:
    threads: dict[tuple[int, str], int] = {}

    def thread(episode: int, agent: str) -> int:
        return threads.setdefault((episode, agent), len(threads) + 1)

    for table in run.tables:
        if table in FURNITURE:
            continue
        for batch in run.batches(table):
            message = "sender" in batch.schema.names
            for row in batch.to_pylist():
                yield from (_message if message else _record)(table, row, thread)
    for episode in sorted({episode for episode, _ in threads}):
        yield {"ph": "M", "name": "process_name", "pid": episode, "args": {"name": f"episode {episode}"}}
    for (episode, agent), number in threads.items():
        yield {"ph": "M", "name": "thread_name", "pid": episode, "tid": number, "args": {"name": agent}}


Thread = Callable[[int, str], int]


def _message(table: str, row: Mapping[str, Any], thread: Thread) -> Iterator[dict[str, Any]]:
    """A slice where it was sent, one where it arrived, and an arrow between them."""
    episode, sent = row["episode"], row["time"] * _MICROSECONDS
    name = table[:-1] if table.endswith("s") else table
    said = {key: value for key, value in row.items() if key not in _HEAD and value is not None}
    said |= {key: row[key] for key in ("sequence", "cause", "in_reply_to") if row[key] is not None}
    head = {"ph": "X", "cat": table, "name": name, "pid": episode, "dur": 1}
    yield {**head, "ts": sent, "tid": thread(episode, row["sender"]), "args": {**said, "receiver": row["receiver"]}}
    if row["receiver"] is None:
        return
    there, arrived = thread(episode, row["receiver"]), sent + (row["latency"] or 0.0) * _MICROSECONDS
    yield {**head, "ts": arrived, "tid": there, "args": {**said, "sender": row["sender"]}}
    arrow = {"cat": "messages", "name": name, "id": f"{episode}.{row['sequence']}", "pid": episode}
    yield {**arrow, "ph": "s", "ts": sent, "tid": thread(episode, row["sender"])}
    yield {**arrow, "ph": "f", "bp": "e", "ts": arrived, "tid": there}


def _record(table: str, row: Mapping[str, Any], thread: Thread) -> Iterator[dict[str, Any]]:
    """A counter of its numbers, or an instant."""
    episode, when, agent = row["episode"], row["time"] * _MICROSECONDS, row["agent"]
    said = {key: value for key, value in row.items() if key not in _HEAD and value is not None}
    figures = {key: value for key, value in said.items() if isinstance(value, float)}
    if figures:
        yield {"ph": "C", "cat": table, "name": f"{agent} {table}", "pid": episode, "ts": when, "args": figures}
    else:
        head = {"ph": "i", "s": "t", "cat": table, "name": table, "pid": episode, "ts": when}
        yield {**head, "tid": thread(episode, agent), "args": said}
