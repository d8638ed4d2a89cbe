"""SQL over a run's tables, by DuckDB: `catallaxy log`."""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from catallaxy.engine import StreamReader

from .display import console
from .hints import nearest
from .runs import Run, RunError, open_run

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from rich.table import Table

    from .export import Format

Style = Literal["table", "csv", "json"]


def ask(directory: Path, query: str | None, *, style: Style, limit: int) -> None:
    """Print the answer to a query over a run's log, or without one the list of its tables."""
    run = open_run(directory)
    if query is None:
        console().print(run)
        if measured := measures_of(run):
            console().print(
                f"measures, from the log: {', '.join(f'measures.{name}' for name in measured)}", style="dim"
            )
        if run.reduced:
            console().print(f"not every event{run.reduced}")
    else:
        answer = relation(run, query)
        write = {"table": _print_table, "csv": _print_csv, "json": _print_json}[style]
        with _told_clearly(run):
            write(answer.to_arrow_reader(10_000), limit)
    if not run.complete:
        print(f"{directory} was not finished: its log ends with the last batch that was written", file=sys.stderr)


def write_export(directory: Path, format: Format, out: Path) -> None:
    """Write a run's events for other programs, and say where they are."""
    run = open_run(directory)
    run.export(out, format)
    console().print(f"{directory} as {format}: {out}")


def relation(run: Run, query: str) -> duckdb.DuckDBPyRelation:
    """The answer to a query, not yet computed.

    Raises:
        RunError: DuckDB is missing or refuses the query.
    """
    try:
        import duckdb
    except ImportError:
        raise RunError("SQL needs DuckDB: pip install 'catallaxy[sql]'") from None
    connection = duckdb.connect()
    readers = {table: StreamReader(run.directory / "events" / f"{table}.arrows", run.complete) for table in run.tables}
    for table, reader in readers.items():
        connection.register(table, reader.schema.empty_table())
    connection.execute("CREATE SCHEMA metrics")
    for table in run.metrics:
        connection.register(f"_{table}", StreamReader(run.directory / "metrics" / f"{table}.arrows", run.complete))
        connection.execute(f'CREATE VIEW metrics."{table}" AS SELECT * FROM "_{table}"')
    measured = _register_measures(connection, run, query)
    connection.execute("SET enable_external_access = false; SET python_enable_replacements = false")
    with _told_clearly(run, measured):
        statements = connection.extract_statements(query)
        kinds = [statement.type.name for statement in statements]
        if kinds != ["SELECT"]:
            what = f"{len(kinds)} statements" if len(kinds) > 1 else f"{kinds[0]} statement" if kinds else "empty query"
            raise RunError(f"a log is read by one SELECT, and never changed; this is {_article(what)}")
        used = _used(connection, query)
        for table, reader in readers.items():
            names = reader.schema.names
            needed = names if used is None else [name for name in names if name in used] or names[:1]
            connection.register(table, attrs.evolve(reader, columns=tuple(needed)))
        return connection.sql(query)


def _register_measures(connection: duckdb.DuckDBPyConnection, run: Run, query: str) -> tuple[str, ...]:
    """Make the market's measures that a query names known as `measures.NAME`; returns all that it might name."""
    connection.execute("CREATE SCHEMA measures")
    known = measures_of(run)
    for name in sorted(set(re.findall(r"\bmeasures\s*\.\s*\"?(\w+)", query)) & set(known)):
        connection.register(f"_measures_{name}", run.measures(name))
        connection.execute(f'CREATE VIEW measures."{name}" AS SELECT * FROM "_measures_{name}"')
    return known


def measures_of(run: Run) -> tuple[str, ...]:
    """Names of the market's tables of measures; none if the run does not say which market it is."""
    try:
        return tuple(run.market.tables)
    except RunError:
        return ()


def _used(connection: duckdb.DuckDBPyConnection, query: str) -> set[str] | None:
    """Columns of any table that a query reads, by DuckDB's own plan; None if the plan does not say."""
    answer = connection.execute(f"EXPLAIN (FORMAT JSON) {query}").fetchall()
    used: set[str] = set()
    nodes = json.loads(answer[0][1])
    while nodes:
        node = nodes.pop()
        nodes += node["children"]
        told = node["extra_info"]
        if "ARROW_SCAN" in node["name"]:
            projected = told.get("Projections")
            if projected is None or "Filters" in told:
                return None
            used |= {projected} if isinstance(projected, str) else set(projected)
    return used


@contextmanager
def _told_clearly(run: Run, measured: Sequence[str] = ()) -> Iterator[None]:
    """DuckDB's complaints as ours, with the tables that there are in place of its own guess."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        message = re.sub(r"\n\s*\n", "\n", str(error).strip())
        tables = [*run.tables, *(f"metrics.{name}" for name in run.metrics)]
        tables += [f"measures.{name}" for name in measured]
        missing = re.search(r"Table with name (\S+) does not exist", message)
        if missing:
            # DuckDB leaves out the schema that was asked for.
            full = {name.rpartition(".")[2]: name for name in reversed(tables)}
            close = difflib.get_close_matches(missing[1], full, n=1)
            hint = f"did you mean '{full[close[0]]}'?" if close else nearest(missing[1], tables)
            message = f"there is no table '{missing[1]}'; {hint}{run.reduced}"
        raise RunError(f"{message}\nthe tables of {run.directory} are: {', '.join(tables) or 'none'}") from None


def _article(noun: str) -> str:
    return noun if noun[0].isdigit() else f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"


def _print_table(reader: pa.RecordBatchReader, limit: int) -> None:
    import pyarrow as pa
    from rich.table import Table

    table = Table()
    for field in reader.schema:
        numeric = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        table.add_column(field.name, justify="right" if numeric else "left", overflow="fold")
    rows = 0
    for batch in reader:
        for row in batch.to_pylist():
            if limit and rows == limit:
                return _print_part(table, limit)
            table.add_row(*map(_cell, row.values()))
            rows += 1
    console().print(table)


def _print_part(table: Table, limit: int) -> None:
    console().print(table)
    console().print(f"the first {limit} rows; --limit 0 prints all", style="dim")


def _cell(value: Any) -> Any:
    from rich.text import Text

    if value is None:
        return Text("null", style="dim")
    return Text(f"{value:.6g}" if isinstance(value, float) else str(value))


def _print_csv(reader: pa.RecordBatchReader, _: int) -> None:
    from pyarrow import csv

    with csv.CSVWriter(sys.stdout.buffer, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


def _print_json(reader: pa.RecordBatchReader, _: int) -> None:
    separator = "["
    for batch in reader:
        for row in batch.to_pylist():
            print(separator, json.dumps(row, default=str), sep="", end="")
            separator = ",\n "
    print("[]" if separator == "[" else "]")
