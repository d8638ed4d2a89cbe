"""What `catallaxy train` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Force, Out, Positive, Quiet, Seed, app


@app.command(usage="catallaxy train SCENARIO --out DIR [OPTIONS]")
def train(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    out: Out,
    seed: Seed = 0,
    decisions: Annotated[
        int | None, Parameter(help="Decisions to learn from, instead of the scenario's number.", validator=Positive)
    ] = None,
    workers: Annotated[
        int | None, Parameter(help="Processes to gather in; the result is the same for any.", validator=Positive)
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Let the agents of a scenario learn, and judge what they have learned.

    Ctrl-C stops after the update under way and leaves a run whose checkpoint can be used. A second one stops at once.

    Example: catallaxy train examples/fx_hourly/scenario.toml --out runs/demo
    """
    from ..train import train as learn

    learn(scenario, out, seed=seed, decisions=decisions, workers=workers, force=force, quiet=quiet)
