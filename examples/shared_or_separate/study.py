"""Slide 14 of the talk, measured: a policy for each agent, or one for all that is told whom it acts for?

Run it with `python examples/shared_or_separate/study.py --out runs/shared_or_separate`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import numpy as np
import numpy.typing as npt
from cyclopts import App, Parameter

from catallaxy.agents import Constant, Policy
from catallaxy.config import load
from catallaxy.dealer.investors import play_investors
from catallaxy.engine import EventLog
from catallaxy.learners import PPOConfig
from catallaxy.market.dealer import DealerScenario, Investor, InvestorGroup
from catallaxy.market.dealer.books import check_books
from catallaxy.market.measures import interval
from catallaxy.plots.canvas import COLOURS
from catallaxy.runs import open_run
from catallaxy.study import Notes, learn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
TARGETS = ((0.75, 0.25), (0.5, 0.5), (0.25, 0.75), (0.5, 0.25))
WAYS: Mapping[str, Collection[str]] = {"shared": (), "separate": (Investor.family,)}
JUDGED = 1_000  # added to a seed for the sessions that it is judged by
NEW = InvestorGroup("new", 1, 1.0, Constant(0.6), Constant(0.6), Constant(0.3))
Floats = npt.NDArray[np.float64]


@attrs.frozen
class Size:
    """How much is learned and played."""

    seeds: tuple[int, ...]
    decisions: int
    rollout: int
    looks: tuple[int, ...]
    sessions: int


FULL = Size((0, 1, 2, 3, 4), 24_576, 2_048, (1, 3, 6, 12), 3)
QUICK = Size((0, 1), 8_192, 2_048, (1, 2, 4), 2)


@attrs.frozen
class Learned:
    """What one seed has learned in one way.

    Attributes:
        decisions: at each look, shape (looks,).
        rewards: of a session by the policy so far, for each agent, shape (looks, agents), MEUR bp.
        new: reward of a type that nobody had while learning, by the policy in the end; NaN if there is none for it.
        policies: in the end, by family or agent.
        seconds: of CPU time for learning, looks not counted.
    """

    decisions: Floats
    rewards: Floats
    new: float
    seconds: float
    policies: Mapping[str, Policy]


def market() -> DealerScenario:
    """The market of `investor_timing`, with twenty investors, no two of whom are of one type."""
    scenario: DealerScenario = load(Path(__file__).parents[1] / "investor_timing" / "scenario.toml").scenario
    groups = [
        attrs.evolve(
            scenario.investors[0],
            name=f"investor{number + 1}",
            count=1,
            pnl_weight=Constant(weight),
            buy_target=Constant(buy),
            sell_target=Constant(sell),
        )
        for number, (weight, (buy, sell)) in enumerate(product(WEIGHTS, TARGETS))
    ]
    return attrs.evolve(scenario, investors=groups)


def rewards(
    scenario: DealerScenario, policies: Mapping[str, Policy], seed: int, sessions: int, log: EventLog | None = None
) -> Floats:
    """Each investor's mean reward of a session, by its own policy or by that of its family, shape (agents,)."""
    names = [name for group in scenario.investors for name in group.members]
    own = {name: policies[name if name in policies else Investor.family] for name in names}
    table = play_investors(scenario, own, seed=JUDGED + seed, episodes=sessions, log=log)
    return np.asarray(table["reward"].to_numpy().reshape(sessions, -1).mean(axis=0))


def learn_and_look(scenario: DealerScenario, way: str, seed: int, size: Size) -> Learned:
    """Learn, and look now and then how the policies do without exploring.

    Every policy takes as many gradient steps: a separate learner has a twentieth of the decisions, in minibatches of a
    twentieth of the size.
    """
    minibatch = 512 if way == "shared" else 512 // len(scenario.investors)
    config = PPOConfig(learning_rate=2e-3, decay=size.decisions, lam=0.9, minibatch=minibatch)
    found: list[tuple[int, Floats]] = []
    looking = updates = 0.0

    def look(decisions: int, policies: Mapping[str, Policy]) -> None:
        nonlocal looking, updates
        start, updates = time.process_time(), updates + 1
        if updates in size.looks:
            found.append((decisions, rewards(scenario, policies, seed, size.sessions)))
        looking += time.process_time() - start

    start = time.process_time()
    last = learn(
        scenario,
        seed=seed,
        decisions=size.decisions,
        config=config,
        rollout=size.rollout,
        separate=WAYS[way],
        watch=look,
        label=f"{way} policies",
    )
    seconds = time.process_time() - start - looking
    new = float("nan")
    if way == "shared":
        new = float(rewards(attrs.evolve(scenario, investors=(NEW,)), last, seed, size.sessions)[0])
    return Learned(np.array([d for d, _ in found], np.float64), np.array([r for _, r in found]), new, seconds, last)


