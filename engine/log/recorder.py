"""What a world tells while it runs, sorted into tables; where they go is for subclasses to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ..errors import LogError, RecordError
from ..records import LEVELS, Level, Record
from ..topology import Linked
from .tables import Sink, Table

if TYPE_CHECKING:
    from ..agent import Agent
    from ..world import World

_LINKS_PER_BATCH = 65_536
_LISTED_IF_COMPLETE = 1_000


class Present(Record, table="agents", level="decisions"):
    """An agent that takes part: its class, and its type as JSON."""

    kind: str
    type: str


class Recorder:
    """Gathers the events of one world after the other.

    Args:
        level: which record classes are logged: ``"all"``, ``"trades"``, ``"decisions"`` (each with those that follow)
            or ``"off"``. A class says where it belongs: ``class Fill(Message, level="trades")``.

    Attributes:
        tables: the table of each record class, opened when it is first asked for.

    Raises:
        LogError: there is no such level.
    """

    def __init__(self, level: Level = "all") -> None:
        if level not in LEVELS:
            raise LogError(f"a log's level must be one of {', '.join(LEVELS)}, got {level!r}")
        self.level = level
        self.tables = _Tables(self._open)
        self._world: World | None = None
        self._names: list[str] = []
        self._dictionary = pa.array([], pa.string())

    # -- which world ---------------------------------------------------------------------------------------------

    def attach(self, world: World) -> None:
        """Record ``world`` from now on; the world recorded so far, if it is another, is finished."""
        if self._world is world:
            return
        self.detach()
        self._world = world
        if self.level == "off":
            return
        world.log = self
        self._names = [agent.name for agent in world.everybody]
        self._dictionary = pa.array(self._names, pa.string())
        for agent in world.agents.values():
            self._introduce(agent, world)
        self._list_links(world)

    def joined(self, agent: Agent) -> None:
        """Record that ``agent`` takes part from now on; its index is the next."""
        assert agent.index == len(self._names), f"{agent} has the index {agent.index}, not {len(self._names)}"
        self._names.append(agent.name)
        self._introduce(agent, agent.world)

    def detach(self) -> None:
        """Write out what has gathered of the present world and let go of it.

        Raises:
            RecordError: as :meth:`flush`.
        """
        if self._world is not None:
            try:
                self.flush()
            finally:
                self._world.log = None
                self._world = None

    # -- what happens in it --------------------------------------------------------------------------------------

    def recorded(self, agent: Agent, row: Record, time: float, sequence: int, cause: int) -> None:
        """Record a row that is no message.

        (A message goes straight to its table, with the header time, sequence, cause, sender's index, receiver's or -1,
        in reply to, latency.)
        """
        self.tables[row.__class__].append(row, time, sequence, cause, agent.index)

    def flush(self) -> None:
        """Write out what has gathered.

        Raises:
            RecordError: a value is not of its declared type; everything else has been written.
        """
        failed: RecordError | None = None
        for table in self.tables.values():
            try:
                self._flush(table)
            except RecordError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    # -- for subclasses ------------------------------------------------------------------------------------------

    def _sink(self, kind: type[Record], schema: pa.Schema) -> Sink:
        """Where the rows of a class go."""
        raise NotImplementedError

    # -- inside --------------------------------------------------------------------------------------------------

    def _open(self, kind: type[Record]) -> Table | _Unlogged:
        for other in self.tables:
            if other.__table__ == kind.__table__:
                raise LogError(
                    f"{kind.__module__}.{kind.__qualname__} and {other.__module__}.{other.__qualname__} would share "
                    f"the log table {kind.__table__!r}: name one of them otherwise, "
                    f'class {kind.__name__}(..., table="...")'
                )
        if LEVELS.index(kind.__level__) > LEVELS.index(self.level):
            return _Unlogged()
        return Table(kind, lambda schema: self._sink(kind, schema), self._flush)

    def _flush(self, table: Table | _Unlogged) -> None:
        assert self._world is not None
        if len(self._dictionary) != len(self._names):
            self._dictionary = pa.array(self._names, pa.string())
        table.flush(self._world.episode, self._dictionary)

    def _introduce(self, agent: Agent, world: World) -> None:
        row = Present(kind=type(agent).__name__, type=json.dumps(agent.describe(), default=str))
        self.recorded(agent, row, world.now, 0, world.env.cause)

    def _list_links(self, world: World) -> None:
        """All links of the world, in bulk: there may be millions. A large complete network lists none."""
        if world.topology.complete and len(world.agents) > _LISTED_IF_COMPLETE:
            return
        table = self.tables[Linked]
        sources, targets = world.topology.pairs()
        for start in range(0, len(sources), _LINKS_PER_BATCH):
            owners, others = (ends[start : start + _LINKS_PER_BATCH] for ends in (sources, targets))
            count = len(owners)
            header = {
                "time": np.full(count, world.now),
                "sequence": np.zeros(count, np.int64),
                "cause": np.zeros(count, np.int64),
                "agent": owners.astype(np.int32),
            }
            neighbours = self._dictionary.take(pa.array(others))
            up = pa.array(np.ones(count, np.bool_))
            table.write(header, {"neighbour": neighbours, "up": up}, world.episode, self._dictionary)


class _Tables(dict[type[Record], "Table | _Unlogged"]):
    """Table by record class; one is opened when its first row comes."""

    def __init__(self, open_table: Callable[[type[Record]], Table | _Unlogged]) -> None:
        super().__init__()
        self._open_table = open_table

    def __missing__(self, kind: type[Record]) -> Table | _Unlogged:
        self[kind] = table = self._open_table(kind)
        return table


class _Unlogged:
    """Stands for the table of a class that is not logged at this level."""

    def append(self, row: Record, *header: float) -> None:
        """Forget it."""

    def write(self, *_: Any) -> None:
        """Forget them."""

    def flush(self, episode: int, names: pa.Array) -> None:
        """Nothing has gathered."""
