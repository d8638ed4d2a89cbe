"""Simple policies of the tick dealer, the best of each kind, and the score that is measured against them.

score(gamma) = (J - J_fixed) / (J* - J_fixed), with J* the optimum and J_fixed the best constant (s, h) with u = 0:
0 for a dealer who neither skews nor looks at its inventory, 1 for the optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np

from .fields import Array
from .tick_dealer import (
    TickDealer,
    TickPolicy,
    average_reward,
    evaluate,
    revenue_rate,
    tick_laws,
)
from .tick_solver import TickSolution, solve

_COARSE_CLASSES = 48
_COARSE_SPREADS = 13


@attrs.frozen(eq=False)
class Best:
    """The best policy of a kind: its objective (MEUR bp per minute), parameters by name, and table."""

    objective: float
    parameters: dict[str, float]
    policy: TickPolicy


def fixed_policy(dealer: TickDealer, s: float, h: float) -> TickPolicy:
    """Constant half-spread (bp) and hedge fraction, no skew."""
    shape = dealer.inventories.shape
    return TickPolicy(s=np.full(shape, s), u=np.zeros(shape), h=np.full(shape, h))


def linear_policy(dealer: TickDealer, s: float, slope: float, h: float = 0.0) -> TickPolicy:
    """Constant half-spread (bp) and hedge fraction, skew u = -slope q (slope in bp/MEUR) within its range."""
    policy = fixed_policy(dealer, s, h)
    return attrs.evolve(policy, u=np.clip(-slope * dealer.inventories, *dealer.skew))


def hedge_classes(dealer: TickDealer) -> Array:
    """One constant hedge fraction for every way that floor(h |q| + 1/2) can depend on |q| <= limit, increasing."""
    low, high = dealer.hedge
    q = np.arange(1, dealer.limit + 1)
    jumps = np.unique(np.round(np.concatenate([(np.arange(1, n + 1) - 0.5) / n for n in q]), 12))
    jumps = jumps[(jumps > low) & (jumps < high)]
    edges = np.concatenate([[low], jumps, [high]])
    return np.unique(np.concatenate([[low], 0.5 * (edges[:-1] + edges[1:]), [high]]))


def _fixed_objectives(dealer: TickDealer, gamma: float, s: float, fractions: Array) -> Array:
    """J of constant (s, h) without skew for every h at once, shape (fractions,).

    Without skew a long and a short inventory are mirror images, so |q| is a Markov chain too, of half as many points.
    """
    q = np.arange(dealer.limit + 1)
    quotes = np.full(len(q), s)
    laws, spent = tick_laws(dealer, q, quotes, quotes)
    earned = np.sum(spent * revenue_rate(dealer, quotes[:1], quotes[:1])[0], axis=1) - spent @ dealer.risk(gamma)
    folded = laws[:, dealer.limit :].copy()
    folded[:, 1:] += laws[:, : dealer.limit][:, ::-1]
    objectives = []
    for some in np.array_split(fractions, max(1, len(fractions) * len(q) ** 2 // 2_000_000)):
        hedge = dealer.hedged(q, some[:, None])
        reward = earned[q - hedge] - dealer.hedging_cost(hedge)
        objectives.append(average_reward(folded[q - hedge], reward, dealer.tick, flat=0)[0])
    return np.concatenate(objectives)


def best_fixed(dealer: TickDealer, gamma: float) -> Best:
    """The best constant (s, h) with u = 0, over all distinct hedge fractions near the best, s to 1e-4 of its range."""
    if not dealer.skew[0] <= 0.0 <= dealer.skew[1]:
        raise ValueError(f"skew = {dealer.skew}: the fixed policy needs u = 0 within the range")
    classes = hedge_classes(dealer)
    low, high = dealer.half_spread
    stride = max(1, len(classes) // _COARSE_CLASSES)
    chosen = np.unique(np.append(np.arange(0, len(classes), stride), len(classes) - 1))
    spreads, width = np.linspace(low, high, _COARSE_SPREADS), (high - low) / (_COARSE_SPREADS - 1)
    best, s, h = -np.inf, low, float(classes[0])
    while True:
        table = np.stack([_fixed_objectives(dealer, gamma, x, classes[chosen]) for x in spreads])
        row, column = np.unravel_index(int(table.argmax()), table.shape)
        if table[row, column] > best:
            best, s, h = float(table[row, column]), float(spreads[row]), float(classes[chosen[column]])
        if stride == 1 and width <= 1e-4 * (high - low):
            return Best(best, {"s": s, "h": h}, fixed_policy(dealer, s, h))
        tops = chosen[np.argsort(table.max(axis=0))[::-1][:3]]
        stride = max(1, stride // 4)
        chosen = np.unique(np.clip(tops[:, None] + stride * np.arange(-4, 5), 0, len(classes) - 1))
        spreads, width = np.unique(np.clip(s + width * np.linspace(-1.0, 1.0, 5), low, high)), width / 2.5


def zoom(
    function: Callable[[Sequence[float]], float], box: Sequence[tuple[float, float]], points: int, rounds: int
) -> Array:
    """Where a function over a box is largest: the best point of a grid, then of ever finer grids around the best."""
    lows, highs = (np.array(edge, dtype=np.float64) for edge in zip(*box, strict=True))
    centre, width, best = (lows + highs) / 2.0, (highs - lows) / 2.0, -np.inf
    for turn in range(rounds):
        axes = [
            np.unique(np.clip(c + w * np.linspace(-1, 1, points), lo, hi))
            for c, w, lo, hi in zip(centre, width, lows, highs, strict=True)
        ]
        here = centre
        for point in np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(box)):
            if (value := function([float(x) for x in point])) > best:
                best, here = value, point
        centre, width = here, width * (1.5 / (points - 1) if turn == 0 else 2.0 / points)
    return centre


def best_linear(dealer: TickDealer, gamma: float, *, hedge: bool = False) -> Best:
    """The best linear skew with constant half-spread, without hedging or with a constant hedge fraction."""
    steepest = 10.0 * max(map(abs, dealer.skew)) / dealer.limit
    box = [dealer.half_spread, (0.0, steepest), *([dealer.hedge] if hedge else [])]

    def objective(point: Sequence[float]) -> float:
        return evaluate(dealer, gamma, linear_policy(dealer, *map(float, point))).objective

    point = [float(x) for x in zoom(objective, box, points=7, rounds=6)]
    names = ("s", "slope", "h")
    return Best(objective(point), dict(zip(names, point, strict=False)), linear_policy(dealer, *point))


@attrs.frozen(eq=False)
class Yardstick:
    """What an instance's score is measured against at one risk aversion."""

    gamma: float
    fixed: Best
    optimum: TickSolution

    def score(self, objective: float) -> float:
        """0 for the best fixed policy, 1 for the optimum; the objective in MEUR bp per minute."""
        return (objective - self.fixed.objective) / (self.optimum.measures.objective - self.fixed.objective)


def yardstick(dealer: TickDealer, gamma: float) -> Yardstick:
    """Solve for the optimum and the best fixed policy (a few seconds)."""
    return Yardstick(gamma, best_fixed(dealer, gamma), solve(dealer, gamma))
