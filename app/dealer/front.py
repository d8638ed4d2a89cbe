"""How what makers and investors have learned is judged and shown."""

from __future__ import annotations

from rich.console import Console

from catallaxy.market.dealer import DealerScenario

from ..plots.canvas import drawn
from ..runs import Run
from .figure import draw_skew
from .judge import Judgement, judge
from .tables import show_tables

__all__ = ["judge", "show"]


def show(judgement: Judgement, scenario: DealerScenario, run: Run, screen: Console) -> None:
    """Print the tables, and draw makers' quotes against their inventory."""
    show_tables(judgement, screen)
    if any(group.learns for group in scenario.makers):
        with drawn(run.directory / "skew.png", "quotes against inventory", screen) as path:
            draw_skew(run, scenario, path)
