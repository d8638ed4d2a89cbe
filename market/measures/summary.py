"""Measures by episode and agent, summarised over episodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import integers, numbers, numeric
from .intervals import interval

SUMMARY = pa.schema(
    [
        ("measure", pa.string()),
        ("episodes", pa.int64()),
        ("mean", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
"""Columns that stand behind those by which is summarised."""


def summarise(table: pa.Table, by: Sequence[str] = ("agent",), measures: Sequence[str] | None = None) -> pa.Table:
    """Means over episodes with 95 % confidence intervals (Student's t).

    Episodes are independent, agents of one episode are not: what belongs to one episode and the same `by` is averaged
    first, and the interval is over episodes. NaN (a measure that was not defined) are left out.

    Args:
        table: rows by episode, with a column `episode`.
        by: columns that tell apart what is summarised; none for everything together.
        measures: columns to summarise; by default all other numbers.

    Returns:
        One row for each group and measure, in order of appearance: the columns of `by`, then `measure`, `episodes` (in
        which it was defined), `mean`, `low`, `high`; the bounds are null with fewer than two episodes, the mean if
        there is none.
    """
    wanted = [name for name in numeric(table) if name not in (*by, "episode")] if measures is None else list(measures)
    plain = pa.table({name: _plain(table.column(name)) for name in by})
    groups = plain.group_by(list(by), use_threads=False).aggregate([]) if by else None
    member = _members(plain, groups) if groups is not None else np.zeros(table.num_rows, dtype=np.int64)
    episodes = np.unique(integers(table, "episode"), return_inverse=True)[1]
    count = groups.num_rows if groups is not None else 1
    width = int(episodes.max(initial=-1)) + 1
    cell = member * width + episodes
    rows = []
    for name in wanted:
        values = numbers(table, name)
        there = ~np.isnan(values)
        sums = np.bincount(cell[there], weights=values[there], minlength=count * width)
        many = np.bincount(cell[there], minlength=count * width)
        with np.errstate(invalid="ignore"):
            means = (sums / many).reshape(count, width)
        rows.append([_summary(name, each) for each in means])
    heads = groups.to_pylist() if groups is not None else [{}]
    found = [{**head, **rows[m][g]} for g, head in enumerate(heads) for m in range(len(wanted))]
    fields = [plain.schema.field(name) for name in by]
    return pa.Table.from_pylist(found, schema=pa.schema([*fields, *SUMMARY]))


def _summary(name: str, samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> dict[str, object]:
    samples = samples[~np.isnan(samples)]
    row: dict[str, object] = {"measure": name, "episodes": len(samples), "mean": None, "low": None, "high": None}
    if len(samples) > 1:
        found = interval(samples)
        row |= {"mean": found.mean, "low": found.low, "high": found.high}
    elif len(samples):
        row["mean"] = float(samples[0])
    return row


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _members(plain: pa.Table, groups: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Which group each row belongs to."""
    member = np.zeros(plain.num_rows, dtype=np.int64)
    for name in plain.column_names:
        values = pc.unique(groups.column(name))
        member = member * (len(values) + 1) + pc.index_in(plain.column(name), value_set=values).to_numpy()
    own = np.zeros(groups.num_rows, dtype=np.int64)
    for name in plain.column_names:
        values = pc.unique(groups.column(name))
        own = own * (len(values) + 1) + pc.index_in(groups.column(name), value_set=values).to_numpy()
    order = np.argsort(own)
    return np.asarray(order[np.searchsorted(own[order], member)], dtype=np.int64)
