"""What the verbs of the command share: the application, its parameters and its exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

DIFFERS, FAILED, INTERRUPTED = 1, 2, 130
"""Exit codes: a run that is not the same again; something that the caller can mend; Ctrl-C."""

app = App(
    name="catallaxy",
    help="Markets of heterogeneous, learning agents in continuous time.\n\n"
    "Start with: catallaxy train examples/fx_hourly/scenario.toml --out runs/demo",
    help_format="plaintext",
    version=lambda: __import__("catallaxy").__version__,
)
app.register_install_completion_command(help="Teach your shell (bash, zsh, fish) to complete commands and options.")

Out = Annotated[Path, Parameter(help="Folder to write the run to.")]
Seed = Annotated[
    int, Parameter(help="Root of all random streams; the same seed gives the same run.", validator=Number(gte=0))
]
Force = Annotated[bool, Parameter(help="Replace an earlier run in that folder.", negative=(), show_default=False)]
Quiet = Annotated[bool, Parameter(help="Print nothing but errors.", negative=(), show_default=False)]
Positive = Number(gt=0)


World = Annotated[
    str | None,
    Parameter(
        help="What makes the worlds, module:function or file.py:function, called with (seed, episode); not "
        "needed for what `catallaxy run` or `train` has written."
    ),
]


def fail(message: str) -> int:
    """Print what is wrong and return the exit code for it."""
    print(f"catallaxy: {message}", file=sys.stderr)
    return FAILED
