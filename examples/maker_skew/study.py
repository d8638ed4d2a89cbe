"""Who skews how much: by risk aversion and connectivity, alone against the optimum, and what competition does to it.

    python examples/maker_skew/study.py --quick --out runs/maker_skew

One policy is shared by makers of all types and told each one's risk aversion and connectivity. The slope of its quotes
in its inventory is held against the optimum of a single maker and its closed form sqrt(gamma) sigma / sqrt(lambda), and
against what makers learn who compete for the same clients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import attrs
import numpy as np
import numpy.typing as npt
from cyclopts import App, Parameter
from resolution import minutes_to_tell

from catallaxy.config import load
from catallaxy.engine import EventLog
from catallaxy.learners import Mirror
from catallaxy.market.dealer import ClosedFormSkew, DealerScenario, MakerType
from catallaxy.market.dealer.books import check_books
from catallaxy.market.dealer.evaluation import column
from catallaxy.market.dealer.policies.optimal import fx_dealer
from catallaxy.market.dealer.tabulate import tabulated
from catallaxy.market.measures import Interval, interval
from catallaxy.market.reference.fx_dealer import FxDealer, FxPolicy, generator, stationary_distribution
from catallaxy.market.reference.fx_solver import solve
from catallaxy.runs import open_run
from catallaxy.study import Notes, command_of, learn, play, recipe

HERE = Path(__file__).parent
GAMMAS, CONNECTIVITIES = (1e-3, 2e-3, 4e-3), (0.3, 0.55, 1.0)
MIDDLE_GAMMA, MIDDLE_CONNECTIVITY = GAMMAS[1], CONNECTIVITIES[1]
RIVALS = 3
AIM = 0.15  # how near to the optimum's a learned slope is to come
START = (0.0, 0.0, -0.8, 0.0, 0.0)  # half-spreads in the middle of their range, a small size slope, no skew

MANY = 128
"""Makers who play at a time, each of a type of its own: of fewer, an update would learn the luck of a few types."""

Kind = tuple[float, float]
KINDS: tuple[Kind, ...] = tuple((gamma, reach) for gamma in GAMMAS for reach in CONNECTIVITIES)
CROSS = tuple(kind for kind in KINDS if kind[0] == MIDDLE_GAMMA or kind[1] == MIDDLE_CONNECTIVITY)


@attrs.frozen
class Size:
    """How long the study is: decisions to learn from alone and in competition, seeds, sessions for each type."""

    alone: int
    competing: int
    seeds: int
    sessions: int


QUICK, FULL = Size(50_000, 50_000, 1, 6), Size(1_000_000, 1_000_000, 1, 24)


def learned(scenario: DealerScenario, seed: int, decisions: int, label: str) -> Mirror:
    """Learn under little noise: it blurs what clients answer, and the best slope under it is steeper."""
    config = recipe(
        decisions, initial_mean=START, initial_std=0.1, decay_power=1.0, lam=0.8, value_lam=0.97, value_epochs=8
    )
    worlds = MANY // scenario.makers[0].count
    return learn(scenario, seed=seed, decisions=decisions, config=config, worlds=worlds, label=label)["makers"]


def slope(dealer: FxDealer, table: FxPolicy) -> float:
    """By how much the middle of the quotes for 1 MEUR falls for each MEUR of inventory, bp; the mean of the tiers.

    Least squares over the stationary law of the inventory under the policy.
    """
    law = stationary_distribution(generator(dealer, table))
    quoted = np.isfinite(table.bid[:, 0]).all(axis=0) & np.isfinite(table.ask[:, 0]).all(axis=0)
    bid, ask = (np.where(quoted, side[:, 0], 0.0) for side in (table.bid, table.ask))
    middle, q, weight = ((ask - bid) / 2.0).mean(axis=0), table.grid, np.where(quoted, law, 0.0)
    return -float(weight @ (q * middle) / (weight @ q**2))


def with_probe(scenario: DealerScenario, kind: Kind, rivals: int) -> DealerScenario:
    """A market with one maker of this type among so many rivals of all types, all starting flat."""
    group = scenario.makers[0]
    probe = attrs.evolve(group, name="probe", count=1, risk_aversion=kind[0], connectivity=kind[1])
    others = (attrs.evolve(group, name="rival", count=rivals),) if rivals else ()
    return attrs.evolve(scenario, makers=(probe, *others)).starting_flat()


def played(scenario: DealerScenario, policies: Sequence[Mirror], rivals: int, sessions: int) -> dict[Kind, Interval]:
    """Slope of types with one middling number in sessions on the engine, 95 % intervals over sessions and seeds."""
    found = {}
    for kind in CROSS:
        market = with_probe(scenario, kind, rivals)
        slopes = [
            column(play(market, {"makers": policy}, seed=2000 + k, episodes=sessions), "probe_1", "skew_slope")
            for k, policy in enumerate(policies)
        ]
        found[kind] = interval(np.concatenate(slopes))
    return found


def disjoint(notes: Notes, label: str, slopes: Mapping[Kind, Interval]) -> None:
    """Say whether slopes are monotone in both directions, and the lowest and highest intervals disjoint."""
    for name, ends, kinds in (
        ("risk aversion", "from low to high", [(gamma, MIDDLE_CONNECTIVITY) for gamma in GAMMAS]),
        ("connectivity", "from high to low", [(MIDDLE_GAMMA, reach) for reach in reversed(CONNECTIVITIES)]),
    ):
        row = [slopes[kind] for kind in kinds]
        rising = all(a.mean < b.mean for a, b in pairwise(row))
        apart = row[0].high < row[-1].low
        words = ", ".join(f"{1e3 * one.mean:.2f} ({1e3 * one.low:.2f} to {1e3 * one.high:.2f})" for one in row)
        notes.say(
            f"{label}, {name} {ends}: {words} x 10⁻³ bp/MEUR; {'monotone' if rising else 'not monotone'}, "
            f"intervals of the ends {'disjoint' if apart else 'overlap'}."
        )
        notes.numbers[f"{label}, {name}"] = {"slopes": row, "monotone": rising, "disjoint": apart}


def draw(notes: Notes, lines: Mapping[str, Mapping[Kind, float]], dots: Mapping[str, Mapping[Kind, Interval]]) -> None:
    styles: Mapping[str, tuple[str, str]] = {
        "optimum, alone": ("0.25", "-"), "closed form, alone": ("0.6", ":"),
        "learned, alone": ("#0072b2", "o"), f"learned, with {RIVALS} rivals": ("#d55e00", "s"),
    }  # fmt: skip
    panels = (
        ("risk aversion, per (bp MEUR)", GAMMAS, [(gamma, MIDDLE_CONNECTIVITY) for gamma in GAMMAS]),
        ("connectivity", CONNECTIVITIES, [(MIDDLE_GAMMA, reach) for reach in CONNECTIVITIES]),
    )
    with notes.figure("maker_skew.png", 10.0, 4.2) as figure:
        for panel, (title, values, kinds) in zip(figure.subplots(1, 2, sharey=True), panels, strict=True):
            for name, found in lines.items():
                colour, style = styles[name]
                panel.plot(values, [1e3 * found[kind] for kind in kinds], style, color=colour, label=name)
            for name, slopes in dots.items():
                colour, marker = styles[name]
                row = [slopes[kind] for kind in kinds]
                mean = 1e3 * np.array([one.mean for one in row])
                reach = 1e3 * np.array([[one.mean - one.low for one in row], [one.high - one.mean for one in row]])
                panel.errorbar(values, mean, reach, fmt=marker, color=colour, capsize=3, label=name)
            panel.set(xscale="log", xlabel=title)
            panel.set_xticks(values, [f"{value:g}" for value in values])
            panel.minorticks_off()
            panel.grid(alpha=0.25)
        figure.axes[0].set_ylabel("skew, 10⁻³ bp per MEUR of inventory")
        figure.axes[0].legend(fontsize="small", frameon=False)


app = App(help=__doc__)


@app.default
def study(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path("runs/maker_skew"),
    quick: Annotated[bool, Parameter(help="Learn for a minute.", negative=())] = False,
    seed: Annotated[int, Parameter(help="First seed of learning.")] = 0,
    seeds: Annotated[int | None, Parameter(help="How many seeds, instead of the variant's number.")] = None,
    decisions: Annotated[int | None, Parameter(help="Decisions to learn from, alone and in competition.")] = None,
    sessions: Annotated[int | None, Parameter(help="Sessions to play for each type and seed.")] = None,
) -> None:
    size = QUICK if quick else FULL
    size = attrs.evolve(
        size,
        alone=decisions or size.alone,
        competing=decisions or size.competing,
        seeds=seeds or size.seeds,
        sessions=sessions or size.sessions,
    )
    scenario = load(HERE / "scenario.toml").scenario
    crowded = attrs.evolve(scenario, makers=(attrs.evolve(scenario.makers[0], count=1 + RIVALS),))
    options = {"quick": quick, "seed": seed, "seeds": seeds, "decisions": decisions, "sessions": sessions, "out": out}
    command = command_of("examples/maker_skew/study.py", **options)
    with Notes(out, "Makers who skew, by risk aversion and connectivity", command=command, quick=quick) as notes:
        alone = [learned(scenario, seed + k, size.alone, "one maker") for k in range(size.seeds)]
        competing = [learned(crowded, seed + k, size.competing, "four makers") for k in range(size.seeds)]
        optimum, closed, exact = references(scenario, alone)
        single = played(scenario, alone, 0, size.sessions)
        several = played(scenario, competing, RIVALS, size.sessions)
        notes.say(
            f"Slope of the quotes in the inventory, 10⁻³ bp/MEUR. Learned from {size.alone:,} decisions alone and "
            f"{size.competing:,} with {RIVALS} rivals, {size.seeds} seed{'s' * (size.seeds > 1)}; "
            f"played in {size.sessions} sessions for each type and seed, 95 % intervals over sessions. "
            "The optimum is that of one maker with this type's part of "
            "the flow, exact; so are the learned tables' slopes, one for each seed."
        )
        head = ("risk aversion", "connectivity", "closed form", "optimum", "learned, exact", "by the optimum's",
                "learned, played", f"with {RIVALS} rivals")  # fmt: skip
        notes.table(head, [_row(kind, closed, optimum, exact, single, several) for kind in KINDS])
        worst = max(abs(value / optimum[kind] - 1.0) for kind in KINDS for value in exact[kind])
        notes.say(f"One maker's slopes lie within {100 * worst:.0f} % of the optimum's.")
        notes.numbers |= {"worst_deviation": worst}
        resolution(notes, scenario, optimum)
        disjoint(notes, "Alone", single)
        disjoint(notes, f"With {RIVALS} rivals", several)
        books(notes, crowded, competing[0])
        draw(
            notes,
            {"optimum, alone": optimum, "closed form, alone": closed},
            {"learned, alone": single, f"learned, with {RIVALS} rivals": several},
        )


def references(
    scenario: DealerScenario, policies: Sequence[Mirror]
) -> tuple[dict[Kind, float], dict[Kind, float], dict[Kind, list[float]]]:
    """For each type the optimum's slope, the closed form's, and each learned table's."""
    optimum, closed, exact = {}, {}, {}
    for kind in KINDS:
        dealer = fx_dealer(scenario, *kind, hedging="none")
        optimum[kind] = slope(dealer, solve(dealer).policy)
        closed[kind] = ClosedFormSkew().slope(scenario, *kind)
        exact[kind] = [slope(dealer, _table(scenario, kind, policy, dealer.grid())) for policy in policies]
    return optimum, closed, exact


