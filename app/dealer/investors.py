"""Judging investors before and after learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rich import box
from rich.console import Console
from rich.table import Table

from catallaxy.agents import Policy
from catallaxy.engine import EventLog
from catallaxy.market.dealer import DealerScenario, build
from catallaxy.market.dealer.investors.measures import from_worlds
from catallaxy.market.measures import Interval, interval, played

_COLUMNS: Mapping[str, tuple[str, float, int]] = {
    "bought": ("bought\n%", 100.0, 1),
    "sold": ("sold\n%", 100.0, 1),
    "target_error": ("off target\n%", 100.0, 1),
    "pnl": ("P&L\nMEUR bp", 1.0, 1),
    "execution_cost": ("cost\nMEUR bp", 1.0, 1),
    "volume": ("volume\nMEUR", 1.0, 1),
    "reward": ("reward\nMEUR bp", 1.0, 1),
}
"""Title, scale and digits of each measure that is shown."""

Measures = Mapping[str, Interval]


@attrs.frozen
class Investors:
    """A group of investors before and after learning.

    Attributes:
        group: its name.
        before: each measure's mean over the group's investors, with its interval over episodes.
        after: the same by the learned policy.
    """

    group: str
    before: Measures
    after: Measures


def play_investors(
    scenario: DealerScenario,
    policies: Mapping[str, Policy],
    *,
    seed: int,
    episodes: int,
    log: EventLog | None = None,
    progress: Callable[[], object] | None = None,
) -> pa.Table:
    """Play episodes 0, 1, ... of a seed, and measure the investors: a row for each episode and investor.

    Args:
        scenario: the market.
        policies: by agent's or group's name.
        seed: root seed.
        episodes: how many.
        log: where their events go, if anywhere.
        progress: called after each episode.
    """
    return played(
        lambda episode: build(scenario, seed, episode, policies),
        episodes,
        scenario.duration,
        from_worlds,
        log=log,
        progress=progress,
    )


def compared(before: pa.Table, after: pa.Table) -> Sequence[Investors]:
    """Each group by two policies, as `play_investors` has measured them."""
    groups = dict.fromkeys(after["group"].to_pylist())
    return [Investors(group, _measures(before, group), _measures(after, group)) for group in groups]


def _measures(table: pa.Table, group: str) -> Measures:
    rows = table.filter(pc.equal(table["group"], group))
    episodes = rows["episode"].to_numpy()
    order = np.unique(episodes)
    return {
        name: interval([rows[name].to_numpy()[episodes == episode].mean() for episode in order]) for name in _COLUMNS
    }


def show_investors(investors: Sequence[Investors], episodes: int, screen: Console) -> None:
    """Print each group before and after learning."""
    screen.print(f"\nInvestors before and after learning: means over {episodes} episodes, ± 95 % confidence")
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("group")
    table.add_column("learning")
    for title, _, _ in _COLUMNS.values():
        table.add_column(title, justify="right", no_wrap=True)
    for one in investors:
        table.add_row(one.group, "before", *_cells(one.before))
        table.add_row("", "after", *_cells(one.after), end_section=True)
    screen.print(table)


def _cells(measures: Measures) -> list[str]:
    cells = []
    for name, (_, scale, digits) in _COLUMNS.items():
        value = measures[name]
        cells.append(f"{scale * value.mean:.{digits}f} ± {scale * (value.high - value.low) / 2:.{digits}f}")
    return cells
