"""What `catallaxy run` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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
    log: Annotated[
        Literal["all", "trades", "decisions", "off"],
        Parameter(help="How much to log: every event; trades and decisions; decisions and links; nothing."),
    ] = "all",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario and log every message.

    Without --policy the learning agents act by their market's baseline. The log is in OUT/events, one Arrow file per
    kind of event. A log of a lower level is smaller and faster; what it does not hold can't be verified, and it can't
    be replayed.

    Example: catallaxy run examples/fx_hourly/scenario.toml --out runs/one --policy runs/demo
    """
    from ..simulate import simulate

    simulate(scenario, out, policy=policy, seed=seed, episodes=episodes, level=log, force=force, quiet=quiet)
