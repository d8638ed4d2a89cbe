"""Several variants measured in turn, in CPU time, and compared by their medians."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median
from time import process_time

import attrs

Variant = Callable[[], Callable[[], int]]
"""Makes ready, untimed, and returns what is timed, which returns how many units of work it has done."""


@attrs.frozen
class Cost:
    """What a variant costs.

    Attributes:
        work: units of work done in a round.
        seconds: CPU time a unit, the median of the rounds.
    """

    work: int
    seconds: float

    @property
    def rate(self) -> float:
        """Units of work a second."""
        return 1.0 / self.seconds


def measure(variants: Mapping[str, Variant], rounds: int) -> dict[str, Cost]:
    """Run every variant once a round, so that all see the same moods of the machine."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    work: dict[str, int] = {}
    for _ in range(rounds):
        for name, variant in variants.items():
            run = variant()
            gc.collect()
            begun = process_time()
            work[name] = run()
            seconds[name].append((process_time() - begun) / work[name])
    return {name: Cost(work[name], median(times)) for name, times in seconds.items()}
