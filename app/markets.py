"""The markets that scenario files can name, and what the command needs of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

from catallaxy.agents import Policy
from catallaxy.engine import EventLog, World

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from catallaxy.market.dealer import DealerScenario

    from .dealer.judge import Judgement
    from .runs import Run

Policies = Mapping[str, Policy]
"""A policy for each family of agents."""
Total = Literal["sum", "mean"]
"""How the values of agents make that of their group."""


@attrs.frozen
class Evaluation:
    """How to judge what was learned: a scenario file's `[evaluation]` table.

    Attributes:
        episodes: episodes played with each policy, the same ones with all; an interval needs at least two.
        search_episodes: episodes for each candidate in the search for the best simple policy to compare with.
    """

    episodes: int = attrs.field(default=20, validator=attrs.validators.ge(2))
    search_episodes: int = attrs.field(default=10, validator=attrs.validators.gt(0))


class Judge(Protocol):
    """Plays evaluation episodes before and after learning and writes what it finds into the run."""

    def __call__(
        self,
        scenario: Any,
        before: Policies,
        after: Policies,
        evaluation: Evaluation,
        seed: int,
        log: EventLog,
        screen: Console,
    ) -> Any:
        """What it has found; `seed` is the run's root seed, `screen` where progress is shown."""
        ...


@attrs.frozen
class Market:
    """A kind of market.

    Attributes:
        name: what scenario files call it.
        package: its package, which holds the class of its scenarios and `build`.
        scenario: name of that class. A scenario says by `duration` until when its worlds are to be run.
        baseline: what its learning agents do by when they are given no policy.
        judge: how its agents are judged.
        show: prints what `judge` has found, given the scenario and the run, and draws the run's figures.
        headline: the measures by which two of its worlds are compared, and whether the agents' values of a group are
            summed or averaged.
    """

    name: str
    package: str
    scenario: str
    baseline: Callable[[Any], Policy]
    judge: Judge
    show: Callable[[Any, Any, Run, Console], None]
    headline: Mapping[str, Total] = MappingProxyType({})

    def scenario_class(self) -> type[Any]:
        """The attrs class of its scenarios."""
        cls: type[Any] = getattr(import_module(self.package), self.scenario)
        return cls

    def build(self, scenario: Any, seed: int, episode: int) -> World:
        """The world of one episode, its learning agents without a policy."""
        world: World = import_module(self.package).build(scenario, seed, episode)
        return world

    def measure_worlds(self, worlds: Iterable[World]) -> pa.Table:
        """The measures of worlds that have been run to their end: a row for each episode and agent."""
        return import_module(f"{self.package}.measures").from_worlds(worlds)


def _closed_form_skew(scenario: DealerScenario) -> Policy:
    from catallaxy.market.dealer import ClosedFormSkew

    return ClosedFormSkew.of(scenario)


def _judge_makers(
    scenario: DealerScenario,
    before: Policies,
    after: Policies,
    evaluation: Evaluation,
    seed: int,
    log: EventLog,
    screen: Console,
) -> Judgement:
    from .dealer.judge import judge

    return judge(scenario, before, after, evaluation, seed, log, screen)


def _show_makers(judgement: Judgement, scenario: DealerScenario, run: Run, screen: Console) -> None:
    from .dealer.figure import PlotError, draw_skew
    from .dealer.tables import show

    show(judgement, screen)
    try:
        draw_skew(run, scenario, run.directory / "skew.png")
    except PlotError as error:
        screen.print(f"no figure: {error}", style="yellow")
    else:
        screen.print(f"quotes against inventory: {run.directory / 'skew.png'}")


MARKETS = {
    market.name: market
    for market in (
        Market(
            "dealer",
            "catallaxy.market.dealer",
            "DealerScenario",
            _closed_form_skew,
            _judge_makers,
            _show_makers,
            headline={
                "pnl": "sum",
                "objective": "sum",
                "volume": "sum",
                "market_share": "sum",
                "half_spread": "mean",
                "skew_slope": "mean",
                "rms_inventory": "mean",
            },
        ),
    )
}