def draw(figure: Figure, found: Mapping[str, list[Learned]]) -> None:
    """Learning curves: mean reward of the twenty, with 95 % intervals over seeds; and each w's at the end."""
    curves, ends = figure.subplots(1, 2)
    for (way, runs), colour in zip(found.items(), COLOURS, strict=False):
        values = np.array([run.rewards.mean(axis=1) for run in runs])
        bounds = [interval(column) for column in values.T]
        where = runs[0].decisions
        curves.plot(where, [one.mean for one in bounds], "o-", ms=4, color=colour, label=f"{way} policies")
        curves.fill_between(where, [one.low for one in bounds], [one.high for one in bounds], color=colour, alpha=0.2)
        last = [interval(row) for row in by_weight(runs).T]
        reach = [(one.high - one.low) / 2.0 for one in last]
        shift = 0.01 if way == "shared" else -0.01
        ends.errorbar(np.array(WEIGHTS) + shift, [one.mean for one in last], reach, fmt="o", color=colour, capsize=3)
    curves.set_xlabel("decisions, all agents together")
    curves.set_ylabel("mean reward of a session, MEUR bp")
    curves.legend(frameon=False, fontsize="small")
    ends.set_xlabel("w, weight of P&L")
    ends.set_ylabel("reward in the end, MEUR bp")


def by_weight(runs: list[Learned]) -> Floats:
    """Mean reward in the end of the agents of each w, shape (seeds, weights)."""
    return np.array([run.rewards[-1].reshape(len(WEIGHTS), -1).mean(axis=1) for run in runs])


def say(notes: Notes, found: Mapping[str, list[Learned]]) -> None:
    """Tables of the curves and of the end, and what they come to."""
    where = found["shared"][0].decisions
    curves = {
        way: [interval(c) for c in np.array([r.rewards.mean(axis=1) for r in runs]).T] for way, runs in found.items()
    }
    pairs = zip(found["shared"], found["separate"], strict=True)
    gaps = np.array([one.rewards.mean(axis=1) - other.rewards.mean(axis=1) for one, other in pairs])
    rows = [
        [f"{int(d):,}", curves["shared"][i], curves["separate"][i], interval(gaps[:, i])] for i, d in enumerate(where)
    ]
    notes.table(["decisions", "shared", "separate", "difference, paired by seed"], rows)
    with notes.figure("curves.png", 9.0, 3.6) as figure:
        draw(figure, found)
    ends = {way: by_weight(runs) for way, runs in found.items()}
    notes.say("In the end, by w:")
    notes.table(
        ["w", *found], [[f"{w:g}", *(interval(ends[way][:, i]) for way in found)] for i, w in enumerate(WEIGHTS)]
    )
    spread = {way: float(np.mean(np.std([r.rewards[-1] for r in runs], axis=0, ddof=1))) for way, runs in found.items()}
    seconds = {way: interval([run.seconds for run in runs]) for way, runs in found.items()}
    notes.table(
        ["", *found],
        [
            ["sd of an agent's reward from seed to seed, MEUR bp", *spread.values()],
            ["CPU seconds of learning", *seconds.values()],
            ["policies", "1", str(len(WEIGHTS) * len(TARGETS))],
            ["reward of a type that nobody had while learning", interval([r.new for r in found["shared"]]), "-"],
        ],
    )
    end = interval(gaps[:, -1])
    verdict = "better" if end.low > 0.0 else "worse" if end.high < 0.0 else "neither better nor worse"
    notes.say(f"After {int(where[-1]):,} decisions the shared policy does {verdict} than twenty separate ones.")
    notes.numbers |= {"decisions": where, "curves": curves, "difference": end, "sd": spread, "seconds": seconds}


app = App(help=__doc__)


@app.default
def study(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path("runs/shared_or_separate"),
    quick: Annotated[bool, Parameter(help="Learn for half a minute.", negative=())] = False,
) -> None:
    """Learn in both ways, and write the page."""
    size = QUICK if quick else FULL
    scenario = market()
    command = f"python examples/shared_or_separate/study.py{' --quick' if quick else ''} --out {out}"
    with Notes(out, "Shared or separate policies", command=command, quick=quick) as notes:
        notes.say(
            "The talk (slide 14): separate policies are hard to scale, unstable, and make no use of what agents have "
            "in common. It gives no numbers; here are some."
        )
        notes.say(
            f"Twenty investors, w in {', '.join(f'{w:g}' for w in WEIGHTS)} times four targets. Seeds "
            f"{', '.join(map(str, size.seeds))}; {size.decisions:,} decisions each, all agents together. At each look "
            f"the policies play {size.sessions} further sessions without exploring. Intervals: 95 %, over seeds."
        )
        found = {way: [learn_and_look(scenario, way, seed, size) for seed in size.seeds] for way in WAYS}
        say(notes, found)
        with EventLog(out / "sessions", seed=JUDGED, overwrite=True) as log:
            rewards(scenario, found["shared"][0].policies, 0, size.sessions, log)
        books = check_books(open_run(out / "sessions").events)
        notes.say(f"Money and assets are conserved to the last unit: {books.accounts} accounts, {books.trades} trades.")


if __name__ == "__main__":
    app()
