"""The event log of a run: a folder with a file for every kind of event, and a manifest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import file_digest
from math import inf
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from ..records import Level, Record
from .manifest import FORMAT, SCHEMA, prepare_folder, versions, write_manifest
from .recorder import Recorder
from .stream import StreamWriter

if TYPE_CHECKING:
    from ..world import World


class EventLog(Recorder):
    """Writes what happens in one or several worlds into a run folder.

    Use it as a context manager; :meth:`World.run` attaches its world. Rows are written in batches as they gather:
    whatever has been written is readable, even if the process is killed.

    Args:
        folder: the run's folder; made if need be.
        seed: root seed, for the manifest.
        scenario: what was run, for the manifest (JSON-compatible).
        overwrite: whether an earlier run in ``folder`` may be replaced.
        keep: folders of an earlier run that stay, such as ``checkpoints``; everything else of it is replaced.
        level: which record classes are logged, see :class:`Recorder`.

    Raises:
        LogError: ``folder`` holds an earlier run (unless ``overwrite``) or something that is no run.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        seed: int,
        scenario: Mapping[str, Any] | None = None,
        overwrite: bool = False,
        keep: Collection[str] = (),
        level: Level = "all",
    ) -> None:
        super().__init__(level)
        self.folder = prepare_folder(folder, overwrite=overwrite, keep=keep)
        self.events = self.folder / "events"
        self.events.mkdir()
        self._writers: list[StreamWriter] = []
        self._rows_before: dict[str, int] = {}
        self._described = -inf
        self._manifest: dict[str, Any] = {
            "format": FORMAT,
            "schema": SCHEMA,
            "complete": False,
            "seed": seed,
            "level": level,
            "versions": versions(),
            "scenario": scenario,
            "worlds": [],
            "tables": {},
        }
        write_manifest(self.folder, self._manifest)

    def attach(self, world: World) -> None:
        """Record ``world`` from now on; the world recorded so far, if it is another, is finished."""
        if self._world is not world:
            self.detach()
            session: dict[str, Any] = {"episode": world.episode, "seed": world.seed, "from": world.now}
            session |= {"network": "complete"} if world.topology.complete else {}
            self._manifest["worlds"].append(session)
            self._rows_before = self._rows()
            if monotonic() > self._described + 1.0:
                self._describe()
            super().attach(world)

    def detach(self) -> None:
        """Write out what has gathered of the present world and let go of it."""
        if self._world is not None:
            session = self._manifest["worlds"][-1]
            session["until"] = self._world.now
            super().detach()
            session["rows"] = {name: rows - self._rows_before.get(name, 0) for name, rows in self._rows().items()}

    def close(self, *, complete: bool = True) -> None:
        """Finish all files; the manifest gets their checksums, and whether the run came to its end.

        Raises:
            RecordError: a value that was waiting to be written is not of its declared type.
        """
        written = False
        try:
            self.detach()
            written = True
        finally:
            for writer in sorted(self._writers, key=lambda writer: writer.path):
                writer.close()
                with writer.path.open("rb") as file:
                    checksum = file_digest(file, "sha256").hexdigest()
                self._manifest["tables"][writer.path.stem] = {"rows": writer.rows, "sha256": checksum}
            self._manifest["complete"] = complete and written
            self._describe()

    def _describe(self) -> None:
        """Write the manifest, for whoever reads a run that was killed."""
        self._described = monotonic()
        write_manifest(self.folder, self._manifest)

    def _rows(self) -> dict[str, int]:
        """How many rows each table has, by name in order."""
        return {writer.path.stem: writer.rows for writer in sorted(self._writers, key=lambda writer: writer.path)}

    def _sink(self, kind: type[Record], schema: pa.Schema) -> StreamWriter:
        writer = StreamWriter(self.events / f"{kind.__table__}.arrows", schema)
        self._writers.append(writer)
        return writer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=error is None)
