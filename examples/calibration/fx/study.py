"""Which clients, and which makers among them, show a dealer the flow curves of paper D?

    python examples/calibration/fx/study.py --quick --out runs/fx

What `catallaxy calibrate` finds for study.toml is judged by agents who learn from nothing, several times: to live in
the calibrated composition, and in the middle of the prior. The curves are also counted from the trades themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import Annotated, Any

import attrs
import numpy as np
import numpy.typing as npt
from cyclopts import App, Parameter

from catallaxy.calibrate import METHODS, RECOMMENDED, Protocol, settle
from catallaxy.calibration.front import calibrate
from catallaxy.calibration.study import MarketProblem, read_study
from catallaxy.engine import World, stream
from catallaxy.market.dealer.measures import Quoted, fill_probability, quoted
from catallaxy.market.measures import interval, wilson
from catallaxy.study import Notes, command_of

HERE = Path(__file__).parent
STUDY = HERE / "study.toml"
SEEN = {"tier1": (-0.3, 5.0), "tier2": (-1.9, 15.0)}
"""alpha and beta of the curves that a dealer sees, Barzykin, Bergault and Gueant, 2112.02269."""
DISTANCES = np.linspace(0.0, 0.5, 26)
HALF = 0.02
"""Quotes are counted within so many bp of a distance."""

Floats = npt.NDArray[np.float64]


@attrs.frozen
class Size:
    """How long the study is: decisions of the calibration, and how its answer is judged."""

    budget: int
    protocol: Protocol


QUICK = Size(90_000, Protocol(decisions=24_000, episodes=16, trainings=2))
FULL = Size(600_000, Protocol(decisions=200_000, episodes=128, trainings=3))


@attrs.frozen(eq=False)
class Shown:
    """What a composition shows once its agents have learned from nothing, a row for each training.

    Attributes:
        measures: of the targets, shape (trainings, m).
        curves: by tier: the fill probability of dealers at `DISTANCES`, shape (trainings, distances).
        quotes: by tier: all that dealers quoted, and what was traded.
    """

    measures: Floats
    curves: Mapping[str, Floats]
    quotes: Mapping[str, Quoted]

    def counted(self, tier: str, at: float) -> tuple[int, int]:
        """How many quotes there were near a distance, and how many of them were traded on."""
        near = np.abs(self.quotes[tier].distance - at) <= HALF
        return int(near.sum()), int(self.quotes[tier].taken[near].sum())


class Watched(MarketProblem):
    """The problem, with the worlds that were measured last.

    Attributes:
        worlds: they.
    """

    worlds: Sequence[World] = ()

    def measure(self, worlds: Sequence[World]) -> Floats:
        self.worlds = worlds
        return super().measure(worlds)


def judge(problem: Watched, point: Floats, protocol: Protocol, seed: int) -> Shown:
    """Let agents learn in a composition from nothing, as often as the protocol says, and look at what they show."""
    measures, worlds, curves = [], [], []
    for turn in range(protocol.trainings):
        learned = settle(problem, point, protocol, int(stream(seed, turn, "training").integers(2**31)))
        measures.append(learned.evaluate(point, protocol.episodes, int(stream(seed, turn, "episodes").integers(2**31))))
        curves.append([[fill_probability(problem.worlds, at, "dealer", tier) for at in DISTANCES] for tier in SEEN])
        worlds.extend(problem.worlds)
    return Shown(
        np.array(measures),
        {tier: np.array(curves)[:, place] for place, tier in enumerate(SEEN)},
        {tier: quoted(worlds, "dealer", tier) for tier in SEEN},
    )


def seen(tier: str, at: Floats | float) -> Floats:
    """The target's curve."""
    alpha, beta = SEEN[tier]
    return np.asarray(1.0 / (1.0 + np.exp(alpha + beta * np.asarray(at))))


# -- the page ----------------------------------------------------------------------------------------------------------


