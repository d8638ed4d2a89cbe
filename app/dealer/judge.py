"""Judging makers before and after learning, and against the best fixed spread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from catallaxy.agents import Policy
from catallaxy.engine import EventLog, stream
from catallaxy.market.dealer import DealerScenario, Investor, MarketMaker
from catallaxy.market.dealer.evaluation import (
    Comparison,
    best_fixed_spread,
    column,
    compare,
    evaluate,
)
from catallaxy.market.dealer.evaluation import Progress as Tick
from catallaxy.market.measures import Interval, interval

from ..markets import Evaluation, Policies
from ..metrics import write_metrics
from .investors import Investors, compared, play_investors

MEASURES = ("pnl", "objective", "volume", "market_share", "rms_inventory", "skew_slope")


@attrs.frozen
class Maker:
    """A maker before and after learning.

    Attributes:
        name: the maker's.
        supertype: what its type is drawn from, in words.
        before: each of `MEASURES`, by the policy that has learned nothing; None where it was defined in fewer than two
            episodes (the skew slope of a maker whose inventory never changes is not).
        after: the same by the learned policy.
    """

    name: str
    supertype: Mapping[str, str]
    before: Mapping[str, Interval | None]
    after: Mapping[str, Interval | None]


@attrs.frozen
class Judgement:
    """What came out.

    Attributes:
        episodes: how many episodes each policy has played.
        makers: before and after learning.
        comparisons: each maker by the learned policy and by the best fixed spread, the others as learned.
        steeper: by how much the skew slope of an episode's most risk-averse maker exceeds that of its least; None
            where all makers are alike.
        investors: groups of investors before and after learning; none if no investor learned.
    """

    episodes: int
    makers: Sequence[Maker]
    comparisons: Sequence[Comparison]
    steeper: Interval | None
    investors: Sequence[Investors] = ()


def judge(
    scenario: DealerScenario,
    before: Policies,
    after: Policies,
    evaluation: Evaluation,
    seed: int,
    log: EventLog,
    screen: Console,
) -> Judgement:
    """Play evaluation episodes, everybody starting flat, and write what is found into the run.

    The learned policy's episodes go into the log; `metrics/makers.arrows` holds every maker and episode,
    `metrics/investors.arrows` every investor, `results.json` the judgement.

    Args:
        scenario: the market.
        before: policies by family, before learning.
        after: policies by family, after learning.
        evaluation: how many episodes.
        seed: root seed of the run. Judgement has a root of its own, and the search for the best fixed spread another:
            what was fitted on some episodes must not be judged by them.
        log: where the learned policy's episodes go.
        screen: where progress is shown.
    """
    judged, searched = (int(stream(seed, 0, purpose).integers(2**32)) for purpose in ("evaluation", "search"))
    episodes = evaluation.episodes
    flat = scenario.starting_flat()
    unlearned, learned = _by_group(flat, before), _by_group(flat, after)
    with _episodes_played(screen) as tick:
        tables = {
            "before": evaluate(flat, unlearned, seed=judged, episodes=episodes, progress=tick),
            "after": evaluate(flat, learned, seed=judged, episodes=episodes, log=log, progress=tick),
        }
        comparisons = []
        for group in (group for group in flat.makers if group.learns):
            best = best_fixed_spread(
                flat, group.members[0], learned, seed=searched, episodes=evaluation.search_episodes, progress=tick
            ).best
            comparisons += [
                compare(flat, name, learned, best, seed=judged, episodes=episodes, table=tables["after"], progress=tick)
                for name in group.members
            ]
        investors = {}
        if Investor.family in after:
            for name, policies in (("before", unlearned), ("after", learned)):
                investors[name] = play_investors(flat, policies, seed=judged, episodes=episodes, progress=tick)
    judgement = Judgement(
        episodes,
        _makers(flat, tables),
        comparisons,
        _steeper(tables["after"]),
        compared(investors["before"], investors["after"]) if investors else (),
    )
    for name, found in (("makers", tables), ("investors", investors)):
        if found:
            rows = ({"policy": policy, **row} for policy, table in found.items() for row in table.to_pylist())
            write_metrics(log.folder, name, rows)
    results = json.dumps(attrs.asdict(judgement), indent=2)
    (log.folder / "results.json").write_text(results + "\n", encoding="utf-8")
    return judgement


def _by_group(scenario: DealerScenario, policies: Mapping[str, Policy]) -> dict[str, Policy]:
    """The policy of each group that learns, or of each of its members where they learn separately."""
    families = ((MarketMaker.family, scenario.makers), (Investor.family, scenario.investors))
    found: dict[str, Policy] = {}
    for family, groups in families:
        for group in groups:
            if group.learns and family in policies:
                found[group.name] = policies[family]
            elif group.learns:
                found |= {member: policies[member] for member in group.members}
    return found


def _makers(scenario: DealerScenario, tables: Mapping[str, pa.Table]) -> list[Maker]:
    return [
        Maker(
            name=name,
            supertype={
                "risk_aversion": _range(group.risk_aversion.support()),
                "connectivity": _range(group.connectivity.support()),
            },
            before=_intervals(tables["before"], name),
            after=_intervals(tables["after"], name),
        )
        for group in scenario.makers
        for name in group.members
    ]


def _intervals(table: pa.Table, name: str) -> dict[str, Interval | None]:
    return {measure: _interval(column(table, name, measure)) for measure in MEASURES}


def _interval(samples: npt.ArrayLike) -> Interval | None:
    return interval(samples) if np.count_nonzero(~np.isnan(samples)) > 1 else None


def _range(support: tuple[float, float]) -> str:
    low, high = support
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _steeper(table: pa.Table) -> Interval | None:
    """Skew slope of the most risk-averse maker less that of the least, in the same episode."""
    differences = []
    for episode in sorted(set(table["episode"].to_pylist())):
        makers = table.filter(pc.equal(table["episode"], episode)).to_pylist()
        makers.sort(key=lambda row: row["risk_aversion"])
        if makers[0]["risk_aversion"] < makers[-1]["risk_aversion"]:
            differences.append(makers[-1]["skew_slope"] - makers[0]["skew_slope"])
    return _interval(differences)


@contextmanager
def _episodes_played(screen: Console) -> Iterator[Tick]:
    """Count episodes on the screen, where there is one; how many there will be is not known beforehand."""
    columns = (TextColumn("judging"), BarColumn(), TextColumn("{task.completed:.0f} episodes"), TimeRemainingColumn())
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as bar:
        task = bar.add_task("judging", total=None)

        def tick() -> Any:
            bar.advance(task)

        yield tick
