"""What `catallaxy evaluate` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from .common import Force, Quiet, Seed, app


@app.command(usage="catallaxy evaluate DIR [OPTIONS]")
def evaluate(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run; its scenario is played.")],
    /,
    *,
    policy: Annotated[
        Path | None, Parameter(help="Checkpoint or run whose policy is followed instead of the run's own.")
    ] = None,
    episodes: Annotated[int, Parameter(help="How many episodes to play.", validator=Number(gte=2))] = 100,
    seed: Seed = 0,
    by: Annotated[Literal["group", "agent"], Parameter(help="What to tabulate.")] = "group",
    out: Annotated[Path | None, Parameter(help="Folder for the episodes' log, measures and results.")] = None,
    json: Annotated[
        bool, Parameter(help="Print JSON, with groups and agents.", negative=(), show_default=False)
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Tell what a run's policy achieves in episodes that it has not learned from, with confidence intervals.

    It acts without exploring. The same seed gives the same episodes for every policy.

    Example: catallaxy evaluate runs/demo --episodes 100
    """
    from ..evaluate import evaluate as play

    play(
        directory,
        policy=policy,
        episodes=episodes,
        seed=seed,
        by=by,
        out=out,
        as_json=json,
        force=force,
        quiet=quiet,
    )
