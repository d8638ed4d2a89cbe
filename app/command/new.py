"""What `catallaxy new` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Quiet, app


@app.command(usage="catallaxy new DIR [OPTIONS]")
def new(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder to write the study to.")],
    /,
    *,
    force: Annotated[bool, Parameter(help="Replace files of the same names.", negative=(), show_default=False)] = False,
    quiet: Quiet = False,
) -> None:
    """Write a small study of your own to start from: a scenario, a maker, a learner and tests.

    Example: catallaxy new mystudy
    """
    from ..new import new as write

    write(directory, force=force, quiet=quiet)
