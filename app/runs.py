"""Reading a run's folder: its manifest, its tables of events and metrics, and SQL over both.

A run that was killed is read up to its last complete batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from catallaxy.engine import CatallaxyError, StreamReader, read_manifest

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class RunError(CatallaxyError):
    """A question that a run can't answer."""


@attrs.frozen(eq=False)
class Run:
    """One run: a folder with `manifest.json`, `events/`, `metrics/` and `checkpoints/`.

    Attributes:
        directory: the run's folder.
        manifest: what was run: format and schema version, package versions, seed, scenario.
    """

    directory: Path
    manifest: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether the run came to its end; if not, its tables hold what was written until then."""
        return bool(self.manifest.get("complete", False))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the event tables, sorted."""
        return tuple(sorted(path.stem for path in self.directory.glob("events/*.arrows")))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the tables of metrics, sorted."""
        return tuple(sorted(path.stem for path in self.directory.glob("metrics/*.arrows")))

    def events(self, table: str) -> pa.Table:
        """All rows of one kind of event, in the order in which they happened.

        Raises:
            RunError: the run has no such table; the message lists those that it has.
        """
        return self._read("events", table, self.tables)

    def metric(self, table: str) -> pa.Table:
        """All rows of one table of metrics.

        Raises:
            RunError: the run has no such table; the message lists those that it has.
        """
        return self._read("metrics", table, self.metrics)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """The answer to a DuckDB query; `.df()`, `.pl()`, `.arrow()` and `.fetchall()` turn it into what one needs.

        Raises:
            RunError: DuckDB is not installed, or it refuses the query; the message lists the tables.
        """
        from .ask import relation

        return relation(self, query)

    def _read(self, folder: str, table: str, known: tuple[str, ...]) -> pa.Table:
        if table not in known:
            raise RunError(f"{self.directory} has no table '{table}' in {folder}; it has {', '.join(known) or 'none'}")
        return StreamReader(self.directory / folder / f"{table}.arrows", self.complete).read()


def open_run(directory: str | Path) -> Run:
    """The run in a folder.

    Raises:
        LogError: there is no such folder, it holds no run, or one of a version that is not known here.
    """
    return Run(Path(directory), MappingProxyType(read_manifest(directory)))


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
    return path / "checkpoints" / "latest.pt" if path.is_dir() else path
