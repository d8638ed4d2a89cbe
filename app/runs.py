"""Reading a run's folder: its manifest, its tables of events and metrics, SQL over both, its market's measures.

A run that was killed is read up to its last complete batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from catallaxy.engine import CatallaxyError, StreamReader, read_manifest

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from rich.table import Table

    from .export import Format
    from .markets import Market
    from .plots.run import RunPlots


CHECKPOINT = "checkpoints/latest.pt"
"""Where a run's latest policies are, in its folder."""
FURNITURE = ("agents", "links")
"""Tables that say who takes part, not what happens."""


class RunError(CatallaxyError):
    """A question that a run can't answer."""


class NoTableError(RunError, LookupError):
    """A table that a run has not."""


@attrs.frozen(eq=False, repr=False)
class Run:
    """One run: a folder with `manifest.json`, `events/`, `metrics/` and `checkpoints/`.

    Attributes:
        directory: the run's folder.
        manifest: what was run: format and schema version, package versions, seed, scenario.
        kind: name of its market, if the manifest does not say it.
    """

    directory: Path
    manifest: Mapping[str, Any]
    kind: str | None = None

    @property
    def complete(self) -> bool:
        """Whether the run came to its end; if not, its tables hold what was written until then."""
        return bool(self.manifest.get("complete", False))

    @property
    def reduced(self) -> str:
        """What is to be said of a log that does not hold everything: the end of a message, or nothing."""
        level = self.manifest.get("level", "all")
        return "" if level == "all" else f" (it was logged with level '{level}', which leaves out the rest)"

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the event tables, sorted."""
        return tuple(sorted(path.stem for path in self.directory.glob("events/*.arrows")))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the tables of metrics, sorted."""
        return tuple(sorted(path.stem for path in self.directory.glob("metrics/*.arrows")))

    def events(self, table: str) -> pa.Table:
        """All rows of one kind of event, in the order in which they happened; `.to_pandas()` makes a frame of them.

        Raises:
            NoTableError: the run has no such table; the message lists those that it has.
        """
        return self._reader("events", table, self.tables).read()

    def rows(self, table: str) -> int:
        """How many rows of one kind of event there are. The manifest of a finished run knows.

        Raises:
            NoTableError: the run has no such table; the message lists those that it has.
        """
        known = self.manifest.get("tables", {})
        if table in known:
            return int(known[table]["rows"])
        return sum(batch.num_rows for batch in self.batches(table))

    def batches(self, table: str) -> Iterator[pa.RecordBatch]:
        """The same rows, some thousands at a time, in bounded memory.

        Raises:
            NoTableError: the run has no such table; the message lists those that it has.
        """
        return self._reader("events", table, self.tables).batches()

    def to_pandas(self, table: str) -> pd.DataFrame:
        """All rows of one kind of event as a pandas frame.

        Raises:
            RunError: pandas is not installed, or the run has no such table.
        """
        try:
            import pandas  # noqa: F401
        except ImportError:
            raise RunError("frames of pandas need it: pip install pandas") from None
        return self.events(table).to_pandas()

    def to_polars(self, table: str) -> pl.DataFrame:
        """All rows of one kind of event as a Polars frame.

        Raises:
            RunError: Polars is not installed, or the run has no such table.
        """
        try:
            import polars
        except ImportError:
            raise RunError("frames of Polars need it: pip install polars") from None
        return polars.DataFrame(self.events(table))

    def metric(self, table: str) -> pa.Table:
        """All rows of one table of metrics.

        Raises:
            NoTableError: the run has no such table; the message lists those that it has.
        """
        return self._reader("metrics", table, self.metrics).read()

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """The answer to a DuckDB query; `.df()`, `.pl()`, `.arrow()` and `.fetchall()` turn it into what one needs.

        Raises:
            RunError: DuckDB is not installed, or it refuses the query; the message lists the tables.
        """
        from .ask import relation

        return relation(self, query)

    @property
    def market(self) -> Market:
        """The kind of market that was run.

        Raises:
            RunError: the manifest does not say it, and `open_run` was not told.
        """
        from .markets import MARKETS

        scenario = self.manifest.get("scenario")
        name = self.kind or (scenario.get("market") if isinstance(scenario, Mapping) else None)
        if name not in MARKETS:
            known = ", ".join(MARKETS)
            raise RunError(
                f"{self.directory} does not say which market it is: open_run(..., market=NAME) with one of {known}"
            )
        return MARKETS[name]

    def measures(self, table: str | None = None, *, by: Sequence[str] | None = None, **options: Any) -> pa.Table:
        """What the market measures, from the log alone.

        Args:
            table: which of the market's tables, `tuple(run.market.tables)`; by default the main one, with a row for
                each episode and agent.
            by: columns by which to summarise over episodes, such as `["agent"]` or `["group"]`: the table then has a
                row for each of their values and measure, with its mean and 95 % interval.
            options: of the table, such as `window` or `bins`.

        Raises:
            RunError: the market has no such table or is not known, or the log lacks what is measured.
        """
        from .hints import nearest

        tables = self.market.tables
        name = self.market.main if table is None else table
        if name not in tables:
            raise NoTableError(f"there is no table of measures '{name}'; {nearest(name, tuple(tables))}")
        found = tables[name](self.events, **options)
        if by is None:
            return found
        from catallaxy.market.measures import summarise

        unknown = [column for column in by if column not in found.column_names]
        if unknown:
            raise RunError(f"'{name}' has no column '{unknown[0]}'; {nearest(unknown[0], found.column_names)}")
        return summarise(found, by)

    @property
    def plot(self) -> RunPlots:
        """Its figures: `run.plot.skew()` and what else `dir(run.plot)` lists, each drawn on matplotlib axes."""
        from .plots.run import RunPlots

        return RunPlots(self)

    def export(self, out: str | Path, format: Format = "parquet") -> Path:
        """Write the events for other programs, in bounded memory; see `catallaxy.export`.

        Raises:
            RunError: there is something at `out` already, or the format is not known.
        """
        from .export import export

        return export(self, Path(out), format)

    def _reader(self, folder: str, table: str, known: tuple[str, ...]) -> StreamReader:
        if table not in known:
            has = f"{', '.join(known) or 'none'}{self.reduced}"
            raise NoTableError(f"{self.directory} has no table '{table}' in {folder}; it has {has}")
        return StreamReader(self.directory / folder / f"{table}.arrows", self.complete)

    def __repr__(self) -> str:
        from .listing import text

        return text(self)

    def __rich__(self) -> Table:
        from .listing import listing

        return listing(self)

    def _repr_html_(self) -> str:
        from .listing import html

        return html(self)


