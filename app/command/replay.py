"""What `catallaxy replay` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .common import Force, Out, World, app


@app.command(usage="catallaxy replay DIR --live AGENT=module:Class --out DIR [OPTIONS]")
def replay(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")],
    /,
    *,
    live: Annotated[
        list[str],
        Parameter(help="Agent that acts anew: NAME=module:Class, or NAME to keep its own behaviour.", negative=()),
    ],
    out: Out,
    world: World = None,
    episode: Annotated[int | None, Parameter(help="Which episode, if the run has several.")] = None,
    force: Force = False,
) -> None:
    """Play a recorded run with some agents acting anew, against what all others did then.

    The tape does not react: the recorded agents do what they did, whatever the live ones do now.

    Example: catallaxy replay runs/one --live "maker 1=mymaker:Maker" --out runs/counterfactual
    """
    from ..replay import replay as play

    agents: dict[str, str] = {}
    for agent in live:
        name, _, made_by = agent.partition("=")
        agents[name] = made_by
    play(directory, live=agents, out=out, world=world, episode=episode, force=force)
