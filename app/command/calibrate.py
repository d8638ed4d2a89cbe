"""What `catallaxy calibrate` and `catallaxy calibrate compare` take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from .common import Force, Out, Positive, Quiet, Seed, app, fail

Method = Literal[
    "surrogate", "kalman", "amortised", "npe", "rl", "rl-model", "rl-talk", "bo", "bo-ei", "bo-composite", "cma",
    "random", "prior",
]  # fmt: skip
Json = Annotated[bool, Parameter(help="Print the answer as JSON.", negative=(), show_default=False)]

calibrating = App(name="calibrate", usage="catallaxy calibrate STUDY --out DIR [OPTIONS]")
app.command(calibrating)


@calibrating.default
def calibrate(
    study: Annotated[Path, Parameter(help="Study file (TOML): a scenario, parameters and targets.")],
    /,
    *,
    out: Out,
    method: Annotated[
        Method,
        Parameter(
            help="surrogate: a map of every measure; kalman: an ensemble; amortised: networks over the prior; "
            "npe: a posterior, by sbi; rl, rl-model, rl-talk: an RL agent; bo, bo-ei, bo-composite: Bayesian "
            "optimisation; cma: CMA-ES."
        ),
    ] = "surrogate",
    budget: Annotated[
        int, Parameter(help="Simulated decisions in all, learning included.", validator=Positive)
    ] = 2_400_000,
    marks: Annotated[
        tuple[int, ...],
        Parameter(help="Budgets on the way at which the recommendation is kept, too.", negative=(), show_default=False),
    ] = (),
    agents: Annotated[
        Literal["conditioned", "warm", "cold", "frozen"],
        Parameter(
            help="How agents follow the compositions: told of them; not told; beginning anew at each; or not at all."
        ),
    ] = "conditioned",
    judge: Annotated[
        int,
        Parameter(
            help="Let agents learn what was recommended from scratch, so many times, and measure the loss.",
            validator=Number(gte=0),
        ),
    ] = 0,
    learn: Annotated[
        int, Parameter(help="Decisions to learn from in each of these trainings.", validator=Positive)
    ] = 400_000,
    seed: Seed = 0,
    workers: Annotated[int, Parameter(help="Processes; the result is the same for any.", validator=Positive)] = 1,
    resume: Annotated[bool, Parameter(help="Go on with the run in OUT.", negative=(), show_default=False)] = False,
    json: Json = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Find the composition of a market's agents that shows given targets, while the agents learn to live in it.

    OUT/composition.toml is the calibrated market, a scenario file. Ctrl-C leaves a checkpoint; --resume goes on.
    `catallaxy calibrate compare DIR...` compares runs that were judged.

    Example: catallaxy calibrate examples/calibration/planted/study.toml --budget 200000 --out runs/calibrated
    """
    from catallaxy.calibrate import Protocol

    from ..calibration.front import calibrate as find

    plan = {"budget": budget, "method": method, "agents": agents, "marks": marks, "seed": seed}
    protocol = Protocol(decisions=learn, trainings=judge) if judge else None
    find(
        study, out, plan=plan, protocol=protocol, workers=workers, resume=resume, force=force, quiet=quiet, as_json=json
    )  # fmt: skip


@calibrating.command(usage="catallaxy calibrate compare DIR... [OPTIONS]")
def compare(
    *directories: Annotated[Path, Parameter(name="DIR", help="Folders of runs of one study, judged.")],
    out: Annotated[Path | None, Parameter(help="File for the figure, such as losses.png.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare calibrations of one study: loss after learning from scratch by budget, paired by seed.

    Example: catallaxy calibrate compare runs/surrogate-0 runs/kalman-0 runs/surrogate-1 runs/kalman-1 --out losses.png
    """
    from ..calibration.compare import compare as together

    if not directories:
        raise SystemExit(fail("name at least one run"))
    together(directories, out=out, quiet=quiet, as_json=json)