def open_run(directory: str | Path, market: str | None = None) -> Run:
    """The run in a folder.

    Args:
        directory: the folder.
        market: which market it is, if its manifest does not say it, as that of a world run from Python does not.

    Raises:
        LogError: there is no such folder, it holds no run, or one of a version that is not known here.
    """
    return Run(Path(directory), MappingProxyType(read_manifest(directory)), market)


def check_resumable(
    out: Path, verb: str, now: Mapping[str, Any], about: Callable[[Mapping[str, Any], int], Mapping[str, Any]]
) -> None:
    """Refuse to go on with what is no run of this command and these settings, or has come to its end.

    Args:
        out: the run's folder.
        verb: the command's name.
        now: what must be the same, as it is asked for now.
        about: the same of an earlier run, from its description and seed; KeyError if the command has not written it.

    Raises:
        LogError: `out` is no run's folder.
        RunError: it is another's; says what differs.
    """
    from catallaxy.learners import differences

    manifest = read_manifest(out)
    try:
        then = about(manifest["scenario"], manifest["seed"])
    except (KeyError, TypeError):
        raise RunError(f"{out} is no run of `catallaxy {verb}`: there is nothing to resume") from None
    if told := differences(now, then):
        raise RunError(f"{out} is a run with other settings, which can't be resumed by these: {'; '.join(told)}")
    if manifest.get("complete"):
        raise RunError(f"{out} has come to its end: there is nothing to resume")


def check_vacant(directory: Path, *, force: bool) -> None:
    """Refuse to replace an earlier run unless told to.

    Raises:
        RunError: the folder holds an earlier run and `force` is false.
        LogError: it holds files that are no run's.
    """
    if directory.is_dir() and any(directory.iterdir()) and (directory / "manifest.json").is_file():
        read_manifest(directory)
        if not force:
            raise RunError(f"{directory} holds an earlier run: choose another folder, or replace it with --force")


def checkpoint_of(path: Path) -> Path:
    """The latest checkpoint of a run, if `path` is a run's folder; else `path` itself."""
    return path / CHECKPOINT if path.is_dir() else path
