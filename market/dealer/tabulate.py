"""A maker's policy as the reference's table, to be evaluated exactly."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import numpy.typing as npt

from catallaxy.market.reference.fx_dealer import FxPolicy

from .maker import observe
from .quoting import quoting
from .scenario import DealerScenario
from .types import MakerType
from .units import MINUTES_PER_DAY

Floats = npt.NDArray[np.float64]


def tabulated(
    scenario: DealerScenario,
    kind: MakerType,
    act: Callable[[npt.NDArray[np.float32]], Floats],
    grid: Floats,
    *,
    left: float = inf,
) -> FxPolicy:
    """What a policy quotes and hedges at each inventory, as if it decided anew whenever its inventory changes.

    Args:
        scenario: the market; makers hedge at a rate or not at all. The first group's inventory limit holds.
        kind: the maker's type.
        act: answers rows of what makers see, [n, d] float32, by actions [n, a].
        grid: inventories, MEUR, shape (points,), evenly spaced and within the limit.
        left: minutes to the close, as the policy sees them.

    Returns:
        The table; what would carry the inventory beyond the grid is not quoted.

    Raises:
        ValueError: makers hedge fractions at once.
    """
    decisions, limit = scenario.decisions, scenario.makers[0].inventory_limit
    if decisions.hedging == "fraction":
        raise ValueError("a table holds hedging rates, but decisions.hedging is 'fraction', not 'rate' or 'none'")
    space = quoting(scenario.clients, decisions)
    seen = [(*observe(q / limit, left, scenario.session.horizon), *kind.features) for q in grid.tolist()]
    actions = act(np.array(seen, np.float32)).tolist()
    shape = (len(grid), space.tiers, len(space.sizes))
    bid, ask = np.empty(shape), np.empty(shape)
    rate = np.empty(len(grid))
    for place, (q, action) in enumerate(zip(grid.tolist(), actions, strict=True)):
        quotes = space.quotes(action, q)
        bids, asks = space.rungs(quotes, q)
        bid[place], ask[place] = np.reshape(bids, shape[1:]), np.reshape(asks, shape[1:])
        bid[place][:, q + space.sizes > grid[-1] + 1e-9] = inf
        ask[place][:, q - space.sizes < grid[0] - 1e-9] = inf
        rate[place] = -q * quotes.hedge * decisions.max_hedge_rate * MINUTES_PER_DAY
    return FxPolicy(grid, np.moveaxis(bid, 0, -1), np.moveaxis(ask, 0, -1), rate)
