"""What `catallaxy run` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Force, Out, Positive, Quiet, Seed, app


@app.command(usage="catallaxy run SCENARIO --out DIR [OPTIONS]")
def run(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    out: Out,
    policy: Annotated[Path | None, Parameter(help="Checkpoint whose policy the learning agents follow.")] = None,
    seed: Seed = 0,
    episodes: Annotated[int, Parameter(help="How many episodes to play.", validator=Positive)] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario and log every message.

    Without --policy the learning agents act by their market's baseline. The log is in OUT/events, one Arrow file per
    kind of event.

    Example: catallaxy run examples/fx_hourly/scenario.toml --out runs/one --policy runs/demo
    """
    from ..simulate import simulate

    simulate(scenario, out, policy=policy, seed=seed, episodes=episodes, force=force, quiet=quiet)
