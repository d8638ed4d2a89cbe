"""One to eight identical makers: spreads fall towards cost; what a best response to their equilibrium would gain.

    python examples/competition/study.py --quick --out runs/competition
    python examples/competition/study.py --quick --maker examples/competition/undercut.py:Undercut

For each number of makers, under full and under partial connectivity, a shared policy is learned. Then one maker looks
for a better answer to the others, who keep theirs: it learns anew, from nothing, and it tries simple linear skews. What
the best of them gains, in sessions that it was not chosen by, bounds the equilibrium's exploitability from below. With
--maker a maker of the user's takes one maker's place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from cyclopts import App, Parameter

from catallaxy.agents import Policy
from catallaxy.config import load
from catallaxy.engine import EventLog
from catallaxy.learners import Mirror
from catallaxy.market.dealer import DealerScenario, FromFile, LinearSkew
from catallaxy.market.dealer.books import check_books
from catallaxy.market.dealer.evaluation import column
from catallaxy.market.measures import Interval, interval
from catallaxy.runs import open_run
from catallaxy.study import Notes, command_of, learn, play, recipe, remembering, shown

HERE = Path(__file__).parent
START = (0.0, -0.3, -0.5, 0.3, 0.3)
"""At first, in half-widths from the middle of each range: 0.2 and 0.14 bp, 0.005 bp per MEUR of size, a slope of 0.006.

