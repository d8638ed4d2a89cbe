"""What is in a run, at a glance: in a terminal and in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import attrs

from catallaxy.engine import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from rich.table import Table

    from .runs import Run


def listing(run: Run) -> Table:
    """A table of the run's tables: rows and columns of each."""
    from rich.table import Table

    table = Table(title=_title(run), title_justify="left")
    table.add_column("table", no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("columns")
    for name, rows, schema in _tables(run):
        columns = ", ".join(f"{field.name} [dim]{sql_type(field.type)}[/dim]" for field in schema)
        table.add_row(name, f"{rows:,}", columns)
    return table


def text(run: Run) -> str:
    """The same as plain text: what a Python prompt shows."""
    rows = [(name, f"{count:,}", ", ".join(schema.names)) for name, count, schema in _tables(run)]
    names, counts = (max((len(row[place]) for row in rows), default=0) for place in (0, 1))
    return "\n".join(
        [_title(run), *(f"  {name:{names}}  {count:>{counts}}  {columns}" for name, count, columns in rows)]
    )


def html(run: Run) -> str:
    """The same as HTML."""
    head = "<tr><th>table</th><th>rows</th><th style='text-align:left'>columns</th></tr>"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{count:,}</td><td style='text-align:left'>"
        + ", ".join(f"{escape(field.name)} <small>{escape(sql_type(field.type))}</small>" for field in schema)
        + "</td></tr>"
        for name, count, schema in _tables(run)
    )
    return f"<table><caption>{escape(_title(run))}</caption>{head}{rows}</table>"


def sql_type(kind: pa.DataType) -> str:
    """An Arrow type in the words of SQL; dictionaries are an encoding, not a type."""
    import pyarrow as pa

    return "string" if pa.types.is_dictionary(kind) else str(kind)


def _title(run: Run) -> str:
    worlds = len(run.manifest.get("worlds", ()))
    state = "" if run.complete else ", not finished"
    return f"{run.directory}: {worlds} world{'s' * (worlds != 1)}, seed {run.manifest.get('seed')}{state}"


def _tables(run: Run) -> Iterator[tuple[str, int, pa.Schema]]:
    """Name, number of rows and columns of each table. A finished run's manifest says how many rows there are."""
    known = run.manifest.get("tables", {})
    for folder, names, prefix in (("events", run.tables, ""), ("metrics", run.metrics, "metrics.")):
        for name in names:
            reader = StreamReader(run.directory / folder / f"{name}.arrows", run.complete)
            if folder == "events" and name in known:
                rows = int(known[name]["rows"])
            else:
                first = attrs.evolve(reader, columns=tuple(reader.schema.names[:1]))
                rows = sum(batch.num_rows for batch in first.batches())
            yield prefix + name, rows, reader.schema
