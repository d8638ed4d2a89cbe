"""The loop of calibration: agents keep learning while a calibrator tries compositions on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any, Literal, get_args

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream, stream
from catallaxy.learners import load_checkpoint, save_checkpoint

from .calibrator import Calibrator, Memory, Recommendation, Setting
from .errors import CalibrationError
from .methods import METHODS, RECOMMENDED, make_calibrator
from .problem import Population, Problem
from .targets import Targets

Floats = npt.NDArray[np.float64]

Agents = Literal["conditioned", "warm", "cold", "frozen"]

SCALING = 0.5
"""Part of the burn-in, at its end, from which the measures' spread over the prior is taken."""


def _tuple(marks: Iterable[int]) -> tuple[int, ...]:
    return tuple(marks)


@attrs.frozen
class Plan:
    """How a calibration is to go.

    Attributes:
        budget: simulated agents' decisions in all: burn-in, exploration and learning are the same decisions.
        method: the calibrator's name.
        places: compositions played side by side.
        burn_in: part of the budget in which compositions are drawn from the prior, for agents to learn from; the same
            for every method, and every method is told what they showed.
        agents: how they follow the compositions. "conditioned": they are told the one that they live in, and keep
            learning; "warm": they keep learning, but are not told; "cold": they begin anew whenever others are tried;
            "frozen": conditioned, and learn no more once the burn-in is over.
        seed: root seed.
        marks: budgets on the way, increasing, at which the recommendation is kept; that at the end always is.
    """

    budget: int = attrs.field(default=2_400_000, validator=attrs.validators.gt(0))
    method: str = attrs.field(default=RECOMMENDED, validator=attrs.validators.in_(tuple(METHODS)))
    places: int = attrs.field(default=16, validator=attrs.validators.ge(2))
    burn_in: float = attrs.field(default=0.2, validator=[attrs.validators.gt(0.0), attrs.validators.lt(1.0)])
    agents: Agents = attrs.field(default="conditioned", validator=attrs.validators.in_(get_args(Agents)))
    seed: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    marks: tuple[int, ...] = attrs.field(default=(), converter=_tuple)

    def __attrs_post_init__(self) -> None:
        ends = [self.burn_in * self.budget, *self.marks, self.budget]
        if any(later <= earlier for earlier, later in pairwise(ends)):
            raise CalibrationError(
                f"marks must increase from the burn-in's end ({ends[0]:g} decisions) to the budget ({self.budget}), "
                f"got {list(self.marks)}"
            )


@attrs.frozen(eq=False)
class Mark:
    """What a calibration recommended when it had spent a budget.

    Attributes:
        budget: decisions.
        seconds: CPU time of the calibration until then.
        found: the recommendation.
    """

    budget: int
    seconds: float
    found: Recommendation


@attrs.frozen(eq=False)
class Step:
    """What one iteration has brought.

    Attributes:
        iteration: its number, from 1 on.
        decisions: spent so far.
        loss: mean loss of the episodes just played; NaN during the burn-in.
        points: the compositions that were played, shape (places, d).
        measures: what they showed, shape (places, m).
    """

    iteration: int
    decisions: int
    loss: float
    points: Floats
    measures: Floats


