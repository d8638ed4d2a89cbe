"""What `catallaxy train` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Force, Out, Positive, Quiet, Seed, app, fail


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
    ray: Annotated[
        str | None,
        Parameter(help="Gather on a Ray cluster: its address, 'auto' to find it, or 'local' to start one here."),
    ] = None,
    resume: Annotated[
        bool,
        Parameter(help="Go on with the run in that folder, from its last checkpoint.", negative=(), show_default=False),
    ] = False,
    tensorboard: Annotated[
        bool, Parameter(help="Write the scalars for TensorBoard, too.", negative=(), show_default=False)
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Let the agents of a scenario learn, and judge what they have learned.

    Ctrl-C stops after the update under way, a second one at once. The same command with --resume goes on from the last
    checkpoint, also after a kill, and learns the same as if it had never stopped.

    Example: catallaxy train examples/fx_hourly/scenario.toml --out runs/demo
    """
    from ..train import train as learn

    if resume and force:
        raise SystemExit(fail("choose one of --resume and --force"))
    learn(
        scenario,
        out,
        seed=seed,
        decisions=decisions,
        workers=workers,
        ray=ray,
        resume=resume,
        track=tensorboard,
        force=force,
        quiet=quiet,
    )
