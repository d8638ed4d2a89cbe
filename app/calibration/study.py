"""Calibration studies: TOML in, a problem and a plan out."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.calibrate import CalibrationError, Parameter, Space, Target, WorldPopulation
from catallaxy.engine import World
from catallaxy.learners import PPO, Learner, policy_specs

from ..config import ConfigError, Study, load, load_as
from ..hints import nearest
from ..paths import evolved, value_at
from ..study import recipe

Floats = npt.NDArray[np.float64]

EVERYBODY = "everybody"


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
class Aim:
    """A target: a study's `[[targets]]`, or a row of its table.

    Attributes:
        measure: a column of the market's measures.
        value: what it should be.
        of: a group, an agent, or everybody.
        statistic: how the values of agents and episodes make one number.
        level: of a quantile.
        weight, uncertainty, loss: see `Target`.
    """

    measure: str
    value: float
    of: str = EVERYBODY
    statistic: Literal["mean", "sum", "sd", "quantile"] = "mean"
    level: float = attrs.field(default=0.5, validator=[attrs.validators.gt(0.0), attrs.validators.lt(1.0)])
    weight: float = 1.0
    uncertainty: float = 0.0
    loss: Literal["squared", "relative", "absolute", "quantile"] = "squared"

    @property
    def name(self) -> str:
        """What it is called: `market_share of bold`."""
        how = "" if self.statistic == "mean" else f"{self.statistic} of "
        at = f" at {self.level:g}" if self.statistic == "quantile" else ""
        return f"{how}{self.measure} of {self.of}{at}"

    def target(self) -> Target:
        """As the calibrator sees it."""
        level = self.level if self.loss == "quantile" else 0.5
        return Target(self.name, self.value, self.weight, self.uncertainty, self.loss, level)

    def measured(self, table: pa.Table) -> float:
        """Its value in a market's measures; sums are over agents, and averaged over episodes."""
        if self.of != EVERYBODY:
            table = table.filter(pc.or_(pc.equal(table["group"], self.of), pc.equal(table["agent"], self.of)))
        values = table[self.measure].to_numpy().astype(np.float64)
        values = values[np.isfinite(values)]
        if not len(values):
            return float("nan")
        match self.statistic:
            case "mean":
                return float(values.mean())
            case "sum":
                return float(values.sum() / max(len(pc.unique(table["episode"])), 1))
            case "sd":
                return float(values.std())
            case _:
                return float(np.quantile(values, self.level))


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
        table: further targets from a CSV file, a row each with the columns of `[[targets]]`.
        tuning: how the agents learn.
    """

    scenario: Path
    parameters: tuple[Knob, ...]
    targets: tuple[Aim, ...] = ()
    table: Path | None = None
    tuning: Tuning = attrs.field(factory=Tuning)


class MarketProblem:
    """A market from a scenario file as a problem of calibration.

    Args:
        study: the scenario.
        knobs: what is calibrated.
        aims: what is to be met.
        tuning: how the agents learn.
    """

    def __init__(self, study: Study, knobs: Sequence[Knob], aims: Sequence[Aim], tuning: Tuning) -> None:
        self.study, self.knobs, self.aims, self.tuning = study, tuple(knobs), tuple(aims), tuning
        self.space = Space(tuple(self._parameter(knob) for knob in knobs))
        self.targets = [aim.target() for aim in aims]
        self.horizon = float(study.scenario.duration)
        # Agents keep learning to the end, so the step size does not fall.
        self._config = recipe(
            1, decay=None, learning_rate=tuning.learning_rate, hidden=tuning.hidden, epochs=tuning.epochs
        )

    def populate(self, *, places: int, seed: int, conditioned: bool) -> WorldPopulation:
        """See `Problem`."""
        return WorldPopulation(self, places=places, seed=seed, conditioned=conditioned)

    def scenario(self, values: Mapping[str, float]) -> Any:
        """The scenario of a composition."""
        scenario = self.study.scenario
        for knob in self.knobs:
            for path in knob.paths:
                scenario = evolved(scenario, path, values[knob.path])
        return scenario

    def build(self, values: Mapping[str, float], seed: int, episode: int) -> World:
        """See `Market`."""
        return self.study.market.build(self.scenario(values), seed, episode)

    def measure(self, worlds: Sequence[World]) -> Floats:
        """See `Market`."""
        table = self.study.market.measure_worlds(worlds)
        return np.array([aim.measured(table) for aim in self.aims])

    def learners(self, world: World, seed: int) -> Mapping[str, Learner]:
        """See `Market`."""
        return {family: PPO(spec, self._config, seed=seed) for family, spec in policy_specs(world).items()}

    def check(self) -> None:
        """Try both ends of every parameter, and look for every measure and group.

        Raises:
            CatallaxyError: a bound that the scenario does not allow, an unknown measure or group.
        """
        for end in (0.0, 1.0):
            self.scenario(self.space.values(np.full(self.space.size, end)))
        world = self.build(self.space.values(np.full(self.space.size, 0.5)), 0, 0)
        names = {name for agent in world.agents.values() for name in (agent.name, getattr(agent, "group", agent.name))}
        columns = self.study.market.columns
        for aim in self.aims:
            if aim.measure not in columns:
                raise CalibrationError(
                    f"target {aim.name}: market {self.study.market.name!r} has no measure {aim.measure!r}; "
                    f"{nearest(aim.measure, columns)}"
                )
            if aim.of != EVERYBODY and aim.of not in names:
                raise CalibrationError(
                    f"target {aim.name}: nobody is called {aim.of!r}; {nearest(aim.of, sorted(names))}"
                )

    def _parameter(self, knob: Knob) -> Parameter:
        for path in knob.paths:
            value_at(self.study.scenario, path)
        whole = all(type(value_at(self.study.scenario, path)) is int for path in knob.paths)
        return Parameter(knob.path, knob.low, knob.high, knob.transform, whole)


def read_study(path: str | Path) -> MarketProblem:
    """Read a calibration study, and check all of it before anything is simulated.

    Raises:
        CatallaxyError: a file that can't be read, contradictory bounds, unknown paths or measures, impossible targets;
            the message names it.
    """
    path = Path(path)
    file = load_as(path, StudyFile, whole=False)
    aims = [*file.targets, *(() if file.table is None else _read_table(file.table))]
    if not aims:
        raise CalibrationError(f'{path}: there is nothing to calibrate to: give [[targets]], or table = "targets.csv"')
    problem = MarketProblem(load(file.scenario, learning=True), file.parameters, aims, file.tuning)
    problem.check()
    return problem


def _read_table(path: Path) -> list[Aim]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    texts = {"measure", "of", "statistic", "loss"}
    aims = []
    for line, row in enumerate(rows, start=2):
        try:
            given = {name: value if name in texts else float(value) for name, value in row.items() if value}
            aims.append(Aim(**given))  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise ConfigError(f"{path}, line {line}: {error}") from None
    return aims
