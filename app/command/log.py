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
) -> None:
    """Ask a run's log a question in SQL (DuckDB).

    Tables of events go by their names, those of metrics by metrics.NAME.

    Example: catallaxy log runs/demo "SELECT sender, count(*) AS fills FROM fills GROUP BY sender"
    """
    from ..ask import ask

    if csv and json:
        raise SystemExit(fail("choose one of --csv and --json"))
    style: Literal["table", "csv", "json"] = "csv" if csv else "json" if json else "table"
    ask(directory, query, style=style, limit=limit)
