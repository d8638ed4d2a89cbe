"""What `catallaxy bench` takes."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from .common import app


@app.command(usage="catallaxy bench [messages|log|network|ticks|book|learning]")
def bench(
    suite: Annotated[
        Literal["messages", "log", "network", "ticks", "book", "learning"] | None,
        Parameter(help="What to measure; all by default."),
    ] = None,
    /,
) -> None:
    """Measure what engine and learning cost on this machine, beside SimPy Stores, a bare heap and eager torch.

    CPU time, medians of several rounds in one process. Compare ratios: absolute times drift.

    Example: catallaxy bench messages
    """
    from ..bench.suites import SUITES

    for name in SUITES if suite is None else (suite,):
        for line in SUITES[name]():
            print(f"{name:9}  {line.what:50} {line.value:>12}  {line.target and 'target ' + line.target}".rstrip())