Without skew a maker would first learn to shed inventory by its spreads, and find its way back from there slowly.
"""

SPREADS, SLOPES = (0.05, 0.1, 0.15, 0.2, 0.25), (0.006, 0.012)
"""Simple answers to the others: half-spreads, bp, and slopes in the inventory, bp per MEUR."""

Floats = npt.NDArray[np.float64]
Setting = tuple[int, float]


@attrs.frozen
class Size:
    """How long the study is: makers and their connectivity, decisions of all and of a best response, sessions."""

    settings: tuple[Setting, ...]
    decisions: int
    response: int
    sessions: int


QUICK = Size(((1, 1.0), (2, 1.0), (4, 1.0)), 15_000, 8_000, 8)
ALL: tuple[Setting, ...] = tuple((makers, reach) for reach in (1.0, 0.5) for makers in (1, 2, 4, 8))
FULL = Size(ALL, 200_000, 60_000, 60)


@attrs.frozen
class Found:
    """What a market of so many makers came to: intervals over sessions.

    Attributes:
        half_spread: that is quoted for 1 MEUR, mean of tiers, bp.
        paid: what clients pay for each MEUR, bp from the reference price.
        volume: of all makers, MEUR an hour.
        objective: of each maker, MEUR bp an hour.
        gain: of the best response over the shared policy, MEUR bp an hour.
        best: the objective of the best response.
        response: what it is.
    """

    half_spread: Interval
    paid: Interval
    volume: Interval
    objective: Interval
    gain: Interval
    best: Interval
    response: str


def market(scenario: DealerScenario, makers: int, connectivity: float) -> DealerScenario:
    """So many makers; the first is a group of its own, so that it can do otherwise than the rest."""
    group = attrs.evolve(scenario.makers[0], connectivity=connectivity)
    groups = [attrs.evolve(group, name="one", count=1)]
    if makers > 1:
        groups.append(attrs.evolve(group, name="other", count=makers - 1))
    return attrs.evolve(scenario, makers=groups)


def taught(scenario: DealerScenario, decisions: int, seed: int, label: str, given: Mapping[str, Policy]) -> Mirror:
    config = recipe(decisions, initial_mean=START)
    return learn(scenario, seed=seed, decisions=decisions, config=config, given=given, label=label)["makers"]


def best_response(scenario: DealerScenario, shared: Policy, learned: Policy, sessions: int) -> tuple[str, Policy]:
    """The best of several answers to the shared policy, by sessions of its own, and what it is called."""
    flat = scenario.starting_flat()
    answers: dict[str, Policy] = {"learned anew": learned}
    for half_spread in SPREADS:
        for slope in SLOPES:
            answers[f"{half_spread:g} bp, slope {slope:g}"] = LinearSkew(half_spread, slope)

    def worth(name: str) -> float:
        table = play(flat, {"makers": shared, "one": answers[name]}, seed=4000, episodes=sessions)
        return float(column(table, "one_1", "objective").mean())

    best = max(answers, key=worth)
    return best, answers[best]


def judge(scenario: DealerScenario, shared: Policy, learned: Policy, sessions: int) -> Found:
    """Play sessions from a flat start, all by the shared policy, and again with the first maker's best response."""
    name, response = best_response(scenario, shared, learned, max(sessions // 2, 2))
    flat, hours = scenario.starting_flat(), scenario.session.horizon / 60.0
    table = play(flat, {"makers": shared}, seed=3000, episodes=sessions)
    first = column(table, "one_1", "objective") / hours
    answered = play(flat, {"makers": shared, "one": response}, seed=3000, episodes=sessions)
    other = column(answered, "one_1", "objective") / hours
    volume, revenue = by_session(table, "volume", sessions).sum(axis=1), by_session(table, "spread_revenue", sessions)
    return Found(
        half_spread=interval(by_session(table, "half_spread", sessions).mean(axis=1)),
        paid=interval(revenue.sum(axis=1) / volume),
        volume=interval(volume / hours),
        objective=interval(by_session(table, "objective", sessions).mean(axis=1) / hours),
        gain=interval(other - first),
        best=interval(other),
        response=name,
    )


def by_session(table: pa.Table, measure: str, sessions: int) -> Floats:
    """A measure of all makers, shape (sessions, makers)."""
    return np.asarray(table[measure].to_numpy(), np.float64).reshape(sessions, -1)


def draw(notes: Notes, found: Mapping[Setting, Found]) -> None:
    panels = {"half_spread": "half-spread for 1 MEUR, bp", "objective": "objective of a maker, MEUR bp an hour",
              "gain": "gain of a best response, MEUR bp an hour"}  # fmt: skip
    with notes.figure("competition.png", 13.0, 4.0) as figure:
        for panel, (name, title) in zip(figure.subplots(1, 3), panels.items(), strict=True):
            for colour, reach in zip(("#0072b2", "#d55e00"), sorted({reach for _, reach in found}), strict=False):
                makers = [number for number, other in found if other == reach]
                values = [getattr(found[number, reach], name) for number in makers]
                mean = np.array([one.mean for one in values])
                low, high = (np.array([getattr(one, side) for one in values]) for side in ("low", "high"))
                label = f"connectivity {reach:g}"
                panel.errorbar(makers, mean, [mean - low, high - mean], fmt="o-", color=colour, capsize=3, label=label)
            panel.axhline(0.0, color="0.6", lw=0.8, zorder=0)
            panel.set(xlabel="makers", ylabel=title)
            panel.set_xticks(sorted({number for number, _ in found}))
            panel.grid(alpha=0.25)
            panel.legend(fontsize="small", frameon=False)


def compete(
    notes: Notes, scenario: DealerScenario, shared: Mapping[Setting, Policy], maker: str, sessions: int
) -> None:
    """A maker of the user's in one maker's place, in the sessions that all have been judged by."""
    mine = FromFile(maker).make()
    hours = scenario.session.horizon / 60.0
    rows: list[list[object]] = []
    for (makers, reach), policy in shared.items():
        flat = market(scenario, makers, reach).starting_flat()
        learned = play(flat, {"makers": policy}, seed=3000, episodes=sessions)
        table = play(flat, {"makers": policy, "one": mine}, seed=3000, episodes=sessions)
        own, before = (column(one, "one_1", "objective") / hours for one in (table, learned))
        share = interval(column(table, "one_1", "market_share"))
        half_spread = interval(column(table, "one_1", "half_spread"))
        rows.append([makers, f"{reach:g}", interval(own), interval(own - before), share, half_spread])
    notes.say(
        f"`{maker}` in the place of one of the makers, in the same sessions: objective in MEUR bp an hour, and less "
        "what the learned maker has there."
    )
    notes.table(["makers", "connectivity", "its objective", "less the learned", "market share", "half-spread"], rows)


app = App(help=__doc__)


@app.default
def study(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path("runs/competition"),
    quick: Annotated[bool, Parameter(help="Learn for a minute.", negative=())] = False,
    seed: Annotated[int, Parameter(help="Seed of learning.")] = 0,
    maker: Annotated[str | None, Parameter(help="A maker of yours that competes, too: file.py:Class.")] = None,
    decisions: Annotated[
        int | None, Parameter(help="Decisions to learn from; a best response gets 0.3 of them.")
    ] = None,
    sessions: Annotated[int | None, Parameter(help="Sessions to judge by.")] = None,
) -> None:
    size = QUICK if quick else FULL
    if decisions is not None:
        size = attrs.evolve(size, decisions=decisions, response=max(int(0.3 * decisions), 1))
    size = attrs.evolve(size, sessions=sessions or size.sessions)
    scenario = load(HERE / "scenario.toml").scenario
    options = {"quick": quick, "seed": seed, "maker": maker, "decisions": decisions, "sessions": sessions, "out": out}
    command = command_of("examples/competition/study.py", **options)
    if maker is not None:
        FromFile(maker).make()  # what is wrong with it is said before anything is learned
    shared: dict[Setting, Policy] = {}
    found: dict[Setting, Found] = {}
    with Notes(out, "Competition among makers", command=command, quick=quick) as notes:
        for makers, reach in size.settings:
            place = market(scenario, makers, reach)
            label = f"{makers} maker{'s' * (makers > 1)}, connectivity {reach:g}"
            policy = remembering(taught(place, size.decisions, seed, label, {}))
            given = {"other": policy} if makers > 1 else {}
            response = remembering(taught(place, size.response, seed + 500, f"best response, {label}", given))
            shared[makers, reach] = policy
            found[makers, reach] = judge(place, policy, response, size.sessions)
            notes.print(f"{label}: half-spread {shown(found[makers, reach].half_spread)} bp")
        tell(notes, found, size)
        if maker is not None:
            compete(notes, scenario, shared, maker, size.sessions)
        largest = max(shared)
        with EventLog(out / "log", seed=3000, overwrite=True) as log:
            flat = market(scenario, *largest).starting_flat()
            play(flat, {"makers": shared[largest]}, seed=3000, episodes=2, log=log)
        books = check_books(open_run(out / "log").events)
        notes.say(f"Money and assets are conserved to the last unit: {books.accounts} accounts, {books.trades} trades.")
        draw(notes, found)


def tell(notes: Notes, found: Mapping[Setting, Found], size: Size) -> None:
    notes.say(
        f"Each shared policy learned from {size.decisions:,} decisions of all makers; a best response from "
        f"{size.response:,}, against rivals who keep theirs, or a linear skew if one did better in other sessions. "
        f"Judged in {size.sessions} sessions of two hours from a flat start with equal luck, 95 % intervals over "
        "sessions. `paid` is what clients pay from the reference price for each MEUR, `gain` what the best response "
        "earns more than the shared policy in the same place: a lower bound of exploitability."
    )
    head = ("makers", "connectivity", "half-spread, bp", "paid, bp", "volume, MEUR/h", "objective of each, MEUR bp/h",
            "best response", "its objective", "gain")  # fmt: skip
    notes.table(
        head,
        [
            [
                makers,
                f"{reach:g}",
                one.half_spread,
                one.paid,
                one.volume,
                one.objective,
                one.response,
                one.best,
                one.gain,
            ]
            for (makers, reach), one in found.items()
        ],
    )
    notes.numbers["markets"] = [{"makers": k[0], "connectivity": k[1], **attrs.asdict(one)} for k, one in found.items()]


if __name__ == "__main__":
    app()
