"""What `catallaxy score` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Force, Out, Positive, Quiet, Seed, app


@app.command(usage="catallaxy score INSTANCE [OPTIONS]")
def score(
    instance: Annotated[Path, Parameter(help="Instance file (TOML) of a dealer who quotes and hedges at ticks.")],
    /,
    *,
    decisions: Annotated[int, Parameter(help="Decisions to learn from.", validator=Positive)] = 10_000_000,
    seed: Seed = 0,
    out: Out = Path("runs/score"),
    workers: Annotated[
        int, Parameter(help="Processes to gather in; the result is the same for any.", validator=Positive)
    ] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Let a dealer learn an instance that can be solved exactly, and score what it has learned against the optimum.

    The score is 0 for the best fixed half-spread and hedge, 1 for the optimum. OUT/policy.csv holds what was learned,
    OUT/scores.json the scores.

    Example: catallaxy score examples/score/dealer.toml --decisions 10000000 --seed 0 --out runs/score
    """
    from ..score import score as judge

    judge(instance, out, decisions=decisions, seed=seed, workers=workers, force=force, quiet=quiet)
