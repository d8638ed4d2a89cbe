"""The judgement of makers as tables on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from catallaxy.market.dealer.evaluation import Comparison
from catallaxy.market.measures import Interval

from .investors import show_investors
from .judge import Judgement

_COLUMNS: Mapping[str, tuple[str, Callable[[Interval], str]]] = {
    "pnl": ("P&L\nMEUR bp", lambda value: _spread(value, 1)),
    "objective": ("objective\nMEUR bp", lambda value: _spread(value, 1)),
    "volume": ("volume\nMEUR", lambda value: _spread(value, 0)),
    "market_share": ("share\n%", lambda value: _spread(value, 1, scale=100.0)),
    "rms_inventory": ("rms inventory\nMEUR", lambda value: _spread(value, 1)),
    "skew_slope": ("skew slope\n10⁻³ bp/MEUR", lambda value: _spread(value, 1, scale=1000.0)),
}


def show_tables(judgement: Judgement, screen: Console) -> None:
    """Print makers and investors before and after learning, and makers' comparison with the best fixed spread."""
    if judgement.investors:
        show_investors(judgement.investors, judgement.episodes, screen)
    screen.print(f"\nMakers before and after learning: means over {judgement.episodes} episodes, ± 95 % confidence")
    screen.print(_makers(judgement))
    if not judgement.comparisons:
        return
    screen.print(
        "Objective by the learned policy and by the best fixed spread, the others as learned, paired by episode"
    )
    screen.print(_comparisons(judgement))
    screen.print("The objective is spread revenue less the costs of hedging and of risk, MEUR bp an episode.")
    if judgement.steeper is not None:
        screen.print(
            f"In the same episode the most risk-averse maker's skew slope exceeds the least risk-averse one's by "
            f"{_spread(judgement.steeper, 1, scale=1000.0)} x 10⁻³ bp/MEUR{_verdict(judgement.steeper)}."
        )


def _makers(judgement: Judgement) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("maker")
    table.add_column("risk aversion\n1/(bp MEUR)")
    table.add_column("connectivity")
    table.add_column("learning")
    for title, _ in _COLUMNS.values():
        table.add_column(title, justify="right", no_wrap=True)
    for maker in judgement.makers:
        head = (maker.name, maker.supertype["risk_aversion"], maker.supertype["connectivity"])
        table.add_row(*head, "before", *_cells(maker.before))
        table.add_row("", "", "", "after", *_cells(maker.after), end_section=True)
    return table


def _cells(measures: Mapping[str, Interval | None]) -> list[str]:
    return ["-" if (value := measures[name]) is None else shown(value) for name, (_, shown) in _COLUMNS.items()]


def _comparisons(judgement: Judgement) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("maker")
    for title in ("learned", "best fixed spread", "difference"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("fixed at")
    for one in judgement.comparisons:
        table.add_row(one.maker, *_compared(one), f"{one.against.half_spread:g} bp, hedging {one.against.hedge:.0%}")
    return table


def _compared(one: Comparison) -> tuple[str, str, str]:
    return _spread(one.policy, 1), _spread(one.alternative, 1), _spread(one.difference, 1) + _verdict(one.difference)


def _verdict(value: Interval) -> str:
    return "" if value.excludes_zero else " (not significant)"


def _spread(value: Interval, digits: int, scale: float = 1.0) -> str:
    """A mean with half the width of its interval."""
    return f"{scale * value.mean:.{digits}f} ± {scale * (value.high - value.low) / 2:.{digits}f}"
