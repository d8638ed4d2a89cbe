"""Judging makers: episodes with common random numbers, the best fixed spread, and paired comparisons.

Every function plays episodes 0, 1, ... of a seed. Equal seed and episode mean equal prices, types, network and requests
whoever makes the market, so that two policies differ by what they do and not by their luck.

A comparison is a *unilateral deviation*: one maker changes its policy while all others keep theirs. In a game this is
the comparison that tells whether a maker would rather have the other policy. Comparing a market where all makers have
learned with one where all quote a fixed spread would not: makers who all quote wide earn more than makers who compete.
"""

from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.agents import Policy
from catallaxy.engine import EventLog
from catallaxy.market.measures import Interval, interval, played

from .build import build
from .measures import from_worlds
from .policies import FixedSpread
from .scenario import DealerScenario

Floats = npt.NDArray[np.float64]
Progress = Callable[[], object]
"""Called after every episode."""

HALF_SPREADS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0)
HEDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


@attrs.frozen
class Comparison:
    """One maker by two policies, in the same episodes against the same others.

    Attributes:
        maker: its name.
        policy: the measure by the policy that is judged.
        alternative: the measure by the other policy.
        difference: policy minus alternative, paired by episode.
        against: the other policy.
    """

    maker: str
    policy: Interval
    alternative: Interval
    difference: Interval
    against: FixedSpread


@attrs.frozen
class Search:
    """The best fixed spread found, and every candidate's mean objective (MEUR bp for each episode)."""

    best: FixedSpread
    scores: Mapping[FixedSpread, float]


def evaluate(
    scenario: DealerScenario,
    policies: Mapping[str, Policy],
    *,
    seed: int,
    episodes: int,
    log: EventLog | None = None,
    progress: Progress | None = None,
) -> pa.Table:
    """Play episodes and measure every maker in each.

    Args:
        scenario: the market.
        policies: by maker's or group's name; a maker's own goes before its group's. Every maker needs one.
        seed: root seed of the episodes.
        episodes: how many.
        log: where their events go, if anywhere.
        progress: called after each episode.

    Returns:
        One row for each episode and maker (see :mod:`.measures`).
    """
    return played(
        lambda episode: build(scenario, seed, episode, policies),
        episodes,
        scenario.duration,
        from_worlds,
        log=log,
        progress=progress,
    )


def best_fixed_spread(
    scenario: DealerScenario,
    maker: str,
    policies: Mapping[str, Policy],
    *,
    seed: int,
    episodes: int,
    half_spreads: Sequence[float] = HALF_SPREADS,
    hedges: Sequence[float] = HEDGES,
    progress: Progress | None = None,
) -> Search:
    """Find the constant (half-spread, hedge fraction) by which `maker` does best against the others' `policies`.

    Climbs on the grid from (0.25 bp, 0.2), or the points nearest to it, along one coordinate after the other, until no
    neighbour is better in the same episodes. Half-spreads beyond the scenario's bound are left out. Judge the winner on
    another seed than it was found with: the best of many is partly the luckiest.

    Args:
        scenario: the market.
        maker: for whom.
        policies: by maker's or group's name.
        seed: root seed of the episodes.
        episodes: how many for each candidate.
        half_spreads: bp, ascending.
        hedges: fractions, ascending.
        progress: called after each episode.
    """
    half_spreads = [value for value in half_spreads if value <= scenario.decisions.max_half_spread]
    scores: dict[FixedSpread, float] = {}

    def score(place: tuple[int, int]) -> float:
        candidate = FixedSpread(half_spreads[place[0]], hedges[place[1]])
        if candidate not in scores:
            table = evaluate(scenario, {**policies, maker: candidate}, seed=seed, episodes=episodes, progress=progress)
            scores[candidate] = float(column(table, maker, "objective").mean())
        return scores[candidate]

    place = _climb(score, (_nearest(half_spreads, 0.25), _nearest(hedges, 0.2)), (len(half_spreads), len(hedges)))
    return Search(FixedSpread(half_spreads[place[0]], hedges[place[1]]), scores)


def _climb(
    score: Callable[[tuple[int, int]], float], start: tuple[int, int], shape: tuple[int, int]
) -> tuple[int, int]:
    """The place on a grid that no neighbour along either axis surpasses, going up from `start`."""
    here = start
    while True:
        before = here
        for axis in (0, 1):
            for step in (-1, 1):
                while 0 <= here[axis] + step < shape[axis]:
                    there = (here[0] + step, here[1]) if axis == 0 else (here[0], here[1] + step)
                    if score(there) <= score(here):
                        break
                    here = there
        if here == before:
            return here


def _nearest(values: Sequence[float], target: float) -> int:
    return min(range(len(values)), key=lambda place: abs(values[place] - target))


def compare(
    scenario: DealerScenario,
    maker: str,
    policies: Mapping[str, Policy],
    against: FixedSpread,
    *,
    seed: int,
    episodes: int,
    measure: str = "objective",
    table: pa.Table | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Let `maker` deviate to `against` while all others keep `policies`, and compare, episode by episode.

    Args:
        scenario: the market.
        maker: who deviates.
        policies: by maker's or group's name.
        against: the policy to which it deviates.
        seed: root seed of the episodes.
        episodes: how many, at least 2.
        measure: column of :mod:`.measures` that is compared.
        table: what `evaluate` gave for `policies` with this seed and number of episodes, if it has been called already.
        progress: called after each episode.
    """
    if table is None:
        table = evaluate(scenario, policies, seed=seed, episodes=episodes, progress=progress)
    deviating = evaluate(scenario, {**policies, maker: against}, seed=seed, episodes=episodes, progress=progress)
    own, other = column(table, maker, measure), column(deviating, maker, measure)
    return Comparison(maker, interval(own), interval(other), interval(own - other), against)


def column(table: pa.Table, maker: str, measure: str) -> Floats:
    """A maker's measure in each episode, in the order of episodes, shape (episodes,)."""
    rows = table.filter(pc.equal(table["agent"], maker)).sort_by("episode")
    return np.asarray(rows[measure].to_numpy(), dtype=np.float64)
