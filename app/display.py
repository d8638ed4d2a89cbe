"""Where the command prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPED_WIDTH = 200


def console(*, quiet: bool = False) -> Console:
    """Standard output: as wide as the terminal, or wide enough for a table where it is a file or a pipe."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, quiet=quiet, highlight=False)
