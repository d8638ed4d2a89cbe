"""Returns and advantages where decisions come at irregular times.

Between two decisions of one agent lies the time D. With discount rate rho per unit of time, a transition's reward R is
already discounted to its beginning, and what follows is carried back by G = exp(-rho D):

    delta = R + (1 - terminated) G V' - V
    A     = delta + (1 - ended) G lam A'

Sources: Bradtke & Duff (1994) for semi-Markov decision problems; Schulman et al. (2016), equations 11-16, for the
generalised advantage; Pardo et al. (2018) for termination against truncation; De Asis & Sutton (2024) for time.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .errors import LearningError

Floats = npt.NDArray[np.float64]


def discounts(elapsed: npt.ArrayLike, rate: npt.ArrayLike) -> Floats:
    """Return G = exp(-rate * elapsed), what one unit of value ``elapsed`` later is worth now."""
    return np.asarray(np.exp(-np.asarray(rate, np.float64) * np.asarray(elapsed, np.float64)))


def advantages(
    reward: npt.ArrayLike,
    elapsed: npt.ArrayLike,
    value: npt.ArrayLike,
    next_value: npt.ArrayLike,
    next_row: npt.ArrayLike,
    terminated: npt.ArrayLike,
    *,
    rate: npt.ArrayLike,
    lam: float,
    unit: float | None = None,
) -> Floats:
    """Return the generalised advantage A of every transition; A + V is the return that the critic should predict.

    All columns have shape [n], one row a transition.

    Args:
        reward: R, discounted to the transition's beginning.
        elapsed: D, in the market's unit of time.
        value: V, what was expected when the decision was taken.
        next_value: V', what is expected from the transition's end on; ignored where ``terminated``.
        next_row: row of the same agent's next transition, greater than its own; -1 where the chain ends ("ended").
        terminated: true where the agent's problem ended, so that nothing follows.
        rate: rho per unit of time; a number or a column.
        lam: lambda in [0, 1]; per decision, or per ``unit`` of time where that is given (lam^(D/unit)).
        unit: the time after which ``lam`` has worked once.

    Raises:
        LearningError: columns of unequal length, or a chain that does not run forward.
    """
    r, d, v, after = (np.asarray(column, np.float64) for column in (reward, elapsed, value, next_value))
    follower = np.asarray(next_row, np.int64)
    if not r.shape == d.shape == v.shape == after.shape == follower.shape == np.shape(terminated):
        raise LearningError("advantages: every column needs one entry for each transition")
    backward = np.flatnonzero((follower >= 0) & (follower <= np.arange(len(follower))) | (follower >= len(follower)))
    if backward.size:
        raise LearningError(
            f"advantages: row {backward[0]} is followed by row {follower[backward[0]]}, not a later one"
        )
    carried = discounts(d, rate)
    fading = lam if unit is None else np.power(lam, d / unit)
    delta = r + np.where(terminated, 0.0, carried * after) - v
    weight = np.where(follower < 0, 0.0, carried * fading)
    # The recursion is sequential along each chain; plain floats beat array scalars five times in such a loop.
    advantage = delta.tolist()
    followers, weights = follower.tolist(), weight.tolist()
    for row in range(len(advantage) - 1, -1, -1):
        if followers[row] >= 0:
            advantage[row] += weights[row] * advantage[followers[row]]
    return np.array(advantage, np.float64)
