"""Calibration studies: TOML in, a problem and a plan out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.calibrate import CalibrationError, Parameter, Space, WorldPopulation
from catallaxy.engine import MemoryLog, World
from catallaxy.learners import PPO, Learner, PolicySpec, PPOConfig, policy_specs

from ..config import Study, load, load_as
from ..paths import Assignment, PathError, changed, evolved, value_at
from ..policies import attach
from ..runs import open_run
from ..study import recipe
from .aims import Aim, read_table
from .checks import check_curve, check_measure, check_names, check_shown
from .shown import Shown

Floats = npt.NDArray[np.float64]

CORNERS = 256
"""Of a space, how many are tried before anything is simulated."""


@attrs.frozen
class Knob:
    """A parameter to calibrate: a study's `[[parameters]]`.

    Attributes:
        path: of the scenario's field, as `makers.bold.risk_aversion` or `shops.Z.connectivity`; several fields that
            are to share the value may be given, separated by commas.
        low, high: its bounds.
        transform: "linear", "log" or "logit".
    """

    path: str
    low: float
    high: float
    transform: Literal["linear", "log", "logit"] = "linear"

    @property
    def paths(self) -> list[str]:
        """The fields that it sets."""
        return [path.strip() for path in self.path.split(",")]


@attrs.frozen
class Tuning:
    """How a calibration learns: a study's `[tuning]`.

    Attributes:
        learning_rate: of the agents.
        hidden: sizes of their policy's hidden layers.
        epochs: passes over the transitions of each iteration.
        least_noise: what the standard deviation of continuous actions never falls below, in half-widths of their
            ranges. What agents do with their noise gone may go on changing for as long as they learn; with some left,
            they settle.
        places: compositions side by side.
        burn_in: part of the budget that is drawn from the prior.
    """

    learning_rate: float = attrs.field(default=2e-3, validator=attrs.validators.gt(0.0))
    hidden: tuple[int, ...] = (64, 64)
    epochs: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    least_noise: float = attrs.field(default=0.0, validator=attrs.validators.ge(0.0))
    places: int = attrs.field(default=16, validator=attrs.validators.ge(2))
    burn_in: float = attrs.field(default=0.2, validator=[attrs.validators.gt(0.0), attrs.validators.lt(1.0)])


@attrs.frozen
class StudyFile:
    """What a study's file says.

    Attributes:
        scenario: the market, a scenario file; its path is relative to the study's.
        parameters: what is calibrated.
        targets: what is to be met.
        table: further targets from a file: TOML, or CSV, Arrow or Parquet with a row for each.
        run: a run's folder: what it shows is the value of targets without one.
        tuning: how the agents learn.
    """

    scenario: Path
    parameters: tuple[Knob, ...]
    targets: tuple[Aim, ...] = ()
    table: Path | None = None
    run: Path | None = None
    tuning: Tuning = attrs.field(factory=Tuning)


class MarketProblem:
    """A market from a scenario file as a problem of calibration.

    Args:
        study: the scenario.
        knobs: what is calibrated.
        aims: what is to be met.
        tuning: how the agents learn.
        workers: processes that play the compositions of a population; what is found does not depend on it.
    """

    def __init__(
        self, study: Study, knobs: Sequence[Knob], aims: Sequence[Aim], tuning: Tuning, workers: int = 1
    ) -> None:
        self.study, self.knobs, self.aims, self.tuning = study, tuple(knobs), tuple(aims), tuning
        self.workers = workers
        self._logged = not all(aim.direct(study.market) for aim in aims)
        self.space = Space(tuple(self._parameter(knob) for knob in knobs))
        self.targets = [aim.target() for aim in aims]
        self.horizon = float(study.scenario.duration)

    def aiming(self, values: Sequence[float]) -> MarketProblem:
        """The same with other values of its targets, in their order."""
        pairs = zip(self.aims, values, strict=True)
        aims = [attrs.evolve(aim, value=float(value), uncertainty=0.0) for aim, value in pairs]
        return MarketProblem(self.study, self.knobs, aims, self.tuning, self.workers)

    def populate(self, *, places: int, seed: int, conditioned: bool) -> WorldPopulation:
        """See `Problem`."""
        return WorldPopulation(self, places=places, seed=seed, conditioned=conditioned, workers=self.workers)

    def scenario(self, values: Mapping[str, float]) -> Any:
        """The scenario of a composition."""
        scenario = self.study.scenario
        wanted = [(path, values[knob.path]) for knob in self.knobs for path in knob.paths]
        try:
            for path, value in wanted:
                scenario = evolved(scenario, path, value)
        except PathError as error:
            # One after the other they may contradict what is still to be changed, as a lower bound the old upper one.
            try:
                return changed(self.study.scenario, [self._assignment(path, value) for path, value in wanted])
            except PathError:
                raise error from None
        return scenario

    def _assignment(self, path: str, value: float) -> Assignment:
        return Assignment(path, "set", round(value) if type(value_at(self.study.scenario, path)) is int else value)

    def build(self, values: Mapping[str, float], seed: int, episode: int) -> World:
        """See `Market`."""
        world = self.study.market.build(self.scenario(values), seed, episode)
        if self._logged:
            MemoryLog().attach(world)
        return world

    def measure(self, worlds: Sequence[World]) -> Floats:
        """See `Market`."""
        shown = Shown.by_worlds(self.study.market, worlds)
        return np.array([aim.measured(shown) for aim in self.aims])

    def learners(self, world: World, seed: int) -> Mapping[str, Learner]:
        """See `Market`."""
        return {family: PPO(spec, self._recipe(spec), seed=seed) for family, spec in policy_specs(world).items()}

    def _recipe(self, spec: PolicySpec) -> PPOConfig:
        """How a family learns; agents keep learning to the end, so the step size does not fall."""
        tuning = self.tuning
        noisy = tuning.least_noise > 0.0 and not spec.options  # discrete actions have no such noise
        return recipe(
            1, decay=None, learning_rate=tuning.learning_rate, hidden=tuning.hidden, epochs=tuning.epochs,
            min_std=(tuning.least_noise,) * spec.action_size if noisy else (),
        )  # fmt: skip

    def check(self) -> None:
        """Try the corners of the space, and look for every measure and group.

        An episode of the middle is played if measures are named by their table, or are functions of the log: what is
        in them is known no earlier.

        Raises:
            CatallaxyError: a bound that the scenario does not allow, an unknown measure or group.
        """
        for corner in self._corners():
            self.scenario(self.space.values(corner))
        for aim in self.aims:
            check_measure(aim, self.study.market)
        world = self.build(self.space.values(np.full(self.space.size, 0.5)), 0, 0)
        names = {name for agent in world.agents.values() for name in (agent.name, getattr(agent, "group", agent.name))}
        shown = Shown.by_worlds(self.study.market, [world])
        for aim in self.aims:
            check_names(aim, names)
            if aim.at is not None:
                check_curve(aim, shown)
        if tables := [aim for aim in self.aims if aim.of_table]:
            attach(world, self.study.market.baseline(self.study.scenario))
            world.run(self.horizon)
            for aim in tables:
                check_shown(aim, shown)

    def _corners(self) -> list[Floats]:
        """All of them, or in many dimensions those with one parameter at another end than the rest."""
        size = self.space.size
        if 2**size <= CORNERS:
            return [np.array(corner) for corner in product((0.0, 1.0), repeat=size)]
        one = np.vstack([np.zeros(size), np.eye(size)])
        return [*one, *(1.0 - one)]

    def _parameter(self, knob: Knob) -> Parameter:
        for path in knob.paths:
            value_at(self.study.scenario, path)
        whole = all(type(value_at(self.study.scenario, path)) is int for path in knob.paths)
        return Parameter(knob.path, knob.low, knob.high, knob.transform, whole)


def read_study(path: str | Path, *, workers: int = 1) -> MarketProblem:
    """Read a calibration study, and check all of it before anything is simulated.

    Args:
        path: of the study's file.
        workers: see `MarketProblem`.

    Raises:
        CatallaxyError: a file that can't be read, contradictory bounds, unknown paths or measures, impossible targets;
            the message names it.
    """
    path = Path(path)
    file = load_as(path, StudyFile, whole=False)
    aims = [*file.targets, *(() if file.table is None else read_table(file.table))]
    aims = [aim.at_home(path.parent) for aim in aims]
    if not aims:
        raise CalibrationError(f'{path}: there is nothing to calibrate to: give [[targets]], or table = "targets.csv"')
    study = load(file.scenario, learning=True)
    problem = MarketProblem(study, file.parameters, _with_values(aims, file.run, study), file.tuning, workers)
    problem.check()
    return problem


def _with_values(aims: Sequence[Aim], folder: Path | None, study: Study) -> list[Aim]:
    """The targets, those without a value with that of a run."""
    without = [aim for aim in aims if aim.value is None]
    if not without:
        return list(aims)
    if folder is None:
        raise CalibrationError(f"target {without[0].name} has no value: give it one, or a `run` that shows it")
    run, market = open_run(folder, study.market.name), study.market
    if run.market is not market:
        raise CalibrationError(f"{folder} is a run of market {run.market.name!r}, the study is about {market.name!r}")
    for aim in without:
        check_measure(aim, market)
        if aim.at is not None:
            raise CalibrationError(f"target {aim.name}: a run's log does not tell curves; give it a value")
    return [aim.filled(run) for aim in aims]
