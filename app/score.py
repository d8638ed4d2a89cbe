"""`catallaxy score`: a dealer learns an instance that can be solved exactly, and is scored against the optimum."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import attrs
import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from catallaxy.engine import EventLog
from catallaxy.learners import PPO, Mirror, PPOConfig, Trainer, policy_specs
from catallaxy.market.dealer.tick_session import FAMILY, Choice, TickSession, simulate, tabulated
from catallaxy.market.reference.estimates import Estimate
from catallaxy.market.reference.tick_dealer import TickDealer, TickPolicy, evaluate
from catallaxy.market.reference.tick_yardsticks import Yardstick, yardstick

from .config import ConfigError, load_as
from .display import console
from .metrics import write_metrics
from .runs import check_vacant
from .strict import plain
from .train import learn

ROLLOUT, FEW, UPDATES = 16_384, 2_048, 100  # decisions in a rollout at most and, to get as many updates, at least
SIMULATED_DEALERS, SIMULATED_TICKS, BURN_IN = 80, 3_000, 400
_NO_GAP = 1e-5  # of the objective: about what the optimum is known to
_SURE = 1.96  # standard errors to either side of a 95 % interval


def recipe(dealer: TickDealer, decisions: int) -> PPOConfig:
    """How the dealer learns, the same for every instance.

    What matters: quotes are explored by little noise, for the best quote under much noise is a wider one. Rewards are
    rare and skewed (most ticks bring nothing, a few a large trade), so the actor passes over each rollout once and
    clips late, or clipping would cut off the good news first; the critic passes often and learns from longer returns,
    so that the actor's advantages can be short and quiet, and it learns alone at first. It begins with tight quotes and
    little hedging, where much happens that teaches. Means are kept within their bounds and hedges, which are rounded,
    keep some noise, or hedging would fall asleep at h = 0; in the end it fades, so that a hedge is made or not. The
    noise of single updates is averaged away.
    """
    quotes_and_hedge = np.array([[-0.6, 0.0, -0.5], [0.03, 0.03, 0.1]])
    initial_mean, min_std = Choice.of(dealer).pick(quotes_and_hedge).tolist()
    return PPOConfig(
        learning_rate=2e-3,
        decay=decisions,
        decay_power=2.0,
        decay_floor=0.01,
        averaging=10.0,
        initial_mean=initial_mean,
        initial_std=0.1,
        min_std=min_std,
        min_std_left=0.2,
        lam=0.5,
        value_lam=0.95,
        epochs=1,
        value_epochs=4,
        warmup=min(150_000, decisions // 10),
        clip=0.5,
        entropy_weight=0.01,
        bounds_weight=10.0,
    )


@attrs.frozen
class Score:
    """What the learned policy is worth for one type; the objectives in MEUR bp per minute.

    Attributes:
        gamma: risk aversion, 1/(bp MEUR).
        learned: J of the learned policy, by exact evaluation.
        fixed: J of the best constant half-spread and hedge without skew.
        best: J of the optimum.
        simulated: J of the learned policy, by playing it in a world.
    """

    gamma: float
    learned: float
    fixed: float
    best: float
    simulated: Estimate

    @property
    def score(self) -> float:
        """0 for the best fixed policy, 1 for the optimum; NaN if that is no better, as where hedging is free."""
        return self._of(self.learned)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the simulated score."""
        width = _SURE * self.simulated.error
        return self._of(self.simulated.mean - width), self._of(self.simulated.mean + width)

    def _of(self, objective: float) -> float:
        gap = self.best - self.fixed
        return (objective - self.fixed) / gap if gap > _NO_GAP * abs(self.best) else math.nan

    def describe(self) -> dict[str, Any]:
        """As plain data, with None where there is no score."""
        low, high = map(_or_none, self.interval)
        simulated: dict[str, float | None] = {"J": self.simulated.mean, "standard_error": self.simulated.error}
        simulated |= {"score": _or_none(self._of(self.simulated.mean)), "score_low": low, "score_high": high}
        return {
            "gamma": self.gamma,
            "J": self.learned,
            "J_fixed": self.fixed,
            "J_star": self.best,
            "score": _or_none(self.score),
            "simulated": simulated,
        }