def tell_answer(notes: Notes, problem: MarketProblem, answer: Mapping[str, Any], points: Mapping[str, Floats]) -> None:
    names = problem.space.names
    rows: list[list[object]] = []
    values = {name: problem.space.values(point) for name, point in points.items()}
    for name in names:
        low, high = answer["intervals"].get(name, (float("nan"),) * 2)
        first, *others = (f"{one[name]:.4g}" for one in values.values())
        rows.append([f"`{name}`", first, f"{low:.3g} to {high:.3g}", *others])
    calibrated, *rest = points
    notes.table(["parameter", calibrated, "95 %", *rest], rows)
    for sentence in answer["not_told_apart"]:
        notes.say(f"Not told apart: {sentence}.")
    notes.numbers["answer"] = dict(answer)


def tell_fit(notes: Notes, problem: MarketProblem, shown: Mapping[str, Shown]) -> None:
    """Every target against what each composition shows, and how far off each is altogether."""
    rows: list[list[object]] = [
        [target.measure, target.value, *(interval(one.measures[:, place]) for one in shown.values())]
        for place, target in enumerate(problem.targets)
    ]
    for name, errors in ERRORS.items():
        found = [errors(problem, one.measures) for one in shown.values()]
        together = [errors(problem, one.measures.mean(axis=0)) for one in shown.values()]
        rows.append([f"**{name}**", "", *map(interval, found)])
        rows.append(["the same of the means over trainings", "", *(f"{float(error):.4f}" for error in together)])
        notes.numbers[name] = {"each": found, "of means": together}
    notes.table(["target", "wanted", *shown], rows)


def curve_errors(problem: MarketProblem, measures: Floats) -> Floats:
    """Root mean square error of the fill probabilities; measures have the shape (..., m)."""
    return np.asarray(np.sqrt((_off(problem, measures, "fill_probability") ** 2).mean(axis=-1)))


def share_errors(problem: MarketProblem, measures: Floats) -> Floats:
    """Largest error of a market share."""
    return np.asarray(np.abs(_off(problem, measures, "market_share")).max(axis=-1))


ERRORS = {"flow curves, root mean square error": curve_errors, "market shares, largest error": share_errors}


def _off(problem: MarketProblem, measures: Floats, measure: str) -> Floats:
    places = [place for place, aim in enumerate(problem.aims) if aim.measure == measure]
    return np.asarray(measures[..., places] - [problem.targets[place].value for place in places])


def tell_counts(notes: Notes, found: Shown) -> None:
    """What was traded of the quotes near each distance, against the target's curve averaged over the same quotes."""
    rows: list[list[object]] = []
    off = []
    for tier in SEEN:
        for at in (0.0, 0.05, 0.13, 0.2, 0.25, 0.3, 0.4, 0.5):
            count, taken = found.counted(tier, at)
            if not count:
                rows.append([tier, f"{at:g}", 0, "-", "-", f"{float(seen(tier, at)):.3f}"])
                continue
            low, high = (float(end) for end in wilson(taken, count))
            near = np.abs(found.quotes[tier].distance - at) <= HALF
            wanted = float(seen(tier, found.quotes[tier].distance[near]).mean())
            off.append((taken / count - wanted, count))
            rows.append([tier, f"{at:g}", count, f"{taken / count:.3f}", f"{low:.3f} to {high:.3f}", f"{wanted:.3f}"])
    notes.table(["tier", "distance, bp", "quotes", "traded on", "95 %", "target"], rows)
    errors, counts = np.array(off).T
    notes.numbers["counted_error"] = float(np.sqrt((errors**2 * counts).sum() / counts.sum()))
    notes.say(f"Root mean square of the differences, weighted by quotes: {notes.numbers['counted_error']:.3f}.")


