"""What `catallaxy whatif` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from .common import Force, Positive, Quiet, Seed, app


@app.command(usage="catallaxy whatif SCENARIO [OPTIONS]")
def whatif(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    sets: Annotated[
        list[str] | None,
        Parameter(name="--set", help="PATH=VALUE, PATH=+10%, PATH+=NUMBER or PATH*=NUMBER, as shops.Z.price=+10%."),
    ] = None,
    live: Annotated[
        list[str] | None,
        Parameter(help="Who acts by a policy of yours: shops.Z=module:Class or shops.Z=file.py:Class."),
    ] = None,
    cut: Annotated[list[str] | None, Parameter(help="A link that is down: Z:Alice.")] = None,
    remove: Annotated[list[str] | None, Parameter(help="Who is taken out: shops.Y.")] = None,
    add: Annotated[list[str] | None, Parameter(help="Who joins, as a copy of another: shops.W=shops.Z.")] = None,
    policy: Annotated[Path | None, Parameter(help="Run or checkpoint whose policies the agents follow.")] = None,
    adapt: Annotated[
        int, Parameter(help="Decisions from which the others learn on; needs --policy.", validator=Number(gte=0))
    ] = 0,
    seeds: Annotated[int, Parameter(help="How many episodes to compare.", validator=Number(gte=2))] = 20,
    seed: Seed = 0,
    workers: Annotated[int, Parameter(help="Processes to learn in.", validator=Positive)] = 1,
    out: Annotated[Path | None, Parameter(help="Folder for the answer's tables and figure.")] = None,
    json: Annotated[bool, Parameter(help="Print the answer as JSON.", negative=(), show_default=False)] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Ask what an intervention would do to a market: if nobody reacts, and once the others have adapted.

    The same episodes are played with and without it, so that the difference is the intervention's.

    Example: catallaxy whatif examples/fx_hourly/scenario.toml --policy runs/demo --set makers.bold.risk_aversion=+50%
    """
    from ..whatif.front import whatif as answer

    changes = {"sets": sets, "lives": live, "cuts": cut, "removes": remove, "adds": add}
    answer(
        scenario,
        changes={name: given or () for name, given in changes.items()},
        policy=policy,
        adapt=adapt,
        episodes=seeds,
        seed=seed,
        workers=workers,
        out=out,
        json=json,
        force=force,
        quiet=quiet,
    )
