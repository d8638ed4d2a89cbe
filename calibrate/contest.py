"""A contest of calibrators on planted truths: the same burn-in, budgets and judges for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import stream

from .calibration import Agents, Calibration, Plan
from .calibrator import Calibrator, Setting
from .methods import RECOMMENDED
from .problem import Problem
from .targets import Target, Targets
from .verdict import Protocol, judge

Floats = npt.NDArray[np.float64]

MARGIN = 0.1
"""Truths are planted that far from the faces of the unit cube."""
PLANTINGS = 5
"""Trainings whose mean measures are a truth's targets; and as many others that give its floor."""


@attrs.frozen
class Planted:
    """A truth that is to be found.

    Attributes:
        number: counts truths.
        point: the truth, in the unit cube.
        values: what it shows: the targets.
        floor: mean loss of agents who learn at the truth itself, from scratch.
        prior: mean loss at the middle of the prior.
    """

    number: int
    point: tuple[float, ...]
    values: tuple[float, ...]
    floor: float
    prior: float


@attrs.frozen
class Entry:
    """What one method has recommended for one truth at one budget, and what that is worth.

    Attributes:
        truth: its number.
        method: the calibrator's name.
        agents: how agents follow the compositions, see `Plan`.
        budget: decisions, all counted.
        seconds: CPU time of the calibration until then.
        point: the recommendation, in the unit cube.
        low, high: ends of its 95 % intervals; empty if it gives none.
        losses: of each training from scratch.
    """

    truth: int
    method: str
    agents: Agents
    budget: int
    seconds: float
    point: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(np.mean(self.losses))


@attrs.frozen(eq=False)
class Contest:
    """How calibrators are compared.

    Attributes:
        make: the market, as a problem whose targets have given values.
        budgets: at which methods are asked for their recommendation, increasing; a run goes on from each to the next.
        protocol: how recommendations are judged.
        seed: root of truths, calibrations and verdicts; all of these differ.
        others: calibrators that are no method of `METHODS`, such as one's own, by name; made from setting and seed.
    """

    make: Callable[[Sequence[float]], Problem]
    budgets: tuple[int, ...] = (800_000, 2_400_000)
    protocol: Protocol = attrs.field(factory=Protocol)
    seed: int = 0
    others: Mapping[str, Callable[[Setting, int], Calibrator]] = attrs.field(factory=dict)

    def ground(self) -> dict[str, Any]:
        """What all truths have in common: the targets' scale, and what the middle of the prior shows.

        The scale is taken as a calibration takes it: from agents who learn while compositions are drawn from the prior.
        """
        problem = self._problem()
        population = problem.populate(places=self.protocol.places, seed=self._draw(0, "scale"), conditioned=True)
        seen: list[Floats] = []
        while population.decisions < self.protocol.decisions:
            rng = stream(self.seed, population.iterations, "contest", "scale")
            seen.append(population.explore(np.asarray(rng.random((self.protocol.places, problem.space.size)))))
        late = np.concatenate(seen[len(seen) // 2 :])
        scale = Targets.scaled(problem.targets, late[np.isfinite(late).all(axis=1)]).scale
        middle = np.full(problem.space.size, 0.5)
        targets = Targets(tuple(problem.targets), scale)
        shown = judge(problem, middle, targets, self._plantings(), self._draw(0, "prior")).measures
        return {"scale": scale.tolist(), "prior": shown.tolist()}

    def plant(self, number: int, ground: dict[str, Any]) -> Planted:
        """Draw a truth, let agents learn to live in it, and take what they show for the targets."""
        problem = self._problem()
        rng = stream(self.seed, number, "contest", "truth")
        point = MARGIN + (1.0 - 2.0 * MARGIN) * rng.random(problem.space.size)
        blank = Targets(tuple(problem.targets), np.asarray(ground["scale"]))
        values = judge(problem, point, blank, self._plantings(), self._draw(number, "values")).measures.mean(axis=0)
        targets = self._targets(values, ground)
        floor = judge(problem, point, targets, self._plantings(), self._draw(number, "floor")).loss
        prior = float(targets.loss(np.asarray(ground["prior"])).mean())
        return Planted(number, tuple(point.tolist()), tuple(values.tolist()), floor, prior)

    def enter(
        self, planted: Planted, ground: dict[str, Any], method: str, agents: Agents = "conditioned"
    ) -> list[Entry]:
        """Let a method look for a truth, and judge what it recommends at each budget."""
        problem, targets = self.make(planted.values), self._targets(planted.values, ground)
        seed = self._draw(planted.number, "calibration")
        known = RECOMMENDED if method in self.others else method
        plan = Plan(budget=self.budgets[-1], method=known, agents=agents, seed=seed, marks=self.budgets[:-1])
        calibration = Calibration(problem, plan, make=self.others.get(method))
        for _ in calibration:
            pass
        entries: list[Entry] = []
        for mark in calibration.marks:
            low, high = mark.found.interval() or (np.empty(0), np.empty(0))
            verdict = judge(problem, mark.found.point, targets, self.protocol, self._draw(planted.number, "verdict"))
            told = (tuple(each.tolist()) for each in (mark.found.point, low, high, verdict.losses))
            entries.append(Entry(planted.number, method, agents, mark.budget, mark.seconds, *told))
        return entries

    def _problem(self) -> Problem:
        return self.make(())

    def _plantings(self) -> Protocol:
        return attrs.evolve(self.protocol, trainings=PLANTINGS)

    def _targets(self, values: Sequence[float] | Floats, ground: dict[str, Any]) -> Targets:
        targets: tuple[Target, ...] = tuple(self.make([float(value) for value in values]).targets)
        return Targets(targets, np.asarray(ground["scale"]))

    def _draw(self, number: int, purpose: str) -> int:
        return int(stream(self.seed, number, "contest", purpose).integers(2**31))