def resolution(notes: Notes, scenario: DealerScenario, optimum: Mapping[Kind, float]) -> None:
    """What the aim asks for: how much experience tells slopes apart that differ by 15 %."""
    rows = []
    for kind in KINDS:
        dealer = fx_dealer(scenario, *kind, hedging="none")
        loss, minutes = minutes_to_tell(dealer, solve(dealer).policy, AIM * optimum[kind])
        rows.append([f"{kind[0]:g}", f"{kind[1]:g}", f"{100 * loss:.2f} %", f"{minutes / 1e6:.2f}"])
    notes.say(
        f"What it costs one maker to be off by {100 * AIM:.0f} % of the optimum's slope, and how long it takes to "
        "notice for one who knows the value of every inventory: until what two policies have earned, the optimum and "
        "the other, lies two standard errors apart. A decision takes a minute."
    )
    notes.table(["risk aversion", "connectivity", "of the objective", "million minutes of each"], rows)


def _table(scenario: DealerScenario, kind: Kind, policy: Mirror, grid: npt.NDArray[np.float64]) -> FxPolicy:
    return tabulated(scenario, MakerType(*kind), lambda rows: policy.act(rows).actions, grid)


def _row(
    kind: Kind,
    closed: Mapping[Kind, float],
    optimum: Mapping[Kind, float],
    exact: Mapping[Kind, Sequence[float]],
    single: Mapping[Kind, Interval],
    several: Mapping[Kind, Interval],
) -> list[object]:
    return [
        f"{kind[0]:g}",
        f"{kind[1]:g}",
        f"{1e3 * closed[kind]:.2f}",
        f"{1e3 * optimum[kind]:.2f}",
        ", ".join(f"{1e3 * value:.2f}" for value in exact[kind]),
        ", ".join(f"{value / optimum[kind]:.2f}" for value in exact[kind]),
        *(_scaled(slopes[kind]) if kind in slopes else "" for slopes in (single, several)),
    ]


def _scaled(slope: Interval) -> Interval:
    return Interval(1e3 * slope.mean, 1e3 * slope.low, 1e3 * slope.high)


def books(notes: Notes, scenario: DealerScenario, policy: Mirror) -> None:
    with EventLog(notes.out / "log", seed=2000, overwrite=True) as log:
        play(scenario.starting_flat(), {"makers": policy}, seed=2000, episodes=2, log=log)
    found = check_books(open_run(notes.out / "log").events)
    notes.say(f"Money and assets are conserved to the last unit: {found.accounts} accounts, {found.trades} trades.")


if __name__ == "__main__":
    app()
