"""Paper D's market: one maker learns tiers, sizes and hedging, and is held against the optimum of the HJB equation.

    python examples/fx_dealer/study.py --quick --out runs/fx_dealer

One maker has both tiers of clients to itself. It learns half-spreads and slopes of its ladder for each tier, a slope in
size and a hedging rate, from rewards without price noise and random starting inventories. What it has learned is
tabulated over its inventory and evaluated exactly, as the optimum is, the ladder that comes nearest to it, and the best
policy that never skews; then learned, optimum and no skew play the same sessions on the engine.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import attrs
import numpy as np
from cyclopts import App, Parameter

from catallaxy.config import load
from catallaxy.engine import EventLog
from catallaxy.learners import Mirror
from catallaxy.market.dealer import DealerScenario, MakerType
from catallaxy.market.dealer.books import check_books
from catallaxy.market.dealer.evaluation import column
from catallaxy.market.dealer.policies.optimal import Tabulated, fx_dealer
from catallaxy.market.dealer.tabulate import tabulated
from catallaxy.market.measures import interval
from catallaxy.market.reference.fx_dealer import FxDealer, FxMeasures, FxPolicy, evaluate
from catallaxy.market.reference.fx_solver import FxSolution, solve, solve_finite_horizon
from catallaxy.runs import open_run
from catallaxy.study import Notes, command_of, learn, play, recipe

HERE = Path(__file__).parent
GAMMA = 2e-3
FACTORS = (0.5, 1.0, 2.0)
START = (-0.4, -0.4, -0.9, 0.0, 0.0, -0.2)
"""At first, in half-widths from the middle of each range: quotes at which much is traded, no skew, little hedging."""


@attrs.frozen
class Size:
    """How long the study is: decisions to learn from, seeds to learn with, sessions to play."""

    decisions: int
    seeds: int
    sessions: int


QUICK, FULL = Size(60_000, 1, 20), Size(1_000_000, 3, 200)


def while_learning(scenario: DealerScenario) -> DealerScenario:
    """The same market with rare ticks and larger slices of hedging: prices are no part of the reward, and cost time."""
    session = attrs.evolve(scenario.session, tick=2.0)
    return attrs.evolve(scenario, session=session, decisions=attrs.evolve(scenario.decisions, hedge_slice=0.25))


def learned(scenario: DealerScenario, seed: int, decisions: int) -> Mirror:
    config = recipe(decisions, initial_mean=START)
    return learn(while_learning(scenario), seed=seed, decisions=decisions, config=config, worlds=32)["makers"]


def table_of(scenario: DealerScenario, policy: Mirror, dealer: FxDealer) -> FxPolicy:
    return tabulated(scenario, MakerType(GAMMA, 1.0), lambda rows: policy.act(rows).actions, dealer.grid())


def as_ladder(dealer: FxDealer, optimum: FxPolicy) -> FxPolicy:
    """The ladder nearest to the optimum, which hedges like it: what half-spreads, slopes and a size slope can say.

    Least squares at each inventory. A quote that errs by e costs (beta / 2) f z lambda e^2 a day to second order, for
    at the best one f'(d) (d - p) = -f(d).
    """
    tiers, sizes, q = len(dealer.tiers), np.array(dealer.sizes), optimum.grid
    bid, ask = optimum.bid.copy(), optimum.ask.copy()
    for place, inventory in enumerate(q):
        best = np.stack([bid[:, :, place], ask[:, :, place]])
        taken = np.stack([tier.beta * tier.probability(best[:, n]) for n, tier in enumerate(dealer.tiers)], axis=1)
        weight = np.sqrt(taken * sizes * np.array(dealer.rates))
        says = np.zeros((2, tiers, len(sizes), 2 * tiers + 1))
        for n in range(tiers):
            says[:, n, :, n] = 1.0
            says[:, n, :, tiers + 1 + n] = np.array([inventory, -inventory])[:, None]
        says[..., tiers] = sizes - sizes[0]
        quoted = np.isfinite(best)
        rows, aims = says[quoted] * weight[quoted][:, None], best[quoted] * weight[quoted]
        found = np.linalg.lstsq(rows, aims, rcond=None)[0]
        bid[:, :, place], ask[:, :, place] = np.where(quoted, says @ found, best)
    return attrs.evolve(optimum, bid=bid, ask=ask)


def way(objective: float, simple: FxSolution, best: FxSolution) -> float:
    """0 for the best policy without skew, 1 for the optimum."""
    low, high = simple.measures.objective, best.measures.objective
    return (objective - low) / (high - low)


def zone(table: FxPolicy, per_minute: float = 0.01) -> float:
    """|q| up to which less than this part of the inventory is hedged a minute: a zone that noise does not narrow."""
    half = len(table.grid) // 2
    q, rate = table.grid[half + 1 :], np.abs(table.hedge[half + 1 :]) / 1440.0
    return float(q[np.argmax(rate / q > per_minute)]) if (rate / q > per_minute).any() else math.inf


def row(name: str, table: FxPolicy, measures: FxMeasures, score: float) -> list[object]:
    flat = table.index(0.0)
    spreads = [float(2.0 * table.bid[tier, 0, flat]) for tier in range(2)]
    return [
        name,
        measures.objective,
        f"{score:.3f}",
        *(f"{spread:.3f}" for spread in spreads),
        f"{zone(table):.0f}",
        f"{measures.internalisation:.3f}",
        f"{measures.inventory_sd:.2f}",
        f"{measures.turnover:.0f}",
        f"{measures.risk_neutralisation_time:.2f}",
    ]


HEAD = (
    "policy", "objective, MEUR bp/day", "of the way", "spread tier 1, bp", "tier 2, bp", "zone, MEUR",
    "internalisation", "sd of q, MEUR", "turnover, MEUR/day", "neutralisation, min",
)  # fmt: skip


def directions(notes: Notes, dealer: FxDealer) -> dict[str, list[float]]:
    """Half-width of the optimum's zone of pure internalisation when one number of the market is halved or doubled."""
    zones: dict[str, list[float]] = {}
    for name in ("rates", "hedge_linear", "impact", "gamma", "sigma"):
        value = getattr(dealer, name)
        for factor in FACTORS:
            changed = tuple(factor * x for x in value) if isinstance(value, tuple) else factor * value
            found = solve(attrs.evolve(dealer, **{name: changed})).policy.internalisation_threshold
            zones.setdefault(name, []).append(found)
    notes.say(
        "Half-width of the zone without hedging at the optimum (MEUR), when one number of the market is halved or "
        "doubled. The paper reports that it widens with lambda, phi and k, and narrows with gamma and sigma."
    )
    symbols = ("lambda", "phi", "k", "gamma", "sigma")
    notes.table(
        ["", *(f"x {factor:g}" for factor in FACTORS), "direction"],
        [
            [symbol, *(f"{x:.2f}" for x in found), "wider" if found[-1] > found[0] else "narrower"]
            for symbol, found in zip(symbols, zones.values(), strict=True)
        ],
    )
    return zones


