"""Result 1 of the talk: one shared policy for investors who weigh profit and loss by w against a quantity target.

python examples/investor_timing/study.py --out runs/investor_timing
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cyclopts import App, Parameter

from catallaxy.agents import Constant, Policy
from catallaxy.config import load
from catallaxy.dealer.investors import play_investors
from catallaxy.engine import EventLog
from catallaxy.learners import PPOConfig
from catallaxy.market.dealer import DealerScenario, InvestorGroup, Twap
from catallaxy.market.dealer.books import check_books
from catallaxy.market.dealer.investors.optimal import BestTiming
from catallaxy.market.measures import Interval, interval
from catallaxy.market.prices import BrownianPrice
from catallaxy.plots.canvas import COLOURS
from catallaxy.runs import Run, open_run
from catallaxy.study import Notes, learn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HERE = Path(__file__).parent
WEIGHTS = (0.0, 0.25, 0.75, 1.0)
COST = 0.3  # bp, what the scenario's makers charge
DEAR = 1.0  # bp, on the martingale price
MEASURED = ("bought", "sold", "target_error", "execution_cost", "pnl")
JUDGED = 1_000  # added to a seed for the episodes that it is judged by
SHOWN = 0  # the session in the figure
Floats = npt.NDArray[np.float64]
Measures = Mapping[str, Interval]


@attrs.frozen
class Size:
    """How much is learned and played."""

    seeds: int
    decisions: int
    martingale: int
    episodes: int


FULL = Size(seeds=3, decisions=500_000, martingale=98_304, episodes=80)
QUICK = Size(seeds=1, decisions=49_152, martingale=32_768, episodes=20)


def name_of(weight: float) -> str:
    return f"w{round(100 * weight)}"


def judged(scenario: DealerScenario) -> DealerScenario:
    """The same market with two investors of each weight, and two who follow fixed rules, all in the same sessions."""
    (group,) = scenario.investors
    groups = [
        attrs.evolve(group, name=name_of(weight), count=2, pnl_weight=Constant(weight), policy=group.policy)
        for weight in WEIGHTS
    ]
    rules = [attrs.evolve(group, name=name, count=2, pnl_weight=Constant(1.0)) for name in ("best", "twap")]
    return attrs.evolve(scenario, investors=(*groups, *rules))


def column(tables: Sequence[pa.Table], group: str, measure: str) -> Floats:
    """A group's mean in each episode of all tables, one after the other."""
    found = []
    for table in tables:
        rows = table.filter(pc.equal(table["group"], group))
        found.append(rows[measure].to_numpy().reshape(-1, 2).mean(axis=1))
    return np.concatenate(found)


def learned(scenario: DealerScenario, seed: int, decisions: int) -> Policy:
    config = PPOConfig(learning_rate=2e-3, decay=decisions, lam=0.9, minibatch=512)
    return learn(scenario, seed=seed, decisions=decisions, config=config)["investors"]


def policies(scenario: DealerScenario, policy: Policy) -> dict[str, Policy]:
    group: InvestorGroup = scenario.investors[0]
    rules: dict[str, Policy] = {"best": BestTiming.of(scenario, group, COST), "twap": Twap()}
    return {name_of(weight): policy for weight in WEIGHTS} | rules


