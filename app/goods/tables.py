"""The judgement of shops and customers as tables on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from catallaxy.market.measures import Interval

from .judge import Judged, Judgement

_Shown = Mapping[str, tuple[str, Callable[[Interval], str]]]


def _number(digits: int, scale: float = 1.0) -> Callable[[Interval], str]:
    """How a mean with half the width of its interval is written."""
    return lambda value: f"{scale * value.mean:.{digits}f} ± {scale * (value.high - value.low) / 2:.{digits}f}"


_SHOPS: _Shown = {
    "price": ("price\nEUR", _number(2)),
    "sales": ("sales\nunits", _number(0)),
    "profit": ("profit\nEUR", _number(0)),
    "market_share": ("share\n%", _number(1, 100.0)),
    "mean_stock": ("stock\nunits", _number(1)),
    "stock_outs": ("stock-outs", _number(0)),
    "delivery_time": ("delivery\ndays", _number(2)),
}
_CUSTOMERS: _Shown = {
    "price": ("price paid\nEUR", _number(2)),
    "purchases": ("bought\nunits", _number(0)),
    "unmet": ("unmet\n%", _number(1, 100.0)),
    "delivery_time": ("delivery\ndays", _number(2)),
    "surplus": ("surplus\nEUR", _number(0)),
}


def show_tables(judgement: Judgement, screen: Console) -> None:
    """Print shops and customers before and after learning."""
    screen.print(f"\nBefore and after learning: means over {judgement.episodes} episodes, ± 95 % confidence")
    screen.print(_table("shop", judgement.shops, _SHOPS))
    screen.print(_table("customer", judgement.customers, _CUSTOMERS))
    welfare = {name: "-" if value is None else _number(0)(value) for name, value in judgement.welfare.items()}
    screen.print(
        f"All profits and surpluses together, EUR an episode: {welfare['before']} before, {welfare['after']} after; "
        f"difference in the same episodes {welfare['change']}."
    )


def _table(title: str, groups: Sequence[Judged], columns: _Shown) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(title)
    table.add_column("learning")
    for head, _ in columns.values():
        table.add_column(head, justify="right", no_wrap=True)
    for group in groups:
        name = group.name if group.count == 1 else f"{group.name} (each of {group.count})"
        table.add_row(name, "before", *_cells(group.before, columns))
        table.add_row("", "after", *_cells(group.after, columns), end_section=True)
    return table


def _cells(measures: Mapping[str, Interval | None], columns: _Shown) -> list[str]:
    return ["-" if (value := measures[name]) is None else shown(value) for name, (_, shown) in columns.items()]