def _or_none(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if math.isnan(value) else value


def score(
    path: Path, out: Path, *, decisions: int, seed: int, workers: int = 1, force: bool = False, quiet: bool = False
) -> list[Score]:
    """Learn an instance and write the run folder `out`.

    It then holds `policy.csv`, `scores.json`, `checkpoints/latest.pt` and `metrics/` (learning curve and scores).

    Args:
        path: instance file, all fields of `TickDealer`.
        out: run folder.
        decisions: to learn from.
        seed: root seed of learning; the simulation has a root of its own.
        workers: processes to gather in; what is learned does not depend on it.
        force: whether an earlier run in `out` may be replaced.
        quiet: whether to print nothing.

    Raises:
        CatallaxyError: the instance or the folder can't be used, or learning diverged.
        KeyboardInterrupt: after Ctrl-C, with the checkpoint of the last update written.
    """
    session = TickSession(_read(path))
    check_vacant(out, force=force)
    screen = console(quiet=quiet)
    settings = recipe(session.dealer, decisions)
    described = {"file": path.name, "instance": plain(session.dealer), "ppo": plain(settings), "decisions": decisions}
    with EventLog(out, seed=seed, scenario=described, overwrite=force):
        yardsticks = _solve(session.dealer, screen)
        start = perf_counter()
        policy = _learn(session, settings, decisions, seed, workers, out, screen)
        seconds = perf_counter() - start
        gammas = session.dealer.gammas
        tables = {gamma: tabulated(session.dealer, gamma, lambda rows: policy.act(rows).actions) for gamma in gammas}
        scores = _judge(session, policy, tables, yardsticks, seed)
        _write(out, tables, scores, {**described, "seed": seed, "seconds": seconds})
    _show(scores, screen)
    screen.print(f"learned {decisions:,} decisions in {seconds:,.0f} s; policy and scores are in {out}")
    return scores


def _read(path: Path) -> TickDealer:
    dealer = load_as(path, TickDealer)
    if not dealer.skew[0] <= 0.0 <= dealer.skew[1]:
        raise ConfigError(f"{path}: skew = {list(dealer.skew)}: must contain 0, the skew of the fixed policies")
    if not Choice.of(dealer).space.shape[0]:
        raise ConfigError(
            f"{path}: half_spread, skew and hedge are single points, so there is nothing to learn: widen one of them"
        )
    return dealer


def _solve(dealer: TickDealer, screen: Console) -> list[Yardstick]:
    found = []
    for gamma in dealer.gammas:
        with screen.status(f"solving for the optimum at gamma = {gamma:g}"):
            found.append(yardstick(dealer, gamma))
    return found


def _learn(
    session: TickSession, settings: PPOConfig, decisions: int, seed: int, workers: int, out: Path, screen: Console
) -> Mirror:
    learner = PPO(policy_specs(session.build(seed, 0))[FAMILY], settings, seed=seed)
    trainer = Trainer(
        partial(session.build, seed),
        {FAMILY: learner},
        horizon=session.horizon,
        decisions=decisions,
        rollout=min(ROLLOUT, max(FEW, decisions // UPDATES), decisions),
        worlds=session.worlds,
        workers=min(workers, session.worlds),
        checkpoints=out / "checkpoints",
        checkpoint_every=50,
    )
    learn(trainer, out, screen)
    return learner.policy.averaged()


def _judge(
    session: TickSession,
    policy: Mirror,
    tables: Mapping[float, TickPolicy],
    yardsticks: Sequence[Yardstick],
    seed: int,
) -> list[Score]:
    played = simulate(session, policy, seed + 1, dealers=SIMULATED_DEALERS, ticks=SIMULATED_TICKS, burn_in=BURN_IN)
    return [
        Score(
            gamma=one.gamma,
            learned=evaluate(session.dealer, one.gamma, tables[one.gamma]).objective,
            fixed=one.fixed.objective,
            best=one.optimum.measures.objective,
            simulated=played[one.gamma],
        )
        for one in yardsticks
    ]


def _write(out: Path, tables: Mapping[float, TickPolicy], scores: Sequence[Score], run: Mapping[str, Any]) -> None:
    with (out / "policy.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["gamma", "q", "s", "u", "h"])
        for gamma, table in tables.items():
            limit = len(table.s) // 2
            for place, row in enumerate(zip(table.s.tolist(), table.u.tolist(), table.h.tolist(), strict=True)):
                writer.writerow([gamma, place - limit, *row])
    rows = [one.describe() for one in scores]
    found = {"mean": _or_none(mean(scores)), "worst": _or_none(worst(scores)), "types": rows}
    (out / "scores.json").write_text(json.dumps({**found, **run}, indent=2) + "\n", encoding="utf-8")
    write_metrics(
        out, "scores", ({name: row[name] for name in ("gamma", "J", "J_fixed", "J_star", "score")} for row in rows)
    )


def _known(scores: Sequence[Score]) -> list[float]:
    return [one.score for one in scores if not math.isnan(one.score)]


def mean(scores: Sequence[Score]) -> float:
    """The mean score over the types that have one."""
    known = _known(scores)
    return sum(known) / len(known) if known else math.nan


def worst(scores: Sequence[Score]) -> float:
    """The least score of the types that have one."""
    return min(_known(scores), default=math.nan)


def _show(scores: Sequence[Score], screen: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, title="Objectives in MEUR bp per minute", title_justify="left")
    for title in ("gamma", "best fixed", "learned", "simulated", "optimum", "score", "simulated, 95 %"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in scores:
        low, high = one.interval
        found = ("none", "") if math.isnan(one.score) else (f"{one.score:.3f}", f"{low:.3f} to {high:.3f}")
        values = f"{one.fixed:.4f}", f"{one.learned:.4f}", f"{one.simulated.mean:.4f}", f"{one.best:.4f}"
        table.add_row(f"{one.gamma:g}", *values, *found)
    screen.print(table)
    if known := _known(scores):
        screen.print(f"mean score {mean(scores):.3f}, worst type {worst(scores):.3f}")
    if len(known) < len(scores):
        screen.print("no score where the optimum is no better than the best fixed policy")