class Calibration:
    """Iterate over it and every iteration yields a `Step`; breaking off leaves everything as after the last one.

    Args:
        problem: the market.
        plan: how to go about it.
        make: makes the calibrator, instead of the plan's method.

    Attributes:
        population: the agents, who learn along.
        calibrator: None during the burn-in.
        targets: scaled targets; None during the burn-in.
        memory: all compositions played and what they showed.
        marks: what was recommended at the plan's marks, and at the end.
        seconds: CPU time of all iterations.
    """

    def __init__(
        self, problem: Problem, plan: Plan, *, make: Callable[[Setting, int], Calibrator] | None = None
    ) -> None:
        self.problem, self.plan = problem, plan
        self._make = make or (lambda setting, seed: make_calibrator(plan.method, setting, seed))
        conditioned = plan.agents in ("conditioned", "frozen")
        self.population: Population = problem.populate(places=plan.places, seed=plan.seed, conditioned=conditioned)
        self.memory = Memory(problem.space.size, len(problem.targets))
        self.targets: Targets | None = None
        self.calibrator: Calibrator | None = None
        self.marks: list[Mark] = []
        self.seconds = 0.0
        self._last: Floats = np.empty(0)

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return self.population.decisions >= self.plan.budget

    def __iter__(self) -> Iterator[Step]:
        while not self.done:
            began = process_time()
            step = self._iterate()
            ahead = [*self.plan.marks, self.plan.budget][len(self.marks) :]
            passed = [(budget, self.recommend()) for budget in ahead if step.decisions >= budget]
            self.seconds += process_time() - began
            self.marks += [Mark(budget, self.seconds, found) for budget, found in passed]
            yield step

    def recommend(self) -> Recommendation:
        """The composition that the calibrator would choose now.

        Raises:
            CalibrationError: the burn-in is not over.
        """
        if self.calibrator is None:
            raise CalibrationError("the burn-in is not over: there is nothing to recommend yet")
        return self.calibrator.recommend(self._rng("recommend"))

    def _iterate(self) -> Step:
        population, plan = self.population, self.plan
        if self.calibrator is None and population.decisions >= plan.burn_in * plan.budget and len(self.memory):
            self._begin()
        if self.calibrator is None:
            points = np.asarray(self._rng("burn-in").random((plan.places, self.problem.space.size)))
        else:
            points = np.clip(self.calibrator.ask(self._rng("ask")), 0.0, 1.0)
            if plan.agents == "cold" and not np.array_equal(points, self._last):
                population.forget(population.iterations)
            self._last = points
        measures = population.explore(points)
        spent, loss = population.decisions, float("nan")
        self.memory.add(points, measures, spent)
        if self.calibrator is not None and self.targets is not None:
            self.calibrator.tell(points, measures, spent, self._rng("tell"))
            losses = self.targets.loss(measures)
            known = losses[np.isfinite(losses)]  # a measure may be undefined in an episode
            loss = float(known.mean()) if len(known) else float("nan")
        return Step(population.iterations, spent, loss, points, measures)

    def _begin(self) -> None:
        """End the burn-in: scale the targets, and tell the calibrator what was seen."""
        points, measures, spent = self.memory.points, self.memory.measures, self.memory.spent
        late = spent >= (1.0 - SCALING) * spent[-1]
        self._set_out(Targets.scaled(self.problem.targets, measures[late]))
        assert self.calibrator is not None
        for moment in np.unique(spent):
            self.calibrator.tell(points[spent == moment], measures[spent == moment], int(moment), self._rng("tell"))
        self.population.learning = self.plan.agents != "frozen"

    def _set_out(self, targets: Targets) -> None:
        self.targets = targets
        setting = Setting(self.problem.space.size, targets, self.plan.places, self.plan.budget)
        self.calibrator = self._make(setting, self.plan.seed)

    def _rng(self, purpose: str) -> Stream:
        """Of this iteration alone: what a calibration does next depends on its state, not on how it came there."""
        return stream(self.plan.seed, self.population.iterations, "calibrator", purpose)

    def save(self, path: str | Path) -> None:
        """Write all that is needed to go on."""
        begun = self.calibrator is not None and self.targets is not None
        state: dict[str, Any] = {
            **self._identity(),
            "population": self.population.state_dict(),
            "memory": self.memory.state_dict(),
            "last": self._last,
            "seconds": self.seconds,
            "marks": [[mark.budget, mark.seconds, mark.found.point, mark.found.draws] for mark in self.marks],
            "scale": self.targets.scale if begun and self.targets else None,
            "calibrator": self.calibrator.state_dict() if begun and self.calibrator else None,
        }
        save_checkpoint(path, self.population.learners, {"calibration": state})

    def resume(self, path: str | Path) -> None:
        """Go on from what `save` has written, with the same numbers as if it had never stopped.

        Raises:
            CalibrationError: it is another calibration's; says what differs.
            CheckpointError: it is damaged.
        """
        state = load_checkpoint(path, self.population.learners).get("calibration")
        if state is None:
            raise CalibrationError(f"{path} is no calibration's checkpoint")
        now = self._identity()
        if told := [f"{name} was {state[name]}, not {now[name]}" for name in now if state[name] != now[name]]:
            raise CalibrationError(f"{path} is of another calibration: {'; '.join(told)}")
        self.population.load_state_dict(state["population"])
        self.memory.load_state_dict(state["memory"])
        self._last, self.seconds = state["last"], float(state["seconds"])
        self.marks = [Mark(budget, spent, Recommendation(*found)) for budget, spent, *found in state["marks"]]
        if state["scale"] is not None:
            self._set_out(Targets(tuple(self.problem.targets), np.asarray(state["scale"], np.float64)))
            assert self.calibrator is not None
            self.calibrator.load_state_dict(state["calibrator"])
            self.population.learning = self.plan.agents != "frozen"

    def _identity(self) -> dict[str, Any]:
        """What must be the same for a calibration to be resumed."""
        return {
            "plan": {**attrs.asdict(self.plan), "marks": list(self.plan.marks)},
            "parameters": list(self.problem.space.names),
            "measures": [target.measure for target in self.problem.targets],
        }
