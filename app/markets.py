"""The markets that scenario files can name, and what the command needs of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

import attrs

from catallaxy.agents import Policy
from catallaxy.engine import EventLog, World

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.console import Console

    from catallaxy.market.dealer import DealerScenario
    from catallaxy.market.goods import GoodsScenario

    from .plots.drawing import Figures
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


class Front(Protocol):
    """The module that judges what was learned in a market, and shows it."""

    judge: Judge

    def show(self, judgement: Any, scenario: Any, run: Run, screen: Console) -> None:
        """Print what `judge` has found, and draw the run's figure."""
        ...


@attrs.frozen
class Market:
    """A kind of market.

    Attributes:
        name: what scenario files call it.
        package: its package, which holds the class of its scenarios and `build`.
        scenario: name of that class. A scenario says by `duration` until when its worlds are to be run.
        baseline: what its learning agents do by when they are given no policy: one for all, or by family.
        judging: name of the `front` module; None if nobody learns in it.
        judged: the scenario of the episodes that judging writes into the log, given the one that was learned in.
        headline: the measures by which two of its worlds are compared, and whether the agents' values of a group are
            summed or averaged.
        plots: module whose `FIGURES` are the market's figures, by name.
    """

    name: str
    package: str
    scenario: str
    baseline: Callable[[Any], Policy | Policies]
    judging: str | None = None
    headline: Mapping[str, Total] = MappingProxyType({})
    plots: str | None = None
    judged: Callable[[Any], Any] = lambda scenario: scenario

    def scenario_class(self) -> type[Any]:
        """The attrs class of its scenarios."""
        cls: type[Any] = getattr(import_module(self.package), self.scenario)
        return cls

    def build(self, scenario: Any, seed: int, episode: int) -> World:
        """The world of one episode, its learning agents without a policy."""
        world: World = import_module(self.package).build(scenario, seed, episode)
        return world

    @property
    def front(self) -> Front | None:
        """What judges and shows what was learned; None if nobody learns."""
        return None if self.judging is None else cast(Front, import_module(self.judging))

    def measure_worlds(self, worlds: Iterable[World]) -> pa.Table:
        """The measures of worlds that have been run to their end: a row for each episode and agent."""
        return self.direct[self.main](worlds)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers in `measure_worlds`."""
        return tuple(import_module(f"{self.package}.measures").COLUMNS)

    @property
    def curves(self) -> Mapping[str, Callable[[Iterable[World], float, str | None, str | None], float]]:
        """What worlds show of something that changes with a price, by name: at which price, of whom, among whom."""
        return getattr(import_module(f"{self.package}.measures"), "CURVES", {})

    @property
    def tables(self) -> Mapping[str, Callable[..., pa.Table]]:
        """What can be measured of a run from its log, by name; the first is the main table, as of `measure_worlds`."""
        module = import_module(f"{self.package}.measures")
        found: Mapping[str, Callable[..., pa.Table]] = getattr(module, "TABLES", {"agents": module.from_log})
        return found

    @property
    def main(self) -> str:
        """Name of the main table."""
        return next(iter(self.tables))

    @property
    def direct(self) -> Mapping[str, Callable[[Iterable[World]], pa.Table]]:
        """Those of its `tables` that need no log: worlds that have been run give them, too."""
        module = import_module(f"{self.package}.measures")
        found: Mapping[str, Callable[[Iterable[World]], pa.Table]]
        found = getattr(module, "DIRECT", {self.main: module.from_worlds})
        return found

    @property
    def figures(self) -> Figures:
        """Its figures by name."""
        found: Figures = {} if self.plots is None else import_module(self.plots).FIGURES
        return found


def _dealer_baseline(scenario: DealerScenario) -> Policies:
    from catallaxy.market.dealer import ClosedFormSkew, Investor, MarketMaker, Twap

    return {MarketMaker.family: ClosedFormSkew(), Investor.family: Twap()}


def _starting_flat(scenario: DealerScenario) -> DealerScenario:
    return scenario.starting_flat()


def _scripted_trade(scenario: GoodsScenario) -> Policies:
    """Shops keep to their list prices and stock rules, customers take the best offer."""
    from catallaxy.market.goods import BaseStock, Customer, PriceTaker, Shop

    return {Shop.family: BaseStock(), Customer.family: PriceTaker()}


def _nobody(scenario: Any) -> Policies:
    """No policies: nobody learns."""
    return {}


MARKETS = {
    market.name: market
    for market in (
        Market(
            "dealer",
            "catallaxy.market.dealer",
            "DealerScenario",
            _dealer_baseline,
            "catallaxy.dealer.front",
            headline={
                "pnl": "sum",
                "objective": "sum",
                "volume": "sum",
                "market_share": "sum",
                "half_spread": "mean",
                "skew_slope": "mean",
                "rms_inventory": "mean",
            },
            plots="catallaxy.plots.dealer",
            judged=_starting_flat,
        ),
        Market(
            "goods",
            "catallaxy.market.goods",
            "GoodsScenario",
            _scripted_trade,
            "catallaxy.goods.front",
            headline={
                "sales": "sum",
                "revenue": "sum",
                "profit": "sum",
                "market_share": "sum",
                "price": "mean",
                "purchases": "sum",
                "surplus": "sum",
                "welfare": "sum",
            },
            plots="catallaxy.plots.goods",
        ),
        Market(
            "book",
            "catallaxy.market.book",
            "BookScenario",
            _nobody,
            headline={"pnl": "sum", "volume": "sum", "passive_share": "mean", "inventory": "sum"},
            plots="catallaxy.plots.book",
        ),
    )
}