def draw(notes: Notes, problem: MarketProblem, shown: Mapping[str, Shown]) -> None:
    colours = dict(zip(shown, ("#d55e00", "0.5"), strict=True))
    groups = [aim.of for aim in problem.aims if aim.measure == "market_share"]
    places = [place for place, aim in enumerate(problem.aims) if aim.measure == "market_share"]
    with notes.figure("calibration_fx.png", 13.0, 4.0) as figure:
        *curves, shares = figure.subplots(1, 3)
        for panel, tier in zip(curves, SEEN, strict=True):
            panel.plot(DISTANCES, seen(tier, DISTANCES), color="black", lw=3, alpha=0.35, label="target")
            for name, one in shown.items():
                panel.plot(DISTANCES, one.curves[tier].mean(axis=0), color=colours[name], label=name)
                panel.fill_between(DISTANCES, one.curves[tier].min(axis=0), one.curves[tier].max(axis=0),
                                   color=colours[name], alpha=0.2, lw=0)  # fmt: skip
            wanted = [(aim.at, aim.value) for aim in problem.aims if aim.among == tier]
            panel.plot(*zip(*wanted, strict=True), "o", color="black", ms=5)
            panel.set(xlabel="quoted distance, bp", ylabel="fill probability", title=tier, ylim=(0.0, 1.0))
            panel.grid(alpha=0.25)
            panel.legend(fontsize="small", frameon=False)
        width = 0.8 / (len(shown) + 1)
        across = np.arange(len(groups))
        shares.bar(across, [problem.targets[place].value for place in places], width, color="black", alpha=0.35)
        for turn, (name, one) in enumerate(shown.items(), start=1):
            values = one.measures[:, places]
            mean = values.mean(axis=0)
            reach = [mean - values.min(axis=0), values.max(axis=0) - mean]
            shares.bar(across + turn * width, mean, width, yerr=reach, color=colours[name], capsize=2)
        shares.set_xticks(across + width * len(shown) / 2, groups)
        shares.set(ylabel="market share")
        shares.grid(alpha=0.25, axis="y")


app = App(help=__doc__)


@app.default
def study(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path("runs/fx"),
    quick: Annotated[bool, Parameter(help="Less than two minutes.", negative=())] = False,
    method: Annotated[str, Parameter(help=f"Calibrator: one of {', '.join(METHODS)}.")] = RECOMMENDED,
    seed: Annotated[int, Parameter(help="Seed of the calibration.")] = 0,
    budget: Annotated[int | None, Parameter(help="Decisions of the calibration.")] = None,
    learn: Annotated[int | None, Parameter(help="Decisions from which agents learn what is judged.")] = None,
    calibrated: Annotated[
        Path | None, Parameter(help="What `catallaxy calibrate` has written: judge that, do not calibrate.")
    ] = None,
) -> None:
    size = QUICK if quick else FULL
    if budget is not None:
        size = attrs.evolve(size, budget=budget)
    if learn is not None:
        size = attrs.evolve(size, protocol=attrs.evolve(size.protocol, decisions=learn))
    options = {
        "quick": quick, "method": method, "seed": seed, "budget": budget, "learn": learn, "calibrated": calibrated,
        "out": out,
    }  # fmt: skip
    problem = read_study(STUDY)
    watched = Watched(problem.study, problem.knobs, problem.aims, problem.tuning)
    command = command_of("examples/calibration/fx/study.py", **options)
    with Notes(out, "Calibration to an FX dealer's flow", command=command, quick=quick) as notes:
        if calibrated is None:
            calibrated, before = out / "calibration", process_time()
            plan = {"budget": size.budget, "method": method, "seed": seed}
            calibrate(
                STUDY, calibrated, plan=plan, protocol=None, workers=1,
                resume=False, force=True, quiet=False, as_json=False,
            )  # fmt: skip
            notes.numbers["calibration_cpu_seconds"] = process_time() - before
            notes.say(f"The calibration took {process_time() - before:.0f} s of CPU time.")
        answer = json.loads((calibrated / "results.json").read_text(encoding="utf-8"))
        points = {
            "calibrated": problem.space.point(answer["composition"]),
            "middle of the prior": np.full(problem.space.size, 0.5),
        }
        tell_answer(notes, problem, answer, points)
        shown = {}
        for turn, (name, point) in enumerate(points.items()):
            notes.print(f"judging: {name}")
            shown[name] = judge(watched, point, size.protocol, 10_000 + 100 * seed + turn)
        tell_fit(notes, problem, shown)
        tell_counts(notes, shown["calibrated"])
        draw(notes, problem, shown)


if __name__ == "__main__":
    app()
