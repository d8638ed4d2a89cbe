"""What `catallaxy check` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Quiet, app


@app.command(usage="catallaxy check SCENARIO [OPTIONS]")
def check(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    json: Annotated[bool, Parameter(help="Print the scenario as JSON.", negative=(), show_default=False)] = False,
    schema: Annotated[
        bool, Parameter(help="Print the JSON Schema of such files, for editors.", negative=(), show_default=False)
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Validate a scenario file and show it with everything filled in: its distributions, agents and network.

    Example: catallaxy check examples/fx_hourly/scenario.toml
    """
    from ..check import check as look

    look(scenario, as_json=json, as_schema=schema, quiet=quiet)
