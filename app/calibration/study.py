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
from catallaxy.engine import CatallaxyError, World
from catallaxy.learners import PPO, Learner, policy_specs

from ..config import Study, load, load_as
from ..hints import nearest
from ..paths import Assignment, PathError, changed, evolved, value_at
from ..runs import open_run
from ..study import recipe
from .aims import EVERYBODY, Aim, Shown, read_table

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
        places: compositions side by side.
        burn_in: part of the budget that is drawn from the prior.
    """

    learning_rate: float = attrs.field(default=2e-3, validator=attrs.validators.gt(0.0))
    hidden: tuple[int, ...] = (64, 64)
    epochs: int = attrs.field(default=4, validator=attrs.validators.ge(1))
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
        self.space = Space(tuple(self._parameter(knob) for knob in knobs))
        self.targets = [aim.target() for aim in aims]
        self.horizon = float(study.scenario.duration)
        # Agents keep learning to the end, so the step size does not fall.
        self._config = recipe(
            1, decay=None, learning_rate=tuning.learning_rate, hidden=tuning.hidden, epochs=tuning.epochs
        )

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
        return self.study.market.build(self.scenario(values), seed, episode)

    def measure(self, worlds: Sequence[World]) -> Floats:
        """See `Market`."""
        shown = Shown(self.study.market, worlds)
        return np.array([aim.measured(shown) for aim in self.aims])

    def learners(self, world: World, seed: int) -> Mapping[str, Learner]:
        """See `Market`."""
        return {family: PPO(spec, self._config, seed=seed) for family, spec in policy_specs(world).items()}

    def check(self) -> None:
        """Try the corners of the space, and look for every measure and group.

        Raises:
            CatallaxyError: a bound that the scenario does not allow, an unknown measure or group.
        """
        for corner in self._corners():
            self.scenario(self.space.values(corner))
        world = self.build(self.space.values(np.full(self.space.size, 0.5)), 0, 0)
        names = {name for agent in world.agents.values() for name in (agent.name, getattr(agent, "group", agent.name))}
        for aim in self.aims:
            self._check(aim, names)
            if aim.at is not None:
                self._check_curve(aim, world)

    def _corners(self) -> list[Floats]:
        """All of them, or in many dimensions those with one parameter at another end than the rest."""
        size = self.space.size
        if 2**size <= CORNERS:
            return [np.array(corner) for corner in product((0.0, 1.0), repeat=size)]
        one = np.vstack([np.zeros(size), np.eye(size)])
        return [*one, *(1.0 - one)]

    def _check(self, aim: Aim, names: set[str]) -> None:
        market = self.study.market
        known = [*market.columns, *market.curves]
        if aim.measure not in known:
            raise CalibrationError(
                f"target {aim.name}: market {market.name!r} has no measure {aim.measure!r}; "
                f"{nearest(aim.measure, known)}"
            )
        if aim.measure in market.curves:
            if aim.at is None:
                raise CalibrationError(f"target {aim.name}: {aim.measure} is a curve: say with `at` where on it")
            if aim.statistic != "mean":
                raise CalibrationError(f"target {aim.name}: a point of a curve has no {aim.statistic}")
        elif aim.at is not None or aim.among != EVERYBODY:
            raise CalibrationError(
                f"target {aim.name}: `at` and `among` are for curves ({', '.join(market.curves) or 'there are none'})"
            )
        for name in (aim.of, aim.among):
            if name != EVERYBODY and name not in names:
                raise CalibrationError(f"target {aim.name}: nobody is called {name!r}; {nearest(name, sorted(names))}")

    def _check_curve(self, aim: Aim, world: World) -> None:
        try:
            aim.measured(Shown(self.study.market, [world]))
        except CatallaxyError as error:
            raise CalibrationError(f"target {aim.name}: {error}") from None

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
        if aim.measure not in market.columns:
            raise CalibrationError(
                f"target {aim.name}: a run gives the value of {', '.join(market.columns)} alone; give it a value"
            )
    return [aim.filled(run) for aim in aims]