def mean_reverting(notes: Notes, scenario: DealerScenario, size: Size) -> None:
    shown, tables = judged(scenario), []
    for seed in range(size.seeds):
        acting = policies(scenario, learned(scenario, seed, size.decisions))
        tables.append(play_investors(shown, acting, seed=JUDGED + seed, episodes=size.episodes))
        if seed == 0:
            with EventLog(notes.out / "sessions", seed=JUDGED, overwrite=True) as log:
                play_investors(shown, acting, seed=JUDGED, episodes=20, log=log)
    notes.say("## Mean-reverting price")
    rows, found = [], {}
    for group in [*map(name_of, WEIGHTS), "twap", "best"]:
        measures = {m: interval(column(tables, group, m)) for m in MEASURED}
        found[group] = measures
        rows.append([label(group), *measures.values()])
    notes.table(["investor", "bought", "sold", "off target", "cost, MEUR bp", "P&L, MEUR bp"], rows)
    notes.numbers["mean_reverting"] = found
    by_seed = [
        [label(name_of(weight)), *(f"{column([t], name_of(weight), m).mean():.3f}" for t in tables for m in KEPT)]
        for weight in WEIGHTS
    ]
    notes.say("Seed by seed (target error, P&L):")
    notes.table(["investor", *(f"seed {seed}, {m}" for seed in range(size.seeds) for m in KEPT)], by_seed)
    say_ends(notes, found)
    score(notes, tables)
    run = open_run(notes.out / "sessions")
    with notes.figure("sessions.png", 9.0, 6.4) as figure:
        draw_panels(figure, run, [name_of(weight) for weight in WEIGHTS], WEIGHTS)
    with notes.figure("weights.png", 9.0, 3.4) as figure:
        draw_weights(figure, WEIGHTS, [found[name_of(weight)] for weight in WEIGHTS], found["twap"], found["best"])
    with notes.figure("rule.png", 6.4, 3.6) as figure:
        draw_rule(figure, run, ("best", "w100"), scenario.price.mean)
    books = check_books(run.events)
    notes.say(f"Money and assets are conserved to the last unit: {books.accounts} accounts, {books.trades} trades.")


KEPT = ("target_error", "pnl")


def label(group: str) -> str:
    known = {"twap": "TWAP (scripted)", "best": "best rule (dynamic programming)"}
    return known.get(group) or f"w = {int(group[1:]) / 100:g}"


def say_ends(notes: Notes, found: Mapping[str, Measures]) -> None:
    """Whether bought and sold meet their targets at w = 0, and whether both ends differ."""
    first, last = found[name_of(WEIGHTS[0])], found[name_of(WEIGHTS[-1])]
    off = max(abs(first["bought"].mean - 0.75), abs(first["sold"].mean - 0.25))
    order = all(found[name_of(a)][m].mean < found[name_of(b)][m].mean for m in KEPT for a, b in pairwise(WEIGHTS))
    apart = all(first[m].high < last[m].low for m in KEPT)
    notes.say(
        f"At w = 0 the fractions bought and sold lie within {off:.3f} of their targets. Means of P&L and target error "
        f"{'grow' if order else 'do not all grow'} from each w to the next; the intervals at both ends are "
        f"{'disjoint' if apart else 'not disjoint'}."
    )
    notes.numbers |= {"off_target_at_0": off, "monotone": order, "ends_disjoint": apart}


def score(notes: Notes, tables: Sequence[pa.Table]) -> None:
    """The learned P&L at w = 1 as a part of the best rule's, in the same sessions."""
    best, own = column(tables, "best", "pnl"), column(tables, name_of(1.0), "pnl")
    missing = interval(best - own)
    ratio = own.mean() / best.mean()
    reach = (missing.high - missing.low) / 2.0 / best.mean()
    by_seed = [column([t], name_of(1.0), "pnl").mean() / column([t], "best", "pnl").mean() for t in tables]
    notes.say(
        f"At w = 1 the learned policy earns {ratio:.3f} ± {reach:.3f} of what the rule of dynamic programming earns in "
        f"the same sessions (not to trade is 0, the rule 1); by seed {', '.join(f'{value:.3f}' for value in by_seed)}."
    )
    notes.numbers["score"] = {"mean": ratio, "reach": reach, "by_seed": by_seed}


def without_drift(scenario: DealerScenario) -> DealerScenario:
    """The same on a price without drift, for w = 1 alone, where there is something to be seen in the noise.

    A trade costs 0.3 bp there, and what 50 MEUR gain and lose between two decisions is some 90: to find out that the
    cost is not worth while takes more decisions than this study has. So trading costs 1 bp, and no more than 10 MEUR
    can be held.
    """
    (maker,) = scenario.makers
    policy = attrs.evolve(maker.policy, half_spread=DEAR)
    investors = attrs.evolve(scenario.investors[0], count=2, pnl_weight=Constant(1.0), inventory_limit=10.0)
    return attrs.evolve(
        scenario,
        price=BrownianPrice(),
        investors=(investors,),
        makers=(attrs.evolve(maker, policy=policy),),
        exchange=attrs.evolve(scenario.exchange, linear=2.0 * DEAR),
    )


