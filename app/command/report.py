"""What `catallaxy report` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Quiet, app


@app.command(usage="catallaxy report DIR [DIR ...] [OPTIONS]")
def report(
    *directories: Annotated[Path, Parameter(name="DIR", help="Folders of runs; several are compared side by side.")],
    out: Annotated[Path | None, Parameter(help="The page; by default DIR/report.html.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write one self-contained page about a run, or several side by side: measures, figures, network, messages.

    The page needs no network and no server: it can be mailed.

    Example: catallaxy report runs/demo
    """
    from ..report.front import report as write

    write(directories, out, quiet=quiet)
