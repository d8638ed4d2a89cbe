"""Calibrators judged on planted truths, all by one protocol.

    python examples/calibration/planted/study.py --quick --out runs/planted
    python examples/calibration/planted/study.py --market dealer --truths 4 --out runs/planted_dealer

Truths are drawn and lived in by agents who learn them from scratch; what they show are the targets. Each method then
looks for each truth; what it recommends at each budget is judged by agents who learn it from scratch, on other seeds.
What is found is kept as it comes: the same command goes on where it was stopped, and further methods can be added.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import attrs
import numpy as np
from cyclopts import App, Parameter

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "rounds"))

from population import Rounds  # noqa: E402

from catallaxy.calibrate import (  # noqa: E402
    METHODS,
    Agents,
    Calibrator,
    Contest,
    Problem,
    Protocol,
    Ranking,
    Setting,
)
from catallaxy.calibrate.calibrator import called  # noqa: E402
from catallaxy.calibrate.contest import PLANTINGS  # noqa: E402
from catallaxy.calibrate.methods import INFORMED, Reinforcement, Surrogate, SurrogateConfig  # noqa: E402
from catallaxy.calibrate.ranking import Contender  # noqa: E402
from catallaxy.calibration.record import Record  # noqa: E402
from catallaxy.calibration.study import read_study  # noqa: E402
from catallaxy.plots.drawing import draw_intervals  # noqa: E402
from catallaxy.study import Notes, command_of, shown  # noqa: E402
from market import Market  # noqa: E402

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Where = Literal["rounds", "dealer", "goods"]
ROUNDS = Market(known={"shy.connectivity": 0.5})
STUDIES = {"dealer": "dealer.toml", "goods": "goods.toml"}
BUDGETS = (800_000, 2_400_000)
NAMES = {
    "surrogate": "local map of every measure, Thompson sampling",
    "surrogate-least": "local map, recommends the least expected loss",
    "kalman": "ensemble Kalman inversion",
    "rl": "RL, target errors in its state, look-ahead, begins at the burn-in's best",
    "rl-model": "RL, as rl, which also learns from moves imagined in a map of the measures",
    "rl-anywhere": "RL, as rl, but begins anywhere",
    "rl-equal": "RL, as rl-anywhere, but as fast as the agents",
    "rl-talk": "RL, the talk's",
    "bo": "scalar Bayesian optimisation, Thompson, batches",
    "bo-ei": "scalar Bayesian optimisation, expected improvement",
    "bo-composite": "composite Bayesian optimisation",
    "amortised": "trained over the prior, then inverted",
    "npe": "neural posterior estimation",
    "cma": "CMA-ES",
    "random": "random search",
    "prior": "middle of the prior",
}


def anywhere(setting: Setting, seed: int, **changes: int) -> Calibrator:
    """The RL calibrator, but that it does not begin where the burn-in saw the least loss."""
    return Reinforcement(setting, attrs.evolve(INFORMED, informed_start=False, **changes), seed=seed)


def least(setting: Setting, seed: int) -> Calibrator:
    """The model-based calibrator, but that it recommends what is best by the expected map."""
    return Surrogate(setting, SurrogateConfig(central=False))


OTHERS = {
    "surrogate-least": least,
    "rl-anywhere": anywhere,
    "rl-equal": partial(anywhere, every=1),  # learns whenever the agents do
}


def rounds(values: Sequence[float], market: Market = ROUNDS) -> Problem:
    """The market in rounds."""
    return Rounds(market, values or [0.0] * len(market.measures))


def scenario(file: Path, values: Sequence[float]) -> Problem:
    """A market on the engine, from a study's file."""
    problem = read_study(file)
    return problem.aiming(values) if values else problem


def contest(market: Where, budgets: tuple[int, ...], seed: int, trainings: int, learn: int | None) -> Contest:
    """The contest in a market."""
    if market == "rounds":
        return Contest(rounds, budgets, Protocol(learn or 400_000, 16, 256, trainings), seed, OTHERS)
    make: Callable[[Sequence[float]], Problem] = partial(scenario, HERE / STUDIES[market])
    return Contest(make, budgets, Protocol(learn or 100_000, 16, 64, trainings), seed, OTHERS)


def protocol(record: Record) -> str:
    """How the contest is played, in words."""
    contest, looked_for = record.contest, {entry.truth for entry in record.entries}
    planted = [truth for truth in record.planted if truth.number in looked_for]
    judging, marks = contest.protocol, [f"{budget / 1e6:g}" for budget in contest.budgets]
    floors = [truth.floor / truth.prior for truth in planted]
    return (
        f"{len(planted)} truths, seed {contest.seed}, drawn from the prior but for the outer tenth of each range. What "
        f"agents show who learn a truth from scratch is its targets: the mean of {PLANTINGS} trainings; {PLANTINGS} "
        f"others give the floor, {shown(float(np.mean(floors)))} of the prior's loss on average. A budget counts all "
        f"simulated decisions: burn-in, exploration and learning. All methods begin with the same burn-in, a fifth of "
        f"{marks[-1]} M decisions, play {judging.places} compositions at a time, and recommend by a rule fixed before: "
        f"see the guide; what they recommend at {' and '.join(marks)} M is from one run. It is judged by "
        f"{judging.trainings} trainings from scratch of {judging.decisions:,} decisions, with the same seeds for all "
        f"methods, and {judging.episodes} further episodes each. Score: 0 is the loss of the floor, 1 that of the "
        "prior's middle; 95 % intervals over truths, differences paired by truth."
    )


