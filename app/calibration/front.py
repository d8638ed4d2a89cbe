"""What `catallaxy calibrate` does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import attrs
from rich.console import Console

from catallaxy.calibrate import (
    Calibration,
    Plan,
    Protocol,
    Recommendation,
    Settled,
    Targets,
    fits,
    flat_directions,
    judge,
    local_map,
)
from catallaxy.engine import EventLog, stream

from ..display import console
from ..interrupts import stopping
from ..metrics import MetricsWriter
from ..progress import learning_progress
from ..runs import check_resumable, check_vacant
from ..scenario_text import write_scenario
from ..strict import plain
from .answer import Answer, Recommended, show
from .study import MarketProblem, read_study

CHECKPOINT = "checkpoints/calibration.pt"
KEPT = ("checkpoints", "metrics")


def calibrate(
    path: Path,
    out: Path,
    *,
    plan: Mapping[str, Any],
    protocol: Protocol | None,
    workers: int,
    resume: bool,
    force: bool,
    quiet: bool,
    as_json: bool,
) -> Answer:
    """Calibrate a market into the run folder `out`, and judge what was recommended by a protocol, if one is given.

    The folder then holds `composition.toml` (a scenario file that every other verb takes), `results.json`,
    `metrics/calibration.arrows` (every iteration) and a checkpoint from which `--resume` goes on.

    Raises:
        CatallaxyError: the study or the folder can't be used, or an agent failed.
        KeyboardInterrupt: after Ctrl-C, with a checkpoint of the iteration under way.
    """
    problem = read_study(path, workers=workers)
    settings = Plan(places=problem.tuning.places, burn_in=problem.tuning.burn_in, **plan)
    described = _describe(problem, path, settings)
    if resume:
        check_resumable(out, "calibrate", _about(described), _about)
    else:
        check_vacant(out, force=force)
    screen = console(quiet=quiet or as_json)
    calibration = Calibration(problem, settings)
    keep = KEPT if resume else ()
    with EventLog(out, seed=settings.seed, scenario=described, overwrite=force or resume, keep=keep):
        (out / "checkpoints").mkdir(exist_ok=True)
        if resume and (out / CHECKPOINT).is_file():
            calibration.resume(out / CHECKPOINT)
        _run(calibration, out, screen)
        with MetricsWriter(out, "marks") as marks:
            for mark in calibration.marks:
                marks.write({"budget": mark.budget, "cpu_seconds": mark.seconds})
        answer = _answer(problem, calibration, protocol, screen)
        (out / "results.json").write_text(json.dumps(answer.describe(), indent=2) + "\n", encoding="utf-8")
        write_scenario(problem.study, problem.scenario(answer.values), out / "composition.toml")
    if as_json:
        print(json.dumps(answer.describe(), indent=2))
    else:
        show(answer, out, screen)
    return answer


def _run(calibration: Calibration, out: Path, screen: Console) -> None:
    stopped = False
    with (
        MetricsWriter(out, "calibration") as metrics,
        learning_progress(screen, calibration.plan.budget, calibration.population.decisions) as report,
        stopping(screen, "iteration") as signals,
    ):
        if calibration.population.iterations:
            metrics.go_on("iteration", calibration.population.iterations)
        try:
            began, before = perf_counter(), calibration.population.decisions
            for step in calibration:
                middle = calibration.problem.space.values(step.points.mean(axis=0))
                told = {"iteration": step.iteration, "decisions": step.decisions, "loss": step.loss}
                metrics.write({**told, **middle})
                place = ", ".join(f"{value:.3g}" for value in middle.values())
                seen = "burn-in" if calibration.calibrator is None else f"loss {step.loss:.3g} around ({place})"
                report(step.decisions, (step.decisions - before) / (perf_counter() - began), seen)
                if signals:
                    stopped = True
                    break
        finally:
            calibration.save(out / CHECKPOINT)
    if stopped:
        screen.print(f"stopped after {calibration.population.decisions:,} decisions: --resume goes on")
        raise KeyboardInterrupt


def _answer(problem: MarketProblem, calibration: Calibration, protocol: Protocol | None, screen: Console) -> Answer:
    found, targets, space = calibration.marks[-1].found, calibration.targets, problem.space
    assert targets is not None
    model = local_map(calibration.memory, found.point, targets)
    return Answer(
        values=space.values(found.point),
        intervals=_intervals(problem, found),
        fits=fits(model, found.point, targets),
        flat=flat_directions(model, found.point, space, targets),
        decisions=calibration.population.decisions,
        way=[Recommended(mark.budget, space.values(mark.found.point)) for mark in calibration.marks],
        verdicts=[] if protocol is None else _judged(problem, calibration, targets, protocol, screen),
        scale=targets.scale.tolist(),
    )


def _judged(
    problem: MarketProblem, calibration: Calibration, targets: Targets, protocol: Protocol, screen: Console
) -> list[Settled]:
    """Let agents learn each recommendation from scratch; the same seeds judge all runs of a study and a seed."""
    seed = int(stream(calibration.plan.seed, 0, "calibrate", "judge").integers(2**31))
    found = []
    for mark in calibration.marks:
        screen.print(f"judging what was recommended after {mark.budget:,} decisions ...", style="dim")
        found.append(judge(problem, mark.found.point, targets, protocol, seed))
    return found


def _intervals(problem: MarketProblem, found: Recommendation) -> dict[str, tuple[float, float]]:
    ends = found.interval()
    if ends is None:
        return {}
    low, high = (problem.space.values(end) for end in ends)
    return {name: (low[name], high[name]) for name in problem.space.names}


def _describe(problem: MarketProblem, path: Path, plan: Plan) -> dict[str, Any]:
    return {
        **problem.study.describe(),
        "calibration": {
            "file": str(path.resolve()),
            "parameters": [attrs.asdict(knob) for knob in problem.knobs],
            "targets": [attrs.asdict(aim) for aim in problem.aims],
            "tuning": plain(problem.tuning),
            "plan": attrs.asdict(plan),
        },
    }


def _about(described: Mapping[str, Any], _: int = 0) -> dict[str, Any]:
    """What decides on what is found, of what a run's manifest says; the seed stands in the plan."""
    about = {name: described[name] for name in ("scenario", "calibration")}
    plain: dict[str, Any] = json.loads(json.dumps(about, default=str))
    return plain
