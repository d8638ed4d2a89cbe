"""Five problems of growing size: 8 to 20 parameters of as many supertypes as it takes, in the market in rounds.

    python examples/calibration/supertypes/study.py --quick --out runs/supertypes

Makers of several groups quote to clients of several segments; of each group, risk aversion and connectivity are to be
found, of each segment, the two numbers of its demand. The contest is that of `planted`, once for each problem.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from cyclopts import App, Parameter

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "rounds"))

from population import Rounds  # noqa: E402

from catallaxy.calibrate import METHODS, Contest, Problem, Protocol, Ranking  # noqa: E402
from catallaxy.calibrate.ranking import Contender  # noqa: E402
from catallaxy.calibration.record import Record  # noqa: E402
from catallaxy.market.measures import Interval, interval  # noqa: E402
from catallaxy.study import Notes, command_of, shown  # noqa: E402
from market import Market  # noqa: E402

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZES = ((2, 2), (3, 2), (3, 3), (4, 4), (5, 5))
"""Groups of makers and segments of clients; each has two parameters."""
BUDGETS = (800_000, 2_400_000)
MANY = 12
"""From so many parameters on, methods are compared over all problems."""
RIVAL = "bo-composite"


def problem(groups: int, segments: int, values: Sequence[float]) -> Problem:
    """A market of so many supertypes; makers of each group are two, clients of each segment ten."""
    makers, clients = (
        tuple(f"{kind}{k + 1}" for k in range(count)) for kind, count in (("makers", groups), ("clients", segments))
    )
    market = Market(makers=makers, clients=clients, funds=0, crowd=10)
    return Rounds(market, values or [0.0] * len(market.measures))


def contest(groups: int, segments: int, budgets: tuple[int, ...], seed: int, learn: int) -> Contest:
    """The contest for a problem."""
    return Contest(partial(problem, groups, segments), budgets, Protocol(learn, 16, 256, 3), seed)


def report(notes: Notes, rankings: dict[int, Ranking], methods: Sequence[str]) -> None:
    """Scores by number of parameters: a table for each budget, and a figure."""

    def scores(method: str, budget: int) -> dict[int, Interval]:
        by_size = {size: ranking.scores((method, "conditioned")) for size, ranking in rankings.items()}
        return {size: found[budget] for size, found in by_size.items() if budget in found}

    budgets = max(rankings.values(), key=lambda ranking: len(ranking.entries)).budgets
    for budget in budgets:
        notes.say(f"Score at {budget / 1e6:g} million decisions (0: the floor, 1: the middle of the prior):")
        rows = [[method, *(scores(method, budget).get(size, "") for size in rankings)] for method in methods]
        notes.table(["method", *(f"{size} parameters" for size in rankings)], rows)
        compare(notes, rankings, [method for method in methods if method != RIVAL], budget)
    seconds = [
        [method, *(ranking.seconds((method, "conditioned"), budgets[-1]) for ranking in rankings.values())]
        for method in methods
    ]
    notes.say(f"CPU seconds of a calibration of {budgets[-1] / 1e6:g} million decisions:")
    notes.table(["method", *(f"{size} parameters" for size in rankings)], seconds)
    with notes.figure("supertypes.png", 5.0 * len(budgets), 4.0) as figure:
        panels = figure.subplots(1, len(budgets), sharey=True, squeeze=False)[0]
        for axes, budget in zip(panels, budgets, strict=True):
            draw(axes, rankings, methods, budget)
            axes.set_xticks(list(rankings))
            axes.set_xlabel("parameters")
            axes.set_title(f"{budget / 1e6:g} million decisions")
            axes.axhline(0.0, color="0.7", lw=0.8)
        panels[0].set_ylabel("score: 0 floor, 1 prior")
        panels[0].legend(fontsize=7)


def draw(axes: Axes, rankings: dict[int, Ranking], methods: Sequence[str], budget: int) -> None:
    """A dot for every truth, a line through the means."""
    for place, method in enumerate(methods):
        found = [list(ranking.by_truth((method, "conditioned"), budget).values()) for ranking in rankings.values()]
        axes.plot(list(rankings), [float(np.mean(scores)) for scores in found], color=f"C{place}", label=method)
        for size, scores in zip(rankings, found, strict=True):
            axes.plot([size] * len(scores), scores, "o", color=f"C{place}", markersize=4, alpha=0.6)


def compare(notes: Notes, rankings: dict[int, Ranking], methods: Sequence[str], budget: int) -> None:
    """Say by how much each method is ahead of composite Bayesian optimisation where there are many parameters."""
    rival: Contender = (RIVAL, "conditioned")
    many = [ranking for size, ranking in rankings.items() if size >= MANY]
    for method in methods:
        who: Contender = (method, "conditioned")
        paired = [each for ranking in many for each in ranking.differences(who, rival, budget)]
        if len(paired) > 1:
            notes.say(
                f"{method} less {RIVAL}, paired over the {len(paired)} truths of {MANY} parameters or more: "
                f"{shown(interval(paired))}."
            )
            notes.numbers[f"{method} less {RIVAL} at {budget}"] = interval(paired)


app = App(help=__doc__, help_format="plaintext")


@app.default
def main(
    *,
    truths: int = 3,
    methods: Annotated[str, Parameter(help="Separated by commas.")] = "surrogate,rl,rl-model,bo-composite",
    learn: Annotated[int, Parameter(help="Decisions from which judges' agents learn.")] = 600_000,
    seed: int = 0,
    workers: int = 2,
    quick: bool = False,
    out: Path = Path("runs/supertypes"),
) -> None:
    """Play the contests, as far as they have not been played, and write the page to OUT."""
    sizes, budgets = SIZES, BUDGETS
    if quick:
        sizes, budgets, truths, methods, learn = SIZES[:2], (100_000, 200_000), 2, "surrogate,kalman", 30_000
    names = methods.split(",")
    if unknown := [name for name in names if name not in METHODS]:
        raise SystemExit(f"--methods: there is no {unknown[0]!r}; there are {', '.join(METHODS)}")
    command = command_of(
        "examples/calibration/supertypes/study.py", truths=truths, methods=methods, learn=learn, seed=seed,
        workers=workers, out=out,
    )  # fmt: skip
    with Notes(out, "Supertypes: calibration of 8 to 20 parameters", command=command, quick=quick) as notes:
        rankings = {}
        for groups, segments in sizes:
            size = 2 * (groups + segments)
            record = Record(out / f"{size}", contest(groups, segments, budgets, seed, learn))
            notes.print(f"{size} parameters")
            record.play(truths, [(name, "conditioned") for name in names], workers=workers, say=notes.print)
            rankings[size] = Ranking(record.planted, record.entries)
        notes.say(f"{truths} truths of each size, seed {seed}; 95 % intervals over truths.")
        report(notes, rankings, names)
        notes.numbers["scores"] = {str(size): ranking.describe() for size, ranking in rankings.items()}


if __name__ == "__main__":
    app()
