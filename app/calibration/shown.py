"""What a market has shown: worlds that have been run, or the log of a run; what targets are read from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.calibrate import CalibrationError
from catallaxy.engine import MemoryLog, World
from catallaxy.market.measures import Events
from catallaxy.market.measures.columns import numbers

from ..markets import Market
from ..named import named
from ..runs import Run

Floats = npt.NDArray[np.float64]

EVERYBODY = "everybody"


class Shown:
    """What some episodes show together. A table is made once, when it is first asked for.

    Args:
        market: their kind.
        events: gives a table of their log by its name.
        episodes: their numbers.
        worlds: they, run to their end; without them the log alone tells.
    """

    def __init__(self, market: Market, events: Events, episodes: Sequence[int], worlds: Sequence[World] = ()) -> None:
        self.market, self.events, self.episodes = market, events, list(episodes)
        self._worlds = worlds
        self._tables: dict[str, pa.Table] = {}

    @classmethod
    def by_worlds(cls, market: Market, worlds: Sequence[World]) -> Shown:
        """By worlds; what needs a log can be asked of those that were attached to a `MemoryLog` of their own."""
        return cls(market, _Logs(worlds), [world.episode for world in worlds], worlds)

    @classmethod
    def by_run(cls, run: Run) -> Shown:
        """By the log of a run."""
        return cls(run.market, run.events, sorted(pc.unique(run.events("agents")["episode"]).to_pylist()))

    def without(self, episode: int) -> Shown:
        """By the log of the other episodes alone."""

        def events(name: str) -> pa.Table:
            return _but(self.events(name), episode)

        others = Shown(self.market, events, [each for each in self.episodes if each != episode])
        known = self._tables.items()
        others._tables = {name: _but(table, episode) for name, table in known if "episode" in table.column_names}
        return others

    def table(self, name: str) -> pa.Table:
        """One of the market's tables of measures.

        Raises:
            LookupError: there is nothing of what it is about.
        """
        if name not in self._tables:
            direct = self.market.direct.get(name) if self._worlds else None
            made = self.market.tables[name](self.events) if direct is None else direct(self._worlds)
            self._tables[name] = made
        return self._tables[name]

    def column(self, table: str, name: str, of: str) -> Floats:
        """The finite numbers in a column of a table, in the rows about an agent or a group, shape (k,)."""
        found = self.table(table)
        if of != EVERYBODY:
            found = found.filter(self._rows(found, of))
        values = numbers(found, name)
        return values[np.isfinite(values)]

    def _rows(self, table: pa.Table, of: str) -> pa.Array:
        """Where a table is about somebody or a member of a group: where one of its texts is a name of theirs."""
        names = pa.array([of] if "group" in table.column_names else [of, *self._members(of)], pa.string())
        found = [pc.is_in(table[name].cast(pa.string()), value_set=names) for name in texts(table)]
        return reduce(pc.or_, found)

    def _members(self, group: str) -> list[str]:
        """Of agents without a type, as statistical clients are, the name alone tells the group: `tier1_3`."""
        agents = self.events("agents").select(["agent", "type"])
        types = {row["agent"]: json.loads(row["type"] or "null") or {} for row in agents.to_pylist()}
        return [name for name, facts in types.items() if group in (facts.get("group"), name.rpartition("_")[0])]

    def curve(self, name: str, at: float, of: str, among: str) -> float:
        """A point of one of the market's curves; NaN if there is none."""
        names = [None if each == EVERYBODY else each for each in (of, among)]
        return self.market.curves[name](self._worlds, at, *names)

    def number(self, function: str) -> float:
        """What a function of the log, `module:function` or `file.py:function`, finds.

        Raises:
            LookupError: nothing of a kind has happened that it asks for.
            CalibrationError: it fails otherwise, or gives no number.
        """
        try:
            found = named(function)(self.events)
        except LookupError:
            raise
        except Exception as error:
            raise CalibrationError(f"{function} failed: {type(error).__name__}: {error}") from error
        try:
            return float(found)
        except (TypeError, ValueError):
            raise CalibrationError(f"{function} must give a number, got {found!r}") from None


def texts(table: pa.Table) -> list[str]:
    """Names of the columns that hold text, as those of agents and groups do."""
    kinds = {field.name: field.type for field in table.schema}
    return [name for name, kind in kinds.items() if pa.types.is_string(kind) or pa.types.is_dictionary(kind)]


def _but(table: pa.Table, episode: int) -> pa.Table:
    return table.filter(pc.not_equal(table["episode"], episode))


class _Logs:
    """What the worlds' logs hold together."""

    def __init__(self, worlds: Sequence[World]) -> None:
        self._logs = [world.log for world in worlds if isinstance(world.log, MemoryLog)]

    def __call__(self, table: str) -> pa.Table:
        parts = []
        for log in self._logs:
            with suppress(KeyError):
                parts.append(log.events(table))
        if not parts:
            raise KeyError(table)
        return pa.concat_tables(parts)
