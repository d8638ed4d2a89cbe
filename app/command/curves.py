"""What `catallaxy curves` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Positive, Quiet, app, fail


@app.command(usage="catallaxy curves DIR... [OPTIONS]")
def curves(
    *directories: Annotated[Path, Parameter(name="DIR", help="Folders of runs.")],
    metric: Annotated[str, Parameter(help="Which metric, by its name in metrics.training.")] = "charts/reward",
    smooth: Annotated[int, Parameter(help="Updates to average over.", validator=Positive)] = 1,
    out: Annotated[Path | None, Parameter(help="File for the figure, such as curves.png or curves.svg.")] = None,
    quiet: Quiet = False,
) -> None:
    """Compare learning curves: runs that differ by their seeds only make one, their mean with its 95 % interval.

    Example: catallaxy curves runs/shared-0 runs/shared-1 runs/separate-0 runs/separate-1 --out curves.png
    """
    from ..curves import curves as compare

    if not directories:
        raise SystemExit(fail("name at least one run"))
    compare(directories, metric=metric, smooth=smooth, out=out, quiet=quiet)