def martingale(notes: Notes, scenario: DealerScenario, size: Size) -> None:
    """There is nothing to be gained from timing where the price has no drift."""
    flat = without_drift(scenario)
    best = BestTiming.of(flat, flat.investors[0], DEAR)
    rows = []
    for seed in range(size.seeds):
        config = PPOConfig(learning_rate=2e-3, decay=size.martingale, lam=0.3, value_lam=0.9, minibatch=512)
        policy = learn(flat, seed=seed, decisions=size.martingale, config=config, rollout=4096, worlds=64)
        for name, acting in (("learned", policy["investors"]), ("best rule", best)):
            table = play_investors(flat, {"investor": acting}, seed=JUDGED + seed, episodes=size.episodes // 2)
            measures = [interval(column([table], "investor", m)) for m in ("bought", "sold", "pnl")]
            rows.append([seed, name, *measures])
    notes.say("## Martingale price")
    notes.say(f"w = 1 alone, {DEAR:g} bp to trade, at most 10 MEUR held. It is best never to trade.")
    notes.table(["seed", "rule", "bought", "sold", "P&L, MEUR bp"], rows)
    traded = [row[2].mean + row[3].mean for row in rows if row[1] == "learned"]
    notes.say(f"The learned policies trade at {', '.join(f'{share:.2%}' for share in traded)} of their decisions.")
    notes.numbers["martingale"] = {"traded": traded}


def draw_panels(figure: Figure, run: Run, groups: Sequence[str], weights: Sequence[float]) -> None:
    """The talk's four panels: the price of one session, and where an investor of each weight bought and sold."""
    ticks = run.events("ticks")
    ticks = ticks.filter(pc.equal(ticks["episode"], SHOWN))
    executions = run.events("executions")
    executions = executions.filter(pc.equal(executions["episode"], SHOWN))
    panels = figure.subplots(2, 2, sharex=True, sharey=True).ravel()
    for panel, group, weight in zip(panels, groups, weights, strict=True):
        own = executions.filter(pc.equal(executions["agent"], f"{group}_1"))
        panel.plot(ticks["time"], ticks["price"], color="0.6", lw=0.9, zorder=1)
        sides = own["quantity"].to_numpy()
        for sign, marker, colour, text in ((1, "^", COLOURS[0], "buys"), (-1, "v", COLOURS[1], "sells")):
            mask = sign * sides > 0
            times, prices = own["time"].to_numpy()[mask], own["reference"].to_numpy()[mask]
            panel.scatter(times, prices, 22, color=colour, marker=marker, lw=0, zorder=2, label=f"{text} {mask.sum()}")
        panel.set_title(f"w = {weight:g}", fontsize="medium")
        panel.legend(fontsize="small", frameon=False, ncols=2, loc="upper right")
        panel.margins(x=0.01)
        panel.ticklabel_format(axis="y", useOffset=False)
    for panel in panels[2:]:
        panel.set_xlabel("minutes")
    figure.supylabel("reference price, USD per EUR", fontsize="medium")


def draw_weights(
    figure: Figure, weights: Sequence[float], found: Sequence[Measures], twap: Measures, best: Measures
) -> None:
    """Fractions bought and sold, distance from the target and P&L against w."""
    fractions, errors, profits = figure.subplots(1, 3)
    for measure, target, colour in (("bought", 0.75, COLOURS[0]), ("sold", 0.25, COLOURS[1])):
        _line(fractions, weights, [one[measure] for one in found], colour, measure)
        fractions.axhline(target, color=colour, lw=0.8, ls=":")
    fractions.set_ylim(0.0, 1.0)
    fractions.set_ylabel("fraction of decisions (dotted: target)")
    fractions.legend(fontsize="small", frameon=False)
    _line(errors, weights, [one["target_error"] for one in found], COLOURS[2], "")
    errors.set_ylabel("|bought - 0.75| + |sold - 0.25|")
    _line(profits, weights, [one["pnl"] for one in found], COLOURS[3], "learned")
    profits.axhline(best["pnl"].mean, color="0.3", lw=0.9, ls="--", label="best rule")
    profits.axhline(twap["pnl"].mean, color="0.3", lw=0.9, ls=":", label="TWAP")
    profits.set_ylabel("P&L of a session, MEUR bp")
    profits.legend(fontsize="small", frameon=False, loc="upper left")
    for panel in (fractions, errors, profits):
        panel.set_xlabel("w, weight of P&L")
        panel.set_xticks(weights)


def _line(panel: Axes, weights: Sequence[float], values: Sequence[Interval], colour: str, label: str) -> None:
    means = [value.mean for value in values]
    reach = [[value.mean - value.low for value in values], [value.high - value.mean for value in values]]
    panel.errorbar(weights, means, reach, color=colour, marker="o", ms=4, capsize=3, lw=1.4, label=label or None)


def draw_rule(figure: Figure, run: Run, groups: tuple[str, str], mean: float) -> None:
    """How often the best rule, and the learned policy at w = 1, buy and sell at each price."""
    timings = run.events("timings")
    panel = figure.subplots()
    edges = np.arange(-10.5, 11.0, 1.0)
    for group, style, text in zip(groups, ("--", "-"), ("best rule", "learned, w = 1"), strict=True):
        own = timings.filter(pc.starts_with(timings["agent"].cast("string"), f"{group}_"))
        price = 1e4 * np.log(own["reference"].to_numpy() / mean)
        quantity = own["quantity"].to_numpy()
        total, _ = np.histogram(price, edges)
        for sign, colour, side in ((1, COLOURS[0], "buys"), (-1, COLOURS[1], "sells")):
            count, _ = np.histogram(price[sign * quantity > 0], edges)
            share = np.divide(count, total, out=np.full(len(count), np.nan), where=total >= 10)
            panel.plot(edges[:-1] + 0.5, share, style, color=colour, lw=1.6, label=f"{text}: {side}")
    panel.set_xlabel("price above its mean, bp")
    panel.set_ylabel("share of decisions")
    panel.legend(fontsize="small", frameon=False, loc="center left")


app = App(help=__doc__)


@app.default
def study(
    *,
    out: Annotated[Path, Parameter(help="Folder to write to.")] = Path("runs/investor_timing"),
    quick: Annotated[bool, Parameter(help="Learn for half a minute.", negative=())] = False,
    seeds: Annotated[int | None, Parameter(help="How many times to learn: seeds 0, 1, ...")] = None,
    decisions: Annotated[int | None, Parameter(help="To learn from on the mean-reverting price.")] = None,
) -> None:
    """Learn, judge, and write the page."""
    size = QUICK if quick else FULL
    size = attrs.evolve(size, seeds=seeds or size.seeds, decisions=decisions or size.decisions)
    scenario = load(HERE / "scenario.toml").scenario
    command = f"python examples/investor_timing/study.py{' --quick' if quick else ''}"
    command += f" --seeds {size.seeds} --decisions {size.decisions} --out {out}"
    with Notes(out, "Investors who time their trades", command=command, quick=quick) as notes:
        notes.say(
            f"Seeds {', '.join(map(str, range(size.seeds)))}; {size.decisions:,} decisions each, "
            f"{size.martingale:,} on the martingale price; judged in {size.episodes} further sessions a seed, two "
            f"investors of each kind in each. "
            "Intervals: 95 %, over the sessions of all seeds."
        )
        notes.say(
            "The talk (slide 16): with a target of 75 % bought and 25 % sold, w = 0 matches the target, w = 0.25 and "
            "0.75 match it but time their trades, w = 1 ignores it and trades for profit and loss. It gives no price "
            "process, no costs and no scale of the target: those here are our own choice."
        )
        mean_reverting(notes, scenario, size)
        martingale(notes, scenario, size)


if __name__ == "__main__":
    app()
