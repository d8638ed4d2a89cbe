"""Reading the log's tables as arrays: who a row is about, and when it happened.

Every function takes whole tables and no row at a time: a million rows cost tenths of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]
Events = Callable[[str], pa.Table]
"""Gives a table of a log by its name, as `open_run(folder).events` does; KeyError or a RunError if there is none."""

_SEQUENCE_BITS = 32


def numbers(table: pa.Table, name: str) -> Floats:
    """A column as floats, shape (rows,); null becomes NaN."""
    column = table.column(name).cast(pa.float64())
    if column.null_count:
        column = pc.fill_null(column, np.nan)
    return np.asarray(column.to_numpy(), dtype=np.float64)


def numeric(table: pa.Table) -> list[str]:
    """Names of the columns that hold numbers."""
    return [field.name for field in table.schema if pa.types.is_floating(field.type) or field.type == pa.int64()]


def integers(table: pa.Table, name: str) -> Integers:
    """A column as integers, shape (rows,); null becomes -1."""
    column = table.column(name).cast(pa.int64())
    if column.null_count:
        column = pc.fill_null(column, -1)
    return np.asarray(column.to_numpy(), dtype=np.int64)


def flags(table: pa.Table, name: str) -> Truths:
    """A column of truth values, shape (rows,)."""
    return np.asarray(table.column(name).cast(pa.uint8()).to_numpy(), dtype=np.bool_)


def places(table: pa.Table, name: str, known: Sequence[str]) -> Integers:
    """Where each row's string stands in `known`, shape (rows,); -1 if nowhere."""
    column = table.column(name)
    if pa.types.is_dictionary(column.type):
        # One dictionary after the other: a log has one for each world, and one for each batch of it.
        parts = [_places_in(chunk, known) for chunk in column.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    found = pc.fill_null(pc.index_in(column, value_set=pa.array(known, column.type)), -1)
    return np.asarray(found.cast(pa.int64()).to_numpy(), dtype=np.int64)


def _places_in(chunk: pa.DictionaryArray, known: Sequence[str]) -> Integers:
    of_entry = pc.fill_null(pc.index_in(chunk.dictionary, value_set=pa.array(known, pa.string())), -1)
    entries = np.append(np.asarray(of_entry.to_numpy(zero_copy_only=False), dtype=np.int64), -1)
    indices = pc.fill_null(chunk.indices, -1).to_numpy(zero_copy_only=False)
    return np.asarray(entries[indices], dtype=np.int64)


def moments(table: pa.Table) -> Integers:
    """A number for each row that grows from episode to episode and, within one, with the order of what happened."""
    return (integers(table, "episode") << _SEQUENCE_BITS) | integers(table, "sequence")


def moments_of(episodes: Integers, sequences: Integers) -> Integers:
    """The same for rows of a table that are known by episode and sequence number; -1 where there is no sequence."""
    return np.where(sequences >= 0, (episodes << _SEQUENCE_BITS) | sequences, -1)


def latest(earlier: Integers, at: Integers) -> Integers:
    """For each of `at`, where in the ascending `earlier` the last one stands that is not greater; -1 if none is."""
    return np.asarray(np.searchsorted(earlier, at, side="right") - 1, dtype=np.int64)


def same(there: Integers, wanted: Integers) -> Integers:
    """For each of `wanted`, where in the ascending `there` it stands; -1 if nowhere."""
    found = latest(there, wanted)
    return np.where((found >= 0) & (there[found] == wanted), found, -1) if len(there) else np.full(len(wanted), -1)


def in_order(table: pa.Table) -> pa.Table:
    """The table in the order in which things happened, episode by episode; a log is nearly always written so."""
    when = moments(table)
    return table if (np.diff(when) >= 0).all() else table.take(np.argsort(when, kind="stable"))


class Roster:
    """Who is measured: one entry for each episode and agent, in the order given.

    Args:
        episodes: shape (entries,).
        names: of the agents, as many.
    """

    def __init__(self, episodes: Integers, names: Sequence[str]) -> None:
        self.episodes = episodes
        self.names = list(names)
        self.known = sorted(set(names))
        index = {name: place for place, name in enumerate(self.known)}
        keys = self._key(episodes, np.array([index[name] for name in names], dtype=np.int64))
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, table: pa.Table, column: str = "agent") -> Integers:
        """Which entry each row of a table is about, by its episode and the agent in `column`; -1 for none."""
        place = places(table, column, self.known)
        found = same(self._keys, np.where(place >= 0, self._key(integers(table, "episode"), place), -1))
        return np.where(found >= 0, self._order[found], -1) if len(self) else found

    def _key(self, episodes: Integers, place: Integers) -> Integers:
        return np.asarray(episodes * (len(self.known) + 1) + place, dtype=np.int64)


def total(entries: Integers, values: npt.ArrayLike, count: int) -> Floats:
    """Sum of the values of each entry, added up in their order; rows of entry -1 are left out; shape (count,)."""
    weights = np.broadcast_to(np.asarray(values, dtype=np.float64), entries.shape)
    kept = entries >= 0
    return np.bincount(entries[kept], weights=weights[kept], minlength=count).astype(np.float64)
