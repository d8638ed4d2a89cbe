"""What a person watches while agents learn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from catallaxy.learners import Progress as Update
    from catallaxy.learners import Trainer

SHARES_OF_PLAIN_OUTPUT = 5


class Report(Protocol):
    """Told after every update."""

    def __call__(self, decisions: int, rate: float, seen: str) -> None:
        """Decisions so far, decisions per second, and what came of the last ones."""
        ...


@contextmanager
def following(trainer: Trainer, screen: Console) -> Iterator[Iterator[Update]]:
    """A trainer's updates, shown as they come; afterwards it is closed."""
    with closing(trainer), learning_progress(screen, trainer.decisions, trainer.fleet.decisions) as report:
        yield _reported(trainer, report)


def _reported(trainer: Trainer, report: Report) -> Iterator[Update]:
    for update in trainer:
        yield update
        rewards = update.rewards.values()
        report(update.decisions, update.rate, f"reward {sum(rewards) / len(rewards):.4g}")


@contextmanager
def learning_progress(screen: Console, decisions: int, already: int = 0) -> Iterator[Report]:
    """A bar with decisions per second, what is seen, and time left; where there is no terminal, a line now and then."""
    if screen.quiet:
        yield lambda decisions, rate, seen: None
    elif screen.is_terminal:
        columns = (
            TextColumn("learning"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.completed:,.0f} decisions  {task.fields[rate]}  {task.fields[seen]}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=screen) as bar:
            task = bar.add_task("learning", total=decisions, completed=already, rate="", seen="")

            def advance(decisions: int, rate: float, seen: str) -> None:
                bar.update(task, completed=decisions, rate=f"{rate:,.0f}/s", seen=seen)

            yield advance
    else:
        yield _lines(screen, decisions, already)


def _lines(screen: Console, total: int, already: int) -> Report:
    reported = SHARES_OF_PLAIN_OUTPUT * already // total

    def report(decisions: int, rate: float, seen: str) -> None:
        nonlocal reported
        share = SHARES_OF_PLAIN_OUTPUT * decisions // total
        if share > reported:
            reported = share
            screen.print(f"learned from {decisions:,} of {total:,} decisions, {rate:,.0f}/s, {seen}")

    return report
