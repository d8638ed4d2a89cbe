"""What the log implies at a point in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from .history import Cursor, History
from .table import LogTable, Piece


@attrs.frozen
class Counts:
    """How many messages an agent has seen.

    Attributes:
        sent: how many it has sent or published.
        arrived: how many have reached it.
        recorded: how many rows it has recorded, the furniture left out.
    """

    sent: int = 0
    arrived: int = 0
    recorded: int = 0


def counts(history: History, at: Cursor) -> dict[str, Counts]:
    """The counts of everybody who occurs in the episode, by name."""
    size = len(history.names.names)
    sent, arrived, recorded = (np.zeros(size, dtype=np.int64) for _ in range(3))
    for table, piece in history.pieces(history.kinds, at.episode):
        if piece.times[0] > at.time:
            continue
        if table.messages:
            _add(sent, table, piece, at, "sender")
            _add(arrived, table, piece, at, "receiver")
        else:
            _add(recorded, table, piece, at, "agent")
    present = sorted(agents_of(history, at.episode))
    return {
        history.names.names[code]: Counts(int(sent[code]), int(arrived[code]), int(recorded[code])) for code in present
    }


def agents_of(history: History, episode: int) -> set[int]:
    """Codes of all who occur in an episode, as agents, senders or receivers."""
    return {
        int(code)
        for _, piece in history.pieces(list(history.tables), episode)
        for codes, _ in piece.counts.values()
        for code in codes
    }


def latest(history: History, at: Cursor, agent: str) -> dict[str, Mapping[str, Any]]:
    """The latest row that an agent has recorded in each table, by the table's name."""
    code = history.code(agent)
    found = {}
    for name in history.kinds:
        table = history.tables[name]
        if not table.messages and (row := last_row(table, at, code, "agent")) is not None:
            found[name] = row
    return found


def last_row(table: LogTable, at: Cursor, code: int, role: str) -> Mapping[str, Any] | None:
    """The last row up to a point in which an agent has a role, or None."""
    for piece in reversed(table.pieces.get(at.episode, ())):
        if piece.times[0] > at.time or role not in piece.counts or code not in piece.counts[role][0]:
            continue
        header = table.header(piece)
        places = np.flatnonzero(at.past(header) & (header.who[role] == code))
        if len(places):
            return table.row(piece, int(places[-1]))
    return None


def _add(total: Any, table: LogTable, piece: Piece, at: Cursor, role: str) -> None:
    """Add how often each agent has had a role in the rows of a piece that have happened (arrived, for receivers)."""
    over = piece.arrived <= at.time if role == "receiver" else True
    if at.whole(piece) and over:
        codes, often = piece.counts.get(role, (np.zeros(0, np.int64), np.zeros(0, np.int64)))
        total[codes] += often
        return
    header = table.header(piece)
    done = at.past(header) & (header.arrival <= at.time) if role == "receiver" else at.past(header)
    codes = header.who[role][done]
    total += np.bincount(codes[codes >= 0], minlength=len(total))
