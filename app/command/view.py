"""What `catallaxy view` takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from .common import app


@app.command(usage="catallaxy view DIR [OPTIONS]")
def view(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")],
    /,
    *,
    live: Annotated[bool, Parameter(help="Follow a run that is under way.", negative=(), show_default=False)] = False,
    port: Annotated[int, Parameter(help="Port; 0 for any that is free.", validator=Number(gte=0, lte=65535))] = 0,
    host: Annotated[
        str, Parameter(help="Address to serve on; any but the loopback lets others on the network read the log.")
    ] = "127.0.0.1",
    no_browser: Annotated[bool, Parameter(help="Open no browser.", negative=(), show_default=False)] = False,
) -> None:
    """Watch a run on a local page: messages along the network, a time line, agents, and why things happened.

    Example: catallaxy view runs/demo
    """
    from ..view.front import view as serve

    serve(directory, host=host, port=port, live=live, browser=not no_browser)
