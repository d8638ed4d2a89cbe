"""Who won a contest, and by how much: scores, differences paired by truth, and whether intervals hold the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from catallaxy.market.measures import Interval, interval

from .calibration import Agents
from .contest import Entry, Planted
from .verdict import score

Contender = tuple[str, Agents]
"""A method, and how agents follow it."""


@attrs.frozen
class Recovery:
    """How well one parameter was recovered.

    Attributes:
        parameter: its name.
        held: part of the truths that lie within their 95 % interval.
        width: mean width of the intervals, as a part of the parameter's range.
        error: root mean square distance of the recommendation from the truth, as a part of the range.
    """

    parameter: str
    held: float
    width: float
    error: float


class Ranking:
    """Entries, scored against what the truth itself and the middle of the prior reach.

    Args:
        planted: the truths.
        entries: what was recommended for them.
    """

    def __init__(self, planted: Iterable[Planted], entries: Iterable[Entry]) -> None:
        self.planted = {truth.number: truth for truth in planted}
        self.entries = [entry for entry in entries if entry.truth in self.planted]
        self._scores: dict[tuple[Contender, int], dict[int, float]] = {}
        for entry in self.entries:
            truth = self.planted[entry.truth]
            found = self._scores.setdefault(((entry.method, entry.agents), entry.budget), {})
            found[entry.truth] = score(entry.loss, truth.floor, truth.prior)

    @property
    def budgets(self) -> list[int]:
        """All budgets, increasing."""
        return sorted({budget for _, budget in self._scores})

    def contenders(self, budget: int) -> list[Contender]:
        """Who has entries at a budget, the best first."""
        mean = {who: np.mean(list(found.values())) for (who, at), found in self._scores.items() if at == budget}
        return sorted(mean, key=lambda who: float(mean[who]))

    def by_truth(self, who: Contender, budget: int) -> Mapping[int, float]:
        """The score for each truth, by its number: 0 is the floor, 1 the middle of the prior."""
        return self._scores.get((who, budget), {})

    def score(self, who: Contender, budget: int) -> Interval:
        """The mean score over truths."""
        return interval(list(self._scores[who, budget].values()))

    def scores(self, who: Contender) -> dict[int, Interval]:
        """The mean score at each budget at which two truths or more were looked for."""
        return {budget: self.score(who, budget) for budget in self.budgets if self.truths(who, budget) > 1}

    def truths(self, who: Contender, budget: int) -> int:
        """How many truths a contender has looked for."""
        return len(self.by_truth(who, budget))

    def differences(self, who: Contender, other: Contender, budget: int) -> list[float]:
        """Scores, who's less other's, of every truth that both have looked for."""
        mine, theirs = (self.by_truth(each, budget) for each in (who, other))
        return [mine[number] - theirs[number] for number in sorted(mine.keys() & theirs.keys())]

    def difference(self, who: Contender, other: Contender, budget: int) -> Interval:
        """The mean of the `differences`."""
        return interval(self.differences(who, other, budget))

    def seconds(self, who: Contender, budget: int) -> float:
        """Median CPU time of a calibration."""
        return float(np.median([entry.seconds for entry in self._of(who, budget)]))

    def recovery(self, who: Contender, budget: int, names: Sequence[str]) -> list[Recovery]:
        """For each parameter, by the names, whether it was recovered; entries without intervals are left out."""
        entries = [entry for entry in self._of(who, budget) if entry.low]
        if not entries:
            return []
        point, low, high = (np.array([getattr(entry, name) for entry in entries]) for name in ("point", "low", "high"))
        truth = np.array([self.planted[entry.truth].point for entry in entries])
        held, error = ((low <= truth) & (truth <= high)).mean(axis=0), np.sqrt(((point - truth) ** 2).mean(axis=0))
        columns = zip(names, held.tolist(), (high - low).mean(axis=0).tolist(), error.tolist(), strict=True)
        return [Recovery(*column) for column in columns]

    def describe(self) -> list[Mapping[str, object]]:
        """Every score with its interval, as plain data."""
        return [
            {
                "method": who[0],
                "agents": who[1],
                "budget": budget,
                "truths": len(found),
                "score": attrs.asdict(self.score(who, budget)) if len(found) > 1 else None,
                "seconds": self.seconds(who, budget),
            }
            for (who, budget), found in sorted(self._scores.items())
        ]

    def _of(self, who: Contender, budget: int) -> list[Entry]:
        return [entry for entry in self.entries if (entry.method, entry.agents) == who and entry.budget == budget]