def report(notes: Notes, record: Record, ranking: Ranking) -> None:
    """The page's tables and figure."""
    names = record.contest.make(()).space.names
    last = ranking.budgets[-1]
    best = ("surrogate", "conditioned")
    rows = []
    for who in ranking.contenders(last):
        scores = [ranking.scores(who).get(budget, "") for budget in ranking.budgets]
        paired = who != best and ranking.truths(who, last) > 1 and ranking.truths(best, last) > 1
        less = ranking.difference(best, who, last) if paired else ""
        told = NAMES.get(who[0], who[0])
        rows.append([called(*who), told, *scores, less, ranking.truths(who, last), ranking.seconds(who, last)])
    head = [f"s at {budget / 1e6:g} M" for budget in ranking.budgets]
    notes.table(["method", "", *head, "surrogate less it", "truths", "CPU s"], rows)
    for who in ranking.contenders(last):
        if recovery := ranking.recovery(who, last, names):
            notes.say(
                f"Parameters recovered by {called(*who)} from {last / 1e6:g} M decisions, in parts of their range:"
            )
            rows = [[each.parameter, each.held, each.width, each.error] for each in recovery]
            notes.table(["parameter", "truths within the 95 % interval", "mean width", "rms error"], rows)
        if who == best:
            break
    with notes.figure("anytime.png", 7.0, 4.0) as figure:
        draw(figure.subplots(), ranking)


def draw(axes: Axes, ranking: Ranking) -> None:
    """Scores against budgets; contenders stand a little beside one another, so that their intervals can be seen.

    Who was asked for fewer than a third of the truths stands in the table alone.
    """
    last = ranking.budgets[-1]
    most = max(ranking.truths(who, last) for who in ranking.contenders(last))
    shown_ones = [who for who in ranking.contenders(last) if who[0] != "prior" and ranking.truths(who, last) > most / 3]
    for place, who in enumerate(shown_ones):
        scores = ranking.scores(who)
        beside = 1.0 + 0.02 * (place - len(shown_ones) / 2)
        draw_intervals(axes, [beside * budget for budget in scores], list(scores.values()), called(*who))
    axes.set_xscale("log")
    axes.set_xticks(ranking.budgets, [f"{budget / 1e6:g}" for budget in ranking.budgets])
    axes.minorticks_off()
    axes.set_xlabel("simulated decisions in millions, all counted")
    axes.set_ylabel("score: 0 floor, 1 prior")
    axes.axhline(0.0, color="0.7", lw=0.8)
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))


app = App(help=__doc__, help_format="plaintext")


@app.default
def main(
    *,
    market: Where = "rounds",
    truths: int = 20,
    methods: Annotated[str, Parameter(help="Names, or NAME:AGENTS, separated by commas.")] = ",".join(METHODS),
    budgets: Annotated[str, Parameter(help="Decisions, increasing, separated by commas.")] = "",
    trainings: Annotated[int, Parameter(help="From scratch, of each recommendation.")] = 3,
    learn: Annotated[int | None, Parameter(help="Decisions of each of them.")] = None,
    seed: int = 0,
    workers: int = 2,
    quick: bool = False,
    out: Path = Path("runs/planted"),
) -> None:
    """Play the contest, as far as it has not been played, and write its page to OUT."""
    if quick:
        truths, methods, budgets, trainings, learn = 2, "surrogate,kalman,prior", "100000,200000", 2, 60_000
    marks = tuple(int(mark) for mark in budgets.split(",")) if budgets else BUDGETS
    contenders: list[Contender] = []
    for name in methods.split(","):
        method, _, agents = name.partition(":")
        if method not in {*METHODS, *OTHERS} or (agents or "conditioned") not in get_args(Agents):
            raise SystemExit(
                f"--methods: there is no {name!r}; there are {', '.join(METHODS)}, each with {get_args(Agents)}"
            )
        contenders.append((method, agents or "conditioned"))
    command = command_of(
        "examples/calibration/planted/study.py", market=market, truths=truths, methods=methods, budgets=budgets or None,
        trainings=trainings, learn=learn, seed=seed, workers=workers, out=out,
    )  # fmt: skip
    with Notes(out, "Calibrators on planted truths", command=command, quick=quick) as notes:
        record = Record(out, contest(market, marks, seed, trainings, learn))
        record.play(truths, contenders, workers=workers, say=notes.print)
        ranking = Ranking(record.planted, record.entries)
        notes.say(protocol(record))
        report(notes, record, ranking)
        notes.numbers["scores"] = ranking.describe()


if __name__ == "__main__":
    app()
