"""Result 1 of the talk: one shared policy for investors who weigh profit and loss by w against a quantity target.

python examples/investor_timing/study.py --out runs/investor_timing
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from figures import draw_panels, draw_rule, draw_weights

from catallaxy.agents import Constant, Policy
from catallaxy.config import load
from catallaxy.dealer.investors import played
from catallaxy.engine import EventLog
from catallaxy.learners import PPOConfig
from catallaxy.market.dealer import DealerScenario, InvestorGroup, Twap
from catallaxy.market.dealer.investors.optimal import BestTiming
from catallaxy.market.measures import Interval, interval
from catallaxy.market.prices import BrownianPrice
from catallaxy.runs import open_run
from catallaxy.study import Notes, learn

WEIGHTS = (0.0, 0.25, 0.75, 1.0)
COST = 0.3  # bp, what the scenario's makers charge
DEAR = 1.0  # bp, on the martingale price
MEASURED = ("bought", "sold", "target_error", "execution_cost", "pnl")
JUDGED = 1_000  # added to a seed for the episodes that it is judged by
Floats = npt.NDArray[np.float64]


@attrs.frozen
class Size:
    """How much is learned and played."""

    seeds: tuple[int, ...]
    decisions: int
    martingale: int
    episodes: int


FULL = Size(seeds=(0, 1), decisions=220_000, martingale=98_304, episodes=80)
QUICK = Size(seeds=(0,), decisions=49_152, martingale=32_768, episodes=20)


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
    for seed in size.seeds:
        acting = policies(scenario, learned(scenario, seed, size.decisions))
        tables.append(played(shown, acting, seed=JUDGED + seed, episodes=size.episodes))
        if seed == size.seeds[0]:
            with EventLog(notes.out / "sessions", seed=JUDGED, overwrite=True) as log:
                played(shown, acting, seed=JUDGED, episodes=20, log=log)
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
    notes.table(["investor", *(f"seed {seed}, {m}" for seed in size.seeds for m in KEPT)], by_seed)
    say_ends(notes, found)
    score(notes, tables, size.seeds)
    run = open_run(notes.out / "sessions")
    with notes.figure("sessions.png", 9.0, 6.4) as figure:
        draw_panels(figure, run, [name_of(weight) for weight in WEIGHTS], WEIGHTS)
    with notes.figure("weights.png", 9.0, 3.4) as figure:
        draw_weights(figure, WEIGHTS, [found[name_of(weight)] for weight in WEIGHTS], found["twap"], found["best"])
    with notes.figure("rule.png", 6.4, 3.6) as figure:
        draw_rule(figure, run, ("best", "w100"), scenario.price.mean)
    say_books(notes, run)


KEPT = ("target_error", "pnl")


def label(group: str) -> str:
    known = {"twap": "TWAP (scripted)", "best": "best rule (dynamic programming)"}
    return known.get(group) or f"w = {int(group[1:]) / 100:g}"


def say_ends(notes: Notes, found: Mapping[str, Mapping[str, Interval]]) -> None:
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


def score(notes: Notes, tables: Sequence[pa.Table], seeds: Sequence[int]) -> None:
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
    notes.numbers["score"] = {"mean": ratio, "reach": reach, "by_seed": dict(zip(seeds, by_seed, strict=True))}


def say_books(notes: Notes, run: object) -> None:
    """Money and assets: all openings together are all closings together, to the last unit."""
    rows = run.events("statements").to_pylist()  # type: ignore[attr-defined]
    totals = {True: [0, 0], False: [0, 0]}
    for row in rows:
        totals[row["closing"]][0] += row["inventory"]
        totals[row["closing"]][1] += row["dollars"] * 10**9 + row["nanodollars"]
    assert totals[True] == totals[False]
    notes.say(
        f"In the log of 20 sessions the {len(rows) // 2} opening statements of all parties add up to the same EUR and "
        "the same 10⁻⁹ USD as their closing statements."
    )


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
    for seed in size.seeds:
        config = PPOConfig(learning_rate=2e-3, decay=size.martingale, lam=0.3, value_lam=0.9, minibatch=512)
        policy = learn(flat, seed=seed, decisions=size.martingale, config=config, rollout=4096, worlds=64)
        for name, acting in (("learned", policy["investors"]), ("best rule", best)):
            table = played(flat, {"investor": acting}, seed=JUDGED + seed, episodes=size.episodes // 2)
            measures = [interval(column([table], "investor", m)) for m in ("bought", "sold", "pnl")]
            rows.append([seed, name, *measures])
    notes.say("## Martingale price")
    notes.say(f"w = 1 alone, {DEAR:g} bp to trade, at most 10 MEUR held. It is best never to trade.")
    notes.table(["seed", "rule", "bought", "sold", "P&L, MEUR bp"], rows)
    traded = [row[2].mean + row[3].mean for row in rows if row[1] == "learned"]
    notes.say(f"The learned policies trade at {', '.join(f'{share:.2%}' for share in traded)} of their decisions.")
    notes.numbers["martingale"] = {"traded": dict(zip(size.seeds, traded, strict=True))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small variant, under two minutes")
    parser.add_argument("--out", type=Path, default=Path("runs/investor_timing"))
    given = parser.parse_args()
    size = QUICK if given.quick else FULL
    scenario = load(Path(__file__).parent / "scenario.toml").scenario
    command = "python examples/investor_timing/study.py" + (" --quick" if given.quick else "")
    with Notes(given.out, "Investors who time their trades", command=command, quick=given.quick) as notes:
        notes.say(
            f"Seeds {', '.join(map(str, size.seeds))}; {size.decisions:,} decisions each, {size.martingale:,} on the "
            f"martingale price; judged in {size.episodes} further sessions a seed, two investors of each kind in each. "
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
    main()
