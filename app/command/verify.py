"""What `catallaxy verify` takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import DIFFERS, World, app


@app.command(usage="catallaxy verify DIR [OPTIONS]")
def verify(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")], /, *, world: World = None
) -> None:
    """Run again what a run has recorded: prove its log, or name the first event that differs, and why.

    Exits with 0 if every event is the same, with 1 if not.

    Example: catallaxy verify runs/one
    """
    from ..replay import prove

    if not prove(directory, world=world).equal:
        sys.exit(DIFFERS)
