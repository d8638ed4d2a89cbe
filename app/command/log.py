"""What `catallaxy log` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from .common import app, fail


@app.command(usage="catallaxy log DIR [QUERY] [OPTIONS]")
def log(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")],
    query: Annotated[
        str | None, Parameter(help="A SELECT over the run's tables; without one the tables are listed.")
    ] = None,
    /,
    *,
    csv: Annotated[bool, Parameter(help="Print comma-separated values.", negative=(), show_default=False)] = False,
    json: Annotated[bool, Parameter(help="Print a JSON array of objects.", negative=(), show_default=False)] = False,
    limit: Annotated[int, Parameter(help="Rows of the printed table; 0 for all.", validator=Number(gte=0))] = 40,
    export: Annotated[
        Literal["parquet", "csv", "perfetto"] | None,
        Parameter(help="Write the run's events for other programs, to --out."),
    ] = None,
    out: Annotated[Path | None, Parameter(help="Folder of the export; for perfetto a file, .json or .json.gz.")] = None,
) -> None:
    """Ask a run's log a question in SQL (DuckDB).

    Tables of events go by their names, those of metrics by metrics.NAME, what the market measures by measures.NAME.

    Example: catallaxy log runs/demo "SELECT sender, count(*) AS fills FROM fills GROUP BY sender"
    """
    from ..ask import ask, write_export

    if (export is None) != (out is None):
        raise SystemExit(fail("--export says in which format and --out where to: give both"))
    if export is not None and out is not None:
        if query is not None:
            raise SystemExit(fail("an export holds all events; for the answer to a query use --csv or --json"))
        return write_export(directory, export, out)
    if csv and json:
        raise SystemExit(fail("choose one of --csv and --json"))
    style: Literal["table", "csv", "json"] = "csv" if csv else "json" if json else "table"
    ask(directory, query, style=style, limit=limit)
