"""Are the answers equilibria? What one agent gains by learning the best response to all others, at each answer.

    python examples/calibration/planted/equilibrium.py --answers runs/planted --out runs/planted_equilibrium

For the answers of a contest in the market in rounds: agents learn each answer from scratch; then, of each kind, one
agent begins anew and learns alone while the others stay as they are.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cyclopts import App

sys.path.insert(0, str(Path(__file__).parents[1] / "rounds"))

from challenge import challenge
from study import BUDGETS, ROUNDS, contest, rounds

from catallaxy.calibrate import Protocol
from catallaxy.calibrate.verdict import settle
from catallaxy.calibration.record import Record
from catallaxy.engine import stream
from catallaxy.market.measures import interval
from catallaxy.study import Notes, command_of

Floats = npt.NDArray[np.float64]

AGENTS = {"bold maker": ("makers", 0), "shy maker": ("makers", ROUNDS.each), "fund": ("funds", 0)}


def gains(decisions: int, own: int, episodes: int, seed: int, point: tuple[float, ...]) -> list[tuple[float, float]]:
    """Of each of the agents, its payoff in equilibrium, and what it gains by the best response."""
    at = np.asarray(point)
    population = settle(rounds(()), at, Protocol(decisions, 16, episodes, 1), seed)
    found = []
    for family, agent in AGENTS.values():
        before, after = challenge(population, at, family, agent, decisions=own, episodes=episodes, seed=seed)
        found.append((float(before.mean()), float((after - before).mean())))
    return found


app = App(help=__doc__, help_format="plaintext")


@app.default
def main(
    *,
    answers: Path = Path("runs/planted"),
    method: str = "surrogate",
    learn: int = 400_000,
    own: int = 200_000,
    episodes: int = 4096,
    trainings: int = 3,
    seed: int = 0,
    workers: int = 2,
    out: Path = Path("runs/planted_equilibrium"),
) -> None:
    """Challenge the equilibria at a contest's answers, and write a page to OUT.

    Args:
        answers: the contest's folder.
        method: whose answers, at the largest budget.
        learn: decisions from which everybody learns first.
        own: decisions from which the challenger learns then.
        episodes: in which payoffs are measured.
        trainings: to which the contest's recommendations were judged.
        seed: of the contest.
        workers: processes.
        out: folder of the page.
    """
    record = Record(answers, contest("rounds", BUDGETS, seed, trainings, None))
    wanted = method, "conditioned", BUDGETS[-1]
    points = {e.truth: e.point for e in record.entries if (e.method, e.agents, e.budget) == wanted}
    command = command_of(
        "examples/calibration/planted/equilibrium.py", answers=answers, method=method, learn=learn, own=own,
        episodes=episodes, trainings=trainings, seed=seed, workers=workers, out=out,
    )  # fmt: skip
    with Notes(out, "Exploitability at the answers", command=command) as notes:
        truths = sorted(points)
        seeds = [int(stream(seed, number, "challenge").integers(2**31)) for number in truths]
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            asked = seeds, [points[number] for number in truths]
            found = np.array(list(pool.map(partial(gains, learn, own, episodes), *asked)))
        at = f"{BUDGETS[-1] / 1e6:g} million decisions"
        notes.say(f"{len(points)} answers of {method} at {at}; 95 % intervals over answers.")
        report(notes, found[..., 0], found[..., 1])


def report(notes: Notes, payoff: Floats, gain: Floats) -> None:
    """Payoffs and gains of each kind of agent, shape (answers, agents); payoffs near 0 make single ratios wild."""
    relative = 100.0 * gain / np.abs(payoff)
    rows = [
        [
            name,
            interval(payoff[:, k]),
            interval(gain[:, k]),
            100.0 * gain[:, k].mean() / np.abs(payoff[:, k]).mean(),
            float(np.median(relative[:, k])),
            int((relative[:, k] < 5.0).sum()),
        ]
        for k, name in enumerate(AGENTS)
    ]
    head = ["who", "payoff a round, bp MEUR", "gain", "% of the mean payoff", "median %", "answers below 5 %"]
    notes.table(head, rows)
    notes.numbers |= {"payoff": payoff.tolist(), "gain": gain.tolist()}


if __name__ == "__main__":
    app()
