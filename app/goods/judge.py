"""Judging shops and customers before and after learning."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.progress import Progress

from catallaxy.engine import EventLog, stream
from catallaxy.market.goods import GoodsScenario
from catallaxy.market.goods.evaluation import Floats, column, evaluate
from catallaxy.market.measures import Interval, interval

from ..markets import Evaluation, Policies
from ..metrics import write_metrics

SHOP_MEASURES = (
    "price", "sales", "revenue", "profit", "market_share", "mean_stock", "stock_outs", "delivery_time", "objective",
)  # fmt: skip
CUSTOMER_MEASURES = ("price", "purchases", "unmet", "delivery_time", "surplus")


@attrs.frozen
class Judged:
    """A group before and after learning: means over its agents, intervals over episodes.

    Attributes:
        name: the group's.
        count: how many agents it has.
        before: each measure, by the policies that have learned nothing; None where it was defined in fewer than two
            episodes.
        after: the same by the learned policies.
        change: after less before, paired by episode.
    """

    name: str
    count: int
    before: Mapping[str, Interval | None]
    after: Mapping[str, Interval | None]
    change: Mapping[str, Interval | None]


@attrs.frozen
class Judgement:
    """What came out.

    Attributes:
        episodes: how many episodes were played before and after learning, the same ones.
        shops: by group.
        customers: by group.
        welfare: all profits and surpluses of an episode together, before and after learning, and the difference.
    """

    episodes: int
    shops: Sequence[Judged]
    customers: Sequence[Judged]
    welfare: Mapping[str, Interval | None]


def judge(
    scenario: GoodsScenario,
    before: Policies,
    after: Policies,
    evaluation: Evaluation,
    seed: int,
    log: EventLog,
    screen: Console,
) -> Judgement:
    """Play evaluation episodes and write what is found into the run.

    The learned policies' episodes go into the log; `metrics/goods.arrows` holds every agent and episode, `results.json`
    the judgement.

    Args:
        scenario: the market.
        before: policies by family, before learning.
        after: policies by family, after learning.
        evaluation: how many episodes.
        seed: root seed of the run; judgement has a root of its own.
        log: where the learned policies' episodes go.
        screen: where progress is shown.
    """
    judged = int(stream(seed, 0, "evaluation").integers(2**32))
    tables: dict[str, pa.Table] = {}
    with Progress(console=screen, disable=not screen.is_terminal, transient=True) as bar:
        task = bar.add_task("judging", total=2 * evaluation.episodes)
        for name, policies, book in (("before", before, None), ("after", after, log)):
            tables[name] = evaluate(
                scenario, policies, seed=judged, episodes=evaluation.episodes, log=book,
                progress=lambda: bar.advance(task),
            )  # fmt: skip
    judgement = Judgement(
        evaluation.episodes,
        [_judged(tables, group.name, group.count, SHOP_MEASURES) for group in scenario.shops],
        [_judged(tables, group.name, group.count, CUSTOMER_MEASURES) for group in scenario.customers],
        _intervals(*(_welfare(tables[name]) for name in ("before", "after"))),
    )
    write_metrics(
        log.folder, "goods", ({"policy": name, **row} for name, table in tables.items() for row in table.to_pylist())
    )
    (log.folder / "results.json").write_text(json.dumps(attrs.asdict(judgement), indent=2) + "\n", encoding="utf-8")
    return judgement


def _judged(tables: Mapping[str, pa.Table], name: str, count: int, measures: Sequence[str]) -> Judged:
    found = {
        measure: _intervals(*(column(tables[policy], name, measure) for policy in ("before", "after")))
        for measure in measures
    }
    parts = ({measure: one[part] for measure, one in found.items()} for part in ("before", "after", "change"))
    return Judged(name, count, *parts)


def _intervals(before: Floats, after: Floats) -> dict[str, Interval | None]:
    return {"before": _interval(before), "after": _interval(after), "change": _interval(after - before)}


def _interval(samples: Floats) -> Interval | None:
    return interval(samples) if np.count_nonzero(~np.isnan(samples)) > 1 else None


def _welfare(table: pa.Table) -> Floats:
    """The sum over all agents in each episode, shape (episodes,)."""
    sums = table.group_by("episode").aggregate([("welfare", "sum")]).sort_by("episode")
    return np.asarray(sums["welfare_sum"].to_numpy(), dtype=np.float64)
