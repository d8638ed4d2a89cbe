"""How what shops and customers have learned is judged and shown."""

from __future__ import annotations

from rich.console import Console

from catallaxy.market.goods import GoodsScenario

from ..plots.canvas import drawn
from ..runs import Run
from .figure import draw_market
from .judge import Judgement, judge
from .tables import show_tables

__all__ = ["judge", "show"]


def show(judgement: Judgement, scenario: GoodsScenario, run: Run, screen: Console) -> None:
    """Print the tables, and draw the market."""
    show_tables(judgement, screen)
    with drawn(run.directory / "market.png", "prices, stocks and shares", screen) as path:
        draw_market(run, scenario, path)
