"""What a calibration has found: as plain data for `results.json`, and as tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table

from catallaxy.calibrate import Fit, FlatDirection, Settled, unreachable

from ..numbers import with_reach


@attrs.frozen(eq=False)
class Recommended:
    """What was recommended at a budget.

    Attributes:
        budget: decisions.
        composition: by the parameters' names.
    """

    budget: int
    composition: Mapping[str, float]


@attrs.frozen(eq=False)
class Answer:
    """What a calibration has found.

    Attributes:
        values: the recommended composition, by the parameters' names.
        intervals: 95 % of each parameter.
        fits: each target against what the composition is expected to show.
        flat: what the targets can't tell apart.
        decisions: spent.
        way: what was recommended on the way to it, and at the end.
        verdicts: of each of these, if they were judged.
        scale: what counts as one unit of each target's error.
    """

    values: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    fits: list[Fit]
    flat: list[FlatDirection]
    decisions: int
    way: list[Recommended]
    verdicts: list[Settled]
    scale: list[float]

    def describe(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "composition": dict(self.values),
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "fits": [attrs.asdict(fit) for fit in self.fits],
            "unreachable": [fit.measure for fit in unreachable(self.fits)],
            "not_told_apart": [str(direction) for direction in self.flat],
            "decisions": self.decisions,
            "scale": self.scale,
            "way": [attrs.asdict(step) for step in self.way],
            "verdicts": [
                {"measures": verdict.measures.tolist(), "losses": verdict.losses.tolist()} for verdict in self.verdicts
            ],
        }


def show(answer: Answer, out: Path, screen: Console) -> None:
    """Print it, and where the calibrated market is."""
    composition = Table("parameter", "calibrated", "95 % interval")
    for name, value in answer.values.items():
        ends = answer.intervals.get(name)
        composition.add_row(name, f"{value:.4g}", "" if ends is None else f"{ends[0]:.4g} to {ends[1]:.4g}")
    screen.print(composition)
    met = Table("target", "wanted", "expected", "")
    for fit in answer.fits:
        expected = with_reach(fit.shown, 2.0 * fit.deviation)
        met.add_row(fit.measure, f"{fit.target:.4g}", expected, "" if fit.reached else "not reached")
    screen.print(met)
    for step, verdict in zip(answer.way, answer.verdicts, strict=False):
        told = ", ".join(f"{loss:.3g}" for loss in verdict.losses)
        screen.print(f"what {step.budget:,} decisions recommended, learned from scratch: losses {told}")
    if missed := unreachable(answer.fits):
        nearest = ", ".join(f"{fit.measure} ({fit.shown:.4g} is nearest)" for fit in missed)
        screen.print(
            f"as agents behave after {answer.decisions:,} decisions, no composition reaches all targets; "
            f"out of reach: {nearest}"
        )
    for direction in answer.flat:
        screen.print(str(direction))
    screen.print(f"the calibrated market: {out / 'composition.toml'}", style="dim")
