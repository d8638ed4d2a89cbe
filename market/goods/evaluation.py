"""Playing episodes with common random numbers.

Equal seed and episode mean equal types, network, needs and lead times whoever decides, so that two policies, or two
scenarios, differ by what they do and not by their luck.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.engine import EventLog
from catallaxy.market.measures import played

from .build import Policies, build
from .measures import from_worlds
from .scenario import GoodsScenario

Floats = npt.NDArray[np.float64]
Progress = Callable[[], object]
"""Called after every episode."""


def evaluate(
    scenario: GoodsScenario,
    policies: Policies = None,
    *,
    seed: int,
    episodes: int,
    log: EventLog | None = None,
    progress: Progress | None = None,
) -> pa.Table:
    """Play episodes 0, 1, ... of a seed and measure every shop and customer in each.

    Args:
        scenario: the market.
        policies: see :data:`catallaxy.market.goods.build.Policies`; with the scenario's scripts everybody needs one.
        seed: root seed of the episodes.
        episodes: how many.
        log: where their events go, if anywhere.
        progress: called after each episode.

    Returns:
        One row for each episode and agent (see :mod:`.measures`).
    """
    return played(
        lambda episode: build(scenario, seed, episode, policies),
        episodes,
        scenario.duration,
        from_worlds,
        log=log,
        progress=progress,
    )


def column(table: pa.Table, name: str, measure: str) -> Floats:
    """A measure of an agent, or the mean over a group's agents, in each episode, in their order, shape (episodes,)."""
    rows = table.filter(pc.or_(pc.equal(table["agent"], name), pc.equal(table["group"], name)))
    if not rows.num_rows:
        raise ValueError(f"there is no agent or group {name!r}")
    means = rows.group_by("episode").aggregate([(measure, "mean")]).sort_by("episode")
    return np.asarray(means[f"{measure}_mean"].to_numpy(), dtype=np.float64)
