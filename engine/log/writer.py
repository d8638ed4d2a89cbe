"""The event log of a run: one table a kind of event, in a folder with a manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from ..errors import LogError
from ..records import Message, Record
from .manifest import FORMAT, SCHEMA, prepare_folder, versions, write_manifest
from .tables import Table

if TYPE_CHECKING:
    from ..agent import Agent
    from ..delivery import Delivery
    from ..world import World


class Present(Record, table="agents"):
    """An agent that takes part: its class, and its type as JSON."""

    kind: str
    type: str


class Linked(Record, table="links"):
    """A link over which the agent can send."""

    neighbour: str


class EventLog:
    """Writes what happens in one or several worlds into a run folder.

    Use it as a context manager; :meth:`World.run` attaches its world. Rows are written in batches as they gather:
    whatever has been written is readable, even if the process is killed.

    Args:
        folder: the run's folder; made if need be.
        seed: root seed, for the manifest.
        scenario: what was run, for the manifest (JSON-compatible).
        overwrite: whether an earlier run in ``folder`` may be replaced.

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
    ) -> None:
        self.folder = prepare_folder(folder, overwrite=overwrite)
        self.events = self.folder / "events"
        self.events.mkdir()
        self._tables: dict[type[Record], Table] = {}
        self._names = pa.array([], pa.string())
        self._world: World | None = None
        self._manifest: dict[str, Any] = {
            "format": FORMAT,
            "schema": SCHEMA,
            "complete": False,
            "seed": seed,
            "versions": versions(),
            "scenario": scenario,
            "worlds": [],
            "tables": {},
        }
        write_manifest(self.folder, self._manifest)

    def attach(self, world: World) -> None:
        """Record ``world`` from now on; the world recorded so far, if it is another, is finished."""
        if self._world is world:
            return
        self.detach()
        self._world, world.log = world, self
        agents = list(world.agents.values())
        self._names = pa.array([agent.name for agent in agents], pa.string())
        self._manifest["worlds"].append({"episode": world.episode, "seed": world.seed, "from": world.now})
        for agent in agents:
            row = Present(kind=type(agent).__name__, type=json.dumps(agent.describe(), default=str))
            self.recorded(agent, row, world.now, 0, 0)
        for i, j in zip(*world.topology.pairs(), strict=True):
            self.recorded(agents[i], Linked(neighbour=agents[j].name), world.now, 0, 0)

    def detach(self) -> None:
        """Write out what has gathered of the present world and let go of it."""
        if self._world is not None:
            self.flush()
            self._manifest["worlds"][-1]["until"] = self._world.now
            self._world.log = None
            self._world = None

    def sent(self, delivery: Delivery, message: Message, receiver: Agent | None, latency: float) -> None:
        """Record a message that is sent (or, without ``receiver``, published)."""
        kind = message.__class__
        table = self._tables.get(kind) or self._open(kind)
        if table.append(
            message,
            delivery.sent_at,
            delivery.sequence,
            delivery.cause,
            delivery.sender.index,
            -1 if receiver is None else receiver.index,
            delivery.in_reply_to,
            latency,
        ):
            self._flush(table)

    def recorded(self, agent: Agent, row: Record, time: float, sequence: int, cause: int) -> None:
        """Record a row that is no message."""
        kind = row.__class__
        table = self._tables.get(kind) or self._open(kind)
        if table.append(row, time, sequence, cause, agent.index):
            self._flush(table)

    def flush(self) -> None:
        """Write out what has gathered."""
        for table in self._tables.values():
            self._flush(table)

    def close(self, *, complete: bool = True) -> None:
        """Finish all files; the manifest gets their checksums, and whether the run came to its end."""
        self.detach()
        rows = dict(table.close() for table in self._tables.values())
        for path in sorted(rows):
            with path.open("rb") as file:
                checksum = file_digest(file, "sha256").hexdigest()
            self._manifest["tables"][path.stem] = {"rows": rows[path], "sha256": checksum}
        self._manifest["complete"] = complete
        write_manifest(self.folder, self._manifest)

    def _open(self, kind: type[Record]) -> Table:
        for other in self._tables:
            if other.table() == kind.table():
                raise LogError(
                    f"{kind.__module__}.{kind.__qualname__} and {other.__module__}.{other.__qualname__} would share "
                    f"the log table {kind.table()!r}: name one of them otherwise, "
                    f'class {kind.__name__}(..., table="...")'
                )
        self._tables[kind] = table = Table(kind, self.events)
        return table

    def _flush(self, table: Table) -> None:
        assert self._world is not None
        table.flush(self._world.episode, self._names)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(complete=error is None)
