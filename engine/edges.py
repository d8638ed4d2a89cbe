"""Lists of links from outside: networkx graphs, CSV and Parquet files, pyarrow tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from csv import reader as csv_rows
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .errors import NetworkError

if TYPE_CHECKING:
    import networkx as nx

    from .agent import Agent


@attrs.frozen(eq=False)
class Edges:
    """Links between agents, by index, and latencies of their own.

    Attributes:
        sources: from which agents, shape (links,).
        targets: to which agents, shape (links,).
        latencies: numbers (NaN: the network's), or objects: numbers, :class:`Latency` models or ``None``.
    """

    sources: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int64]
    latencies: npt.NDArray[Any] | None = None


def from_graph(graph: nx.Graph, agents: Sequence[Agent]) -> Edges:
    """The edges of a graph of agents' names, or places in the world's order.

    Raises:
        NetworkError: a node is no agent.
    """
    index: dict[Any, int] = {agent.name: agent.index for agent in agents}
    place: dict[Any, int] = {}
    for node in graph.nodes():
        if isinstance(node, int | np.integer) and not isinstance(node, bool) and 0 <= node < len(agents):
            place[node] = int(node)
        elif node in index:
            place[node] = index[node]
        elif str(node) in index:
            place[node] = index[str(node)]
        else:
            raise NetworkError(
                f"the graph's node {node!r} is no agent of this world (it has {len(agents)} agents): "
                f"nodes are agents' names, or integers from 0"
            )
    ends = np.fromiter((place[end] for edge in graph.edges() for end in edge), np.int64).reshape(-1, 2)
    latencies = None
    if any("latency" in data for _, _, data in graph.edges(data=True)):
        latencies = np.array([None, *(own for _, _, own in graph.edges(data="latency"))], dtype=object)[1:]
    return Edges(ends[:, 0], ends[:, 1], latencies)


@attrs.frozen(eq=False)
class Rows:
    """A checked edge table."""

    where: str
    is_text: bool
    source: pa.ChunkedArray
    target: pa.ChunkedArray
    latencies: npt.NDArray[np.float64] | None

    def edges(self, agents: Sequence[Agent]) -> Edges:
        """Its links in a world of these agents.

        Raises:
            NetworkError: a row names somebody who is no agent of this world.
        """
        names = pa.array([agent.name for agent in agents], pa.string())
        ends = []
        for column in (self.source, self.target):
            found = pc.index_in(column, value_set=names).combine_chunks()
            if found.null_count:
                row = pc.is_null(found).index(True).as_py()
                raise NetworkError(f"{self.at(row)}: {column[row].as_py()!r} is no agent of this world")
            ends.append(found.to_numpy(zero_copy_only=False).astype(np.int64))
        return Edges(ends[0], ends[1], self.latencies)

    def at(self, row: int) -> str:
        """Where a row stands."""
        return f"{self.where}:{_line(Path(self.where), row + 1)}" if self.is_text else f"{self.where}, row {row}"


def read_table(table: str | Path | pa.Table, source: str, target: str) -> Rows:
    """Read and check an edge table; see ``Network.from_table``."""
    where, is_text = "the edge table", False
    if not isinstance(table, pa.Table):
        path = Path(table)
        where, is_text = str(path), path.suffix.lower() == ".csv"
        table = _read_file(path)
    for name in (source, target):
        if name not in table.column_names:
            raise NetworkError(f"{where} has no column {name!r}; it has: {', '.join(table.column_names)}")
    ends = [table[name].cast(pa.string()) for name in (source, target)]
    latencies = None
    if "latency" in table.column_names:
        latencies = table["latency"]
    rows = Rows(where, is_text, ends[0], ends[1], None)
    for name, column in zip((source, target), ends, strict=True):
        empty = pc.or_kleene(pc.is_null(column), pc.equal(column, ""))
        if (row := pc.fill_null(empty, True).index(True).as_py()) >= 0:
            raise NetworkError(f"{rows.at(row)}: {name} is empty; it must be an agent's name")
    return attrs.evolve(rows, latencies=None if latencies is None else _numbers(latencies, rows))


def _numbers(column: pa.ChunkedArray, rows: Rows) -> npt.NDArray[np.float64]:
    """Latencies as floats, NaN where there is none."""
    texts = column.to_pylist()
    values = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text is not None and text != "":
            try:
                values[row] = float(text)
            except (TypeError, ValueError):
                values[row] = -1.0
            if not 0.0 <= values[row] < np.inf:
                raise NetworkError(f"{rows.at(row)}: latency must be a finite number and not negative, got {text!r}")
    return values


def _line(path: Path, row: int) -> int:
    """Line of a CSV file on which a row stands; the header is row 0, empty lines count for nothing."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return next(islice((line for line, text in enumerate(file, 1) if text.strip()), row, None), row + 1)


def _read_file(path: Path) -> pa.Table:
    try:
        if path.suffix.lower() == ".csv":
            from pyarrow import csv

            with path.open(encoding="utf-8-sig", newline="") as file:
                names = next(csv_rows(file), [])
            return csv.read_csv(
                path,
                read_options=csv.ReadOptions(use_threads=False),  # with threads, errors name no row
                convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),  # 007 is a name
            )
        if path.suffix.lower() in (".parquet", ".pq"):
            from pyarrow import parquet

            return parquet.read_table(path)
    except FileNotFoundError:
        raise NetworkError(f"the edge table {path} does not exist") from None
    except (pa.ArrowException, OSError) as error:
        row = re.search(r"Row #(\d+)", str(error))  # the header is row 1
        where = f"{path}:{_line(path, int(row[1]) - 1)}" if row else path
        raise NetworkError(f"{where} can't be read: {error}") from None
    raise NetworkError(f"the edge table {path} must be a .csv or .parquet file")
