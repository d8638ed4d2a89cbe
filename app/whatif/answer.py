"""Paired differences between the arms of a what-if, by subject and measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catallaxy.market.measures import Interval, interval

from ..markets import Total

Floats = npt.NDArray[np.float64]
EVERYBODY = "everybody"
ROUNDING = 1e-12


@attrs.frozen
class Subject:
    """Whose numbers these are: a group of agents, or everybody.

    Attributes:
        name: the group's.
        targeted: whether the intervention is about it.
    """

    name: str
    targeted: bool = False


@attrs.frozen
class Effect:
    """What an intervention does to one measure of one subject. Differences are paired by episode.

    Attributes:
        subject: whose.
        measure: which, a column of the market's measures.
        before: the measure without the intervention; None where the subject exists only with it.
        unchanged: with less without it, everybody acting as before; None where one of the two does not exist.
        adapted: with less without it, after everybody who learns has learned on, in both; None if nobody has.
        adaptation: by how much `adapted` exceeds `unchanged`.
        saved: how many times the variance of an unpaired difference exceeds that of `unchanged`.
    """

    subject: Subject
    measure: str
    before: Interval | None
    unchanged: Interval | None
    adapted: Interval | None = None
    adaptation: Interval | None = None
    saved: float | None = None


@attrs.frozen
class Answer:
    """All effects of an intervention.

    Attributes:
        intervention: in words, part by part.
        episodes: how many were compared.
        decisions: how many decisions the others learned from while they adapted; 0 if they did not.
        effects: by subject, those that the intervention is about first, then by measure.
    """

    intervention: Sequence[str]
    episodes: int
    decisions: int
    effects: Sequence[Effect]

    def effect(self, subject: str, measure: str) -> Effect:
        """The effect on one measure of one subject."""
        return next(item for item in self.effects if (item.subject.name, item.measure) == (subject, measure))

    def of(self, subject: str) -> list[Effect]:
        """The effects on one subject."""
        return [item for item in self.effects if item.subject.name == subject]

    def describe(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "intervention": list(self.intervention),
            "episodes": self.episodes,
            "adaptation_decisions": self.decisions,
            "effects": [attrs.asdict(effect) for effect in self.effects],
        }


def answer(
    tables: Mapping[str, pa.Table],
    totals: Mapping[str, Total],
    targets: Sequence[str],
    told: Sequence[str],
    decisions: int,
) -> Answer:
    """Compare the arms.

    Args:
        tables: measures by arm, one row per episode and agent: "before" and "unchanged", and with adaptation "control"
            (learned on without the intervention) and "adapted" (with it).
        totals: the measures to compare, and how agents' values make a group's.
        targets: groups and agents that the intervention is about.
        told: the intervention in words.
        decisions: of adaptation.
    """
    arms = {name: _Arm(table) for name, table in tables.items()}
    groups = list(dict.fromkeys(group for arm in arms.values() for group in arm.groups))
    agents = [name for name in targets if name not in groups and any(name in arm.agents for arm in arms.values())]
    wanted = [*(name for name in targets if name in groups), *agents]
    subjects = [Subject(name, True) for name in wanted]
    subjects += [Subject(name) for name in groups if name not in wanted]
    if len(groups) > 1:
        subjects.append(Subject(EVERYBODY))
    effects = []
    for subject in subjects:
        for measure, total in totals.items():
            series = {name: arm.series(subject.name, measure, total) for name, arm in arms.items()}
            effect = _effect(subject, measure, series)
            if effect is not None:
                effects.append(effect)
    episodes = len(next(iter(arms.values())).episodes)
    return Answer(told, episodes, decisions, effects)


def _effect(subject: Subject, measure: str, series: Mapping[str, Floats | None]) -> Effect | None:
    before, after = series["before"], series["unchanged"]
    difference = _difference(after, before)
    adapted = _difference(series.get("adapted"), series.get("control"))
    effect = Effect(
        subject,
        measure,
        before=_interval(before),
        unchanged=_interval(difference),
        adapted=_interval(adapted),
        adaptation=_interval(_difference(adapted, difference)),
        saved=_saved(before, after),
    )
    return None if effect.before is None and effect.unchanged is None and _interval(after) is None else effect


class _Arm:
    """The measures of one arm, by subject and episode."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._group = np.array(table["group"].to_pylist(), dtype=object)
        self._agent = np.array(table["agent"].to_pylist(), dtype=object)
        self.episodes, self._episode = np.unique(table["episode"].to_numpy(), return_inverse=True)
        self.groups = list(dict.fromkeys(self._group))
        self.agents = frozenset(self._agent)

    def series(self, subject: str, measure: str, total: Total) -> Floats | None:
        """The measure in each episode, shape (episodes,), NaN where it is not defined; None if there is no subject."""
        if subject == EVERYBODY:
            rows = np.ones(len(self._group), dtype=bool)
        else:
            rows = (self._group == subject) if subject in self.groups else (self._agent == subject)
        values = self._table[measure].to_numpy().astype(np.float64)
        rows = rows & ~np.isnan(values)
        if not rows.any():
            return None
        places, size = self._episode[rows], len(self.episodes)
        sums = np.bincount(places, weights=values[rows], minlength=size)
        counts = np.bincount(places, minlength=size)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(counts > 0, sums if total == "sum" else sums / counts, np.nan)


def _difference(one: Floats | None, other: Floats | None) -> Floats | None:
    """Episode by episode; what is no more than rounding is zero."""
    if one is None or other is None:
        return None
    difference = one - other
    return np.where(np.abs(difference) <= ROUNDING * np.maximum(np.abs(one), np.abs(other)), 0.0, difference)


def _interval(values: Floats | None) -> Interval | None:
    return None if values is None or np.count_nonzero(~np.isnan(values)) < 2 else interval(values)


def _saved(before: Floats | None, after: Floats | None) -> float | None:
    """Variance of the difference of independent episodes over that of paired ones; None where either is zero."""
    if before is None or after is None:
        return None
    both = ~np.isnan(before) & ~np.isnan(after)
    if np.count_nonzero(both) < 2:
        return None
    apart = float(before[both].var(ddof=1) + after[both].var(ddof=1))
    paired = float((after[both] - before[both]).var(ddof=1))
    return apart / paired if paired > 0.0 and apart > 0.0 else None
