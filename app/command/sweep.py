"""What `catallaxy sweep` takes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from .common import DIFFERS, Force, Out, Positive, Quiet, Seed, app


@app.command(usage="catallaxy sweep SCENARIO --grid PATH=VALUES --out DIR [OPTIONS]")
def sweep(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    out: Out,
    grid: Annotated[
        list[str] | None, Parameter(help="A path and its values: shops.Z.price=4,5,6 or =4:6:5 or =-10%,+10%.")
    ] = None,
    design: Annotated[Path | None, Parameter(help="CSV file: a header of paths, a row for each cell.")] = None,
    policy: Annotated[Path | None, Parameter(help="Run or checkpoint whose policies the agents follow.")] = None,
    learn: Annotated[
        int,
        Parameter(
            help="Decisions to learn from in each cell first, from --policy on or from nothing.",
            validator=Number(gte=0),
        ),
    ] = 0,
    seeds: Annotated[int, Parameter(help="How many episodes to play in each cell.", validator=Positive)] = 20,
    seed: Seed = 0,
    workers: Annotated[int, Parameter(help="Processes; the results are the same for any.", validator=Positive)] = 1,
    resume: Annotated[bool, Parameter(help="Go on with the sweep in OUT.", negative=(), show_default=False)] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Play the same episodes of a market with every combination of some values, and measure each.

    Results go to OUT/metrics as they come. A cell that fails is reported and the others go on; the exit code is then 1.

    Example: catallaxy sweep examples/fx_hourly/scenario.toml --grid decisions.interval=0.5,1,2 --out runs/sweep
    """
    from ..sweep.front import sweep as play

    failed = play(
        scenario,
        out,
        grids=grid or (),
        design=design,
        policy=policy,
        learn=learn,
        episodes=seeds,
        seed=seed,
        workers=workers,
        resume=resume,
        force=force,
        quiet=quiet,
    )
    if failed:
        sys.exit(DIFFERS)