def simulate(
    notes: Notes, scenario: DealerScenario, policies: dict[str, object], sessions: int, dealer: FxDealer
) -> None:
    """All policies in the same sessions on the engine, the learned one's with a log whose books are checked."""
    flat = scenario.starting_flat()
    days = scenario.session.horizon / 1440.0
    found = {}
    for name, policy in policies.items():
        table = play(flat, {"dealer": policy}, seed=1000, episodes=sessions)  # type: ignore[dict-item]
        found[name] = column(table, "dealer_1", "objective") / days
    notes.say(
        f"The same {sessions} sessions of {scenario.session.horizon:g} minutes on the engine, from a flat inventory, "
        "with equal luck for all: MEUR bp a day, 95 % intervals, differences session by session."
    )
    best = found["optimum"]
    finite = solve_finite_horizon(dealer)
    value = float(finite.value[-1, finite.value.shape[1] // 2]) / dealer.horizon
    notes.say(f"The HJB equation over the paper's horizon of 0.05 days promises {value:.0f} to who starts flat.")
    notes.table(
        ["policy", "objective", "less the optimum's"],
        [[name, interval(values), interval(values - best)] for name, values in found.items()],
    )
    notes.numbers["simulated"] = {name: interval(values) for name, values in found.items()}
    with EventLog(notes.out / "log", seed=1000, overwrite=True) as log:
        play(flat, {"dealer": policies["learned"]}, seed=1000, episodes=2, log=log)  # type: ignore[dict-item]
    books = check_books(open_run(notes.out / "log").events)
    notes.say(f"Money and assets are conserved to the last unit: {books.accounts} accounts, {books.trades} trades.")


def draw(notes: Notes, tables: dict[str, FxPolicy], zones: dict[str, list[float]]) -> None:
    with notes.figure("fx_dealer.png", 13.0, 4.2) as figure:
        quotes, hedge, ways = figure.subplots(1, 3)
        styles = {"optimum": ("0.25", 2.2, "-"), "learned": ("#d55e00", 1.4, "--")}
        for name, (colour, width, style) in styles.items():
            table = tables[name]
            shown = np.abs(table.grid) <= 45.0
            for tier, alpha in ((0, 1.0), (1, 0.55)):
                label = f"{name}, tier {tier + 1}"
                bid, ask = -table.bid[tier, 0, shown], table.ask[tier, 0, shown]
                quotes.plot(table.grid[shown], bid, style, color=colour, lw=width, alpha=alpha, label=label)
                quotes.plot(table.grid[shown], ask, style, color=colour, lw=width, alpha=alpha)
            hedge.plot(table.grid[shown], table.hedge[shown] / 1440.0, style, color=colour, lw=width, label=name)
        quotes.set(xlabel="inventory, MEUR", ylabel="quote for 1 MEUR, bp from the reference price", title="Quotes")
        hedge.set(xlabel="inventory, MEUR", ylabel="hedging rate, MEUR a minute", title="Hedging")
        for symbol, found in zip(("λ", "φ", "k", "γ", "σ"), zones.values(), strict=True):
            ways.plot(FACTORS, found, "o-", label=symbol)
        ways.set(xscale="log", xlabel="factor", ylabel="MEUR", title="Zone without hedging, optimum: half-width")
        ways.set_xticks(FACTORS, [f"{factor:g}" for factor in FACTORS])
        ways.minorticks_off()
        for panel in (quotes, hedge, ways):
            panel.grid(alpha=0.25)
            panel.legend(fontsize="small", frameon=False)


app = App(help=__doc__)


@app.default
def study(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path("runs/fx_dealer"),
    quick: Annotated[bool, Parameter(help="Learn for a minute.", negative=())] = False,
    seed: Annotated[int, Parameter(help="First seed of learning.")] = 0,
    seeds: Annotated[int | None, Parameter(help="How many seeds, instead of the variant's number.")] = None,
    decisions: Annotated[int | None, Parameter(help="Decisions to learn from, likewise.")] = None,
    sessions: Annotated[int | None, Parameter(help="Sessions to play, likewise.")] = None,
) -> None:
    size = QUICK if quick else FULL
    size = Size(decisions or size.decisions, seeds or size.seeds, sessions or size.sessions)
    scenario = load(HERE / "scenario.toml").scenario
    dealer = fx_dealer(scenario, GAMMA)
    options = {"quick": quick, "seed": seed, "seeds": seeds, "decisions": decisions, "sessions": sessions, "out": out}
    command = command_of("examples/fx_dealer/study.py", **options)
    with Notes(out, "An FX dealer's tiers, ladders and hedging, learned", command=command, quick=quick) as notes:
        best, simple = solve(dealer), solve(dealer, skew=False)
        unhedged = solve(attrs.evolve(dealer, hedging="none"))
        policies, tables, measures, scores = [], [], [], []
        for k in range(size.seeds):
            policies.append(learned(scenario, seed + k, size.decisions))
            tables.append(table_of(scenario, policies[-1], dealer))
            measures.append(evaluate(dealer, tables[-1]))
            scores.append(way(measures[-1].objective, simple, best))
            notes.print(f"seed {seed + k}: {scores[-1]:.3f} of the way")
        notes.say(
            f"gamma = {GAMMA:g} per (bp MEUR). Stationary values, exact for the tables of all policies; 0 of the way "
            f"is the best policy that never skews, 1 the optimum. {size.decisions:,} decisions for each seed. "
            "The zone is where less than 1 % of the inventory is hedged a minute. The paper: spreads for 1 MEUR at "
            "flat inventory of 0.55 bp and 0.26 bp, turnover about 10 bnEUR a day."
        )
        ladder = as_ladder(dealer, best.policy)
        yardsticks = {
            "optimum": (best.policy, best.measures),
            "the ladder nearest to it": (ladder, evaluate(dealer, ladder)),
            "best without skew": (simple.policy, simple.measures),
            "best without hedging": (unhedged.policy, unhedged.measures),
        }
        rows = [row(name, *one, way(one[1].objective, simple, best)) for name, one in yardsticks.items()]
        for k, (table, found, score) in enumerate(zip(tables, measures, scores, strict=True)):
            rows.append(row(f"learned, seed {seed + k}", table, found, score))
        notes.table(HEAD, rows)
        notes.numbers |= {"scores": scores, "objectives": [found.objective for found in measures]}
        notes.numbers |= {"optimum": best.measures.objective, "no_skew": simple.measures.objective}
        if len(scores) > 1:
            notes.say(f"Of the way, mean over seeds with 95 % interval: {_in_words(scores)}.")
        zones = directions(notes, dealer)
        notes.numbers["zones"] = zones
        playing = {"learned": policies[0], "optimum": Tabulated(best.policy), "no skew": Tabulated(simple.policy)}
        simulate(notes, scenario, playing, size.sessions, dealer)  # type: ignore[arg-type]
        draw(notes, {"optimum": best.policy, "learned": tables[0]}, zones)


def _in_words(scores: list[float]) -> str:
    found = interval(scores)
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


if __name__ == "__main__":
    app()
