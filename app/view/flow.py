"""What happens between two points in time: how much, and which events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from .history import Cursor, History, Mask, of_agent, rows_of
from .table import Header, LogTable, Piece, in_order

Found = tuple[LogTable, Piece, int]
"""Where an event stands: its table, its piece and its place in it."""


def density(
    history: History, episode: int, start: float, end: float, bins: int, kinds: Sequence[str], agent: str | None
) -> list[int]:
    """How many events fall into each of ``bins`` equal parts of [start, end]; only the last part has its right end."""

    def count() -> list[int]:
        edges = np.linspace(start, end, bins + 1)
        total = np.zeros(bins, dtype=np.int64)
        for table, piece in _chosen(history, episode, start, end, kinds, agent):
            header = table.header(piece)
            times = header.time if agent is None else header.time[rows_of(header, history.code(agent))]
            total += np.histogram(times, edges)[0]
        return [int(number) for number in total]

    found: list[int] = history.answers.get(("density", episode, start, end, bins, tuple(kinds), agent), count)
    return found


def window(
    history: History,
    episode: int,
    start: float,
    end: float,
    kinds: Sequence[str],
    agent: str | None,
    limit: int,
) -> dict[str, Any]:
    """The messages sent in (start, end] or under way at ``start``, in their order, for drawing.

    Returns:
        ``messages``: lists (sequence, table's place in ``kinds``, time, arrival, sender, receiver), at most ``limit``,
        evenly chosen if there are more; ``of``: how many there are.
    """
    parts = []
    for number, name in enumerate(kinds):
        table = history.tables[name]
        if not table.messages:
            continue
        for piece in table.pieces.get(episode, ()):
            if piece.times[0] > end or max(piece.arrived, piece.times[1]) < start or _absent(history, piece, agent):
                continue
            header = table.header(piece)
            under_way = (header.time <= end) & ((header.time > start) | (header.arrival > start))
            under_way &= header.who["receiver"] >= 0
            if agent is not None:
                under_way &= rows_of(header, history.code(agent))
            places = np.flatnonzero(under_way)
            columns = (header.sequence, header.time, header.arrival, header.who["sender"], header.who["receiver"])
            parts.append((np.full(len(places), number), *(column[places] for column in columns)))
    if not parts:
        return {"messages": [], "of": 0}
    kind, sequence, time, arrival, sender, receiver = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((sequence, time))
    if len(order) > limit:
        order = order[np.linspace(0, len(order) - 1, limit).astype(np.int64)]
    names = history.names.names
    rows = [
        [int(sequence[i]), int(kind[i]), float(time[i]), float(arrival[i]), names[sender[i]], names[receiver[i]]]
        for i in order
    ]
    return {"messages": rows, "of": len(kind)}


def step(
    history: History, at: Cursor, towards: Literal["next", "previous"], kinds: Sequence[str], agent: str | None
) -> Found | None:
    """The event that follows a point, or the last but the one that the point stands on; None if there is none."""
    best: tuple[tuple[float, int], Found] | None = None
    for name in kinds:
        table = history.tables[name]
        pieces = table.pieces.get(at.episode, [])
        for piece in pieces if towards == "next" else reversed(pieces):
            beyond = piece.times[1] < at.time if towards == "next" else piece.times[0] > at.time
            if beyond or _absent(history, piece, agent):
                continue
            header = table.header(piece)
            mask = _beside(header, at, towards)
            if agent is not None:
                mask &= rows_of(header, history.code(agent))
            places = np.flatnonzero(mask)
            if len(places):
                place = int(places[0] if towards == "next" else places[-1])
                key = (float(header.time[place]), int(header.sequence[place]))
                if best is None or (key < best[0] if towards == "next" else key > best[0]):
                    best = key, (table, piece, place)
                break
    return None if best is None else best[1]


def _beside(header: Header, at: Cursor, towards: str) -> Mask:
    """The rows after a point, or strictly before the event on which it stands."""
    if towards == "next":
        return ~at.past(header)
    if at.sequence is None:  # it stands behind everything of its time
        return header.time < at.time
    found: Mask = (header.time < at.time) | ((header.time == at.time) & (header.sequence < at.sequence))
    return found


def last_events(history: History, at: Cursor, kinds: Sequence[str], agent: str | None, limit: int) -> list[Found]:
    """The latest events up to a point, latest first."""
    found: list[tuple[tuple[float, int], Found]] = []
    for name in kinds:
        table = history.tables[name]
        left = limit
        for piece in reversed(table.pieces.get(at.episode, ())):
            if piece.times[0] > at.time or _absent(history, piece, agent):
                continue
            header = table.header(piece)
            mask = at.past(header)
            if agent is not None:
                mask &= rows_of(header, history.code(agent))
            for place in np.flatnonzero(mask)[::-1][:left].tolist():
                found.append(((float(header.time[place]), int(header.sequence[place])), (table, piece, place)))
                left -= 1
            if left <= 0:
                break
    found.sort(key=lambda entry: entry[0], reverse=True)
    return [where for _, where in found[:limit]]


def _absent(history: History, piece: Piece, agent: str | None) -> bool:
    return agent is not None and not of_agent(piece, history.code(agent))


def _chosen(
    history: History, episode: int, start: float, end: float, kinds: Sequence[str], agent: str | None
) -> list[tuple[LogTable, Piece]]:
    return [
        (history.tables[name], piece)
        for name in kinds
        for piece in in_order(history.tables[name].pieces.get(episode, []), start, end)
        if not _absent(history, piece, agent)
    ]
