"""What a study aims at: measures of a market with the values that they should have, from its file or from tables."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catallaxy.calibrate import CalibrationError, Target

from ..config import ConfigError, load_as
from ..markets import Market
from ..runs import Run
from ..strict import structure
from .shown import EVERYBODY, Shown

Floats = npt.NDArray[np.float64]

TEXTS = frozenset({"measure", "of", "among", "statistic", "loss"})
"""What is no number of a target."""


@attrs.frozen
class Aim:
    """A target: a study's `[[targets]]`, or a row of its table.

    Attributes:
        measure: a column of the market's main measures, or of another table (`trades.size`); one of its curves; or a
            function of the log, `module:function` or `file.py:function`.
        value: what it should be; if it is left out, what the study's `run` shows.
        of: a group, an agent, or everybody.
        at: of a curve: the price at which its value is wanted.
        among: of a curve: the group or agent of the other side; everybody by default.
        statistic: how the values of agents and episodes make one number.
        level: of a quantile.
        weight, uncertainty, loss: see `Target`.
    """

    measure: str
    value: float | None = None
    of: str = EVERYBODY
    at: float | None = None
    among: str = EVERYBODY
    statistic: Literal["mean", "sum", "sd", "quantile"] = "mean"
    level: float = attrs.field(default=0.5, validator=[attrs.validators.gt(0.0), attrs.validators.lt(1.0)])
    weight: float = 1.0
    uncertainty: float = 0.0
    loss: Literal["squared", "relative", "absolute", "quantile"] = "squared"

    @property
    def name(self) -> str:
        """What it is called: `market_share of bold`."""
        if self.function:
            return Path(self.measure).name
        how = "" if self.statistic == "mean" else f"{self.statistic} of "
        among = "" if self.among == EVERYBODY else f" among {self.among}"
        at = f" at {self.level:g}" if self.statistic == "quantile" else "" if self.at is None else f" at {self.at:g}"
        return f"{how}{self.measure} of {self.of}{among}{at}"

    @property
    def function(self) -> bool:
        """Whether its measure is a function of the log."""
        return ":" in self.measure

    @property
    def of_table(self) -> bool:
        """Whether only an episode can tell if there is such a measure."""
        return self.function or "." in self.measure

    def at_home(self, folder: Path) -> Aim:
        """The same, a function's file being looked for in a folder."""
        file, _, name = self.measure.rpartition(":")
        return attrs.evolve(self, measure=f"{folder / file}:{name}") if file.endswith(".py") else self

    def place(self, market: Market) -> tuple[str, str]:
        """Table and column of its measure, if it is one."""
        table, _, column = self.measure.rpartition(".")
        return table or market.main, column

    def direct(self, market: Market) -> bool:
        """Whether worlds show it without a log."""
        return not self.function and (self.at is not None or self.place(market)[0] in market.direct)

    def target(self) -> Target:
        """As the calibrator sees it."""
        level = self.level if self.loss == "quantile" else 0.5
        value = float("nan") if self.value is None else self.value
        return Target(self.name, value, self.weight, self.uncertainty, self.loss, level)

    def measured(self, shown: Shown) -> float:
        """Its value in what a market has shown, NaN if it has none; sums are over agents, by episode.

        Raises:
            CalibrationError: a function of the log fails.
        """
        try:
            if self.function:
                return shown.number(self.measure)
            if self.at is not None:
                return shown.curve(self.measure, self.at, self.of, self.among)
            values = shown.column(*self.place(shown.market), self.of)
        except LookupError:  # nothing has happened of what it is about
            return float("nan")
        return self._of(values, len(shown.episodes)) if len(values) else float("nan")

    def filled(self, run: Run) -> Aim:
        """With value and uncertainty as a run's log shows them, where they are not given.

        The uncertainty is the standard error over episodes, by the jackknife (Efron and Stein 1981).

        Raises:
            CalibrationError: the run does not show it.
        """
        if self.value is not None:
            return self
        shown = Shown.by_run(run)
        value = self.measured(shown)
        if not np.isfinite(value):
            raise CalibrationError(f"target {self.name}: {run.directory} does not show it, and it has no value")
        if self.uncertainty or len(shown.episodes) < 2:
            return attrs.evolve(self, value=value)
        left = [self.measured(shown.without(episode)) for episode in shown.episodes]
        error = float(np.sqrt((len(left) - 1) * np.var(left)))
        return attrs.evolve(self, value=value, uncertainty=error if np.isfinite(error) else 0.0)

    def _of(self, values: Floats, episodes: int) -> float:
        match self.statistic:
            case "mean":
                return float(values.mean())
            case "sum":
                return float(values.sum() / episodes)
            case "sd":
                return float(values.std())
            case _:
                return float(np.quantile(values, self.level))


# -- from tables -------------------------------------------------------------------------------------------------------


@attrs.frozen
class _File:
    targets: tuple[Aim, ...]


def read_table(path: Path) -> list[Aim]:
    """Targets from a file: TOML with `[[targets]]`, or CSV, Arrow or Parquet with a row for each.

    Raises:
        ConfigError: it can't be read, or a row is no target; the message names line and field.
    """
    readers: Mapping[str, Callable[[Path], Iterable[tuple[str, Mapping[str, Any]]]]] = {
        ".csv": _csv_rows,
        ".arrow": _arrow_rows,
        ".arrows": _arrow_rows,
        ".feather": _arrow_rows,
        ".parquet": _parquet_rows,
    }
    if path.suffix == ".toml":
        return list(load_as(path, _File).targets)
    if path.suffix not in readers:
        raise ConfigError(f"{path} is no table of targets: valid are .toml, {', '.join(readers)}")
    try:
        rows = list(readers[path.suffix](path))
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise ConfigError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    aims, faults = [], []
    for where, row in rows:
        aim, wrong = structure(row, Aim)
        faults += [f"{path}, {where}: {fault}" for fault in wrong]
        aims += [] if aim is None else [aim]
    if faults:
        raise ConfigError("\n  ".join(faults))
    return aims


def _csv_rows(path: Path) -> Iterable[tuple[str, Mapping[str, Any]]]:
    with path.open(newline="", encoding="utf-8") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            yield (
                f"line {line}",
                {name: value if name in TEXTS else _number(value) for name, value in row.items() if value},
            )


def _number(text: Any) -> Any:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text  # which is refused by name


def _arrow_rows(path: Path) -> Iterable[tuple[str, Mapping[str, Any]]]:
    try:
        with pa.ipc.open_file(path) as file:
            table = file.read_all()
    except pa.ArrowInvalid:
        with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as stream:
            table = stream.read_all()
    return _table_rows(table)


def _parquet_rows(path: Path) -> Iterable[tuple[str, Mapping[str, Any]]]:
    import pyarrow.parquet as pq

    return _table_rows(pq.read_table(path))


def _table_rows(table: pa.Table) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for number, row in enumerate(table.to_pylist(), start=1):
        yield f"row {number}", {name: value for name, value in row.items() if value is not None}
