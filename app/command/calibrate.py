"""What `catallaxy calibrate` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from .common import Force, Out, Positive, Quiet, Seed, app

Method = Literal["surrogate", "kalman", "amortised", "npe", "rl", "rl-talk", "cma", "random", "prior"]


@app.command(usage="catallaxy calibrate STUDY --out DIR [OPTIONS]")
def calibrate(
    study: Annotated[Path, Parameter(help="Study file (TOML): a scenario, parameters and targets.")],
    /,
    *,
    out: Out,
    method: Annotated[
        Method,
        Parameter(
            help="surrogate: a map of every measure; kalman: an ensemble; amortised: networks over the prior; "
            "npe: a posterior, by sbi; rl, rl-talk: an RL agent; cma: CMA-ES."
        ),
    ] = "surrogate",
    budget: Annotated[
        int, Parameter(help="Simulated decisions in all, learning included.", validator=Positive)
    ] = 2_400_000,
    seed: Seed = 0,
    resume: Annotated[bool, Parameter(help="Go on with the run in OUT.", negative=(), show_default=False)] = False,
    json: Annotated[bool, Parameter(help="Print the answer as JSON.", negative=(), show_default=False)] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Find the composition of a market's agents that shows given targets, while the agents learn to live in it.

    OUT/composition.toml is the calibrated market, a scenario file. Ctrl-C leaves a checkpoint; --resume goes on.

    Example: catallaxy calibrate examples/calibration/planted/study.toml --budget 200000 --out runs/calibrated
    """
    from ..calibration.front import calibrate as find

    plan = {"budget": budget, "method": method, "seed": seed}
    find(study, out, plan=plan, resume=resume, force=force, quiet=quiet, as_json=json)
