"""Why something happened: the chain of causes of an event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..runs import FURNITURE
from .history import Cursor, History
from .table import HEADER, LogTable, Piece

DECISIONS = "decisions"
"""The table of what agents have observed and done."""

Place = tuple[LogTable, Piece, int]


def find(history: History, episode: int, sequence: int) -> Place | None:
    """Where the event with a number stands; None if the log has none."""
    for table, piece in history.pieces(history.kinds, episode):
        if piece.sequences[0] <= sequence <= piece.sequences[1]:
            places = np.flatnonzero(table.header(piece).sequence == sequence)
            if len(places):
                return table, piece, int(places[0])
    return None


def told(where: Place) -> dict[str, Any]:
    """An event in full: its table, the columns that it shares with others, and its own fields."""
    table, piece, place = where
    row = table.row(piece, place)
    shared = {name: row[name] for name in HEADER if name in row}
    if table.messages:
        shared["arrival"] = float(table.header(piece).arrival[place])
    return {"table": table.name, **shared, "fields": {name: row[name] for name in table.own}}


def chain(history: History, episode: int, sequence: int, most: int) -> Iterator[dict[str, Any]]:
    """An event, its cause, the cause of that ... back to what nothing in the log has caused.

    Each is told as by :func:`told`; ``decision``, where there is one, is what the acting agent had just decided.
    """
    for _ in range(most):
        where = find(history, episode, sequence)
        if where is None:
            return
        event = told(where)
        decision = _decision(history, episode, event)
        yield event if decision is None else {**event, "decision": decision}
        if not event["cause"] or event["cause"] >= sequence:  # an effect does not come before its cause
            return
        sequence = event["cause"]


def _decision(history: History, episode: int, event: dict[str, Any]) -> dict[str, Any] | None:
    """The last decision of the acting agent at the very time of an event and before it, of the same cause."""
    table = history.tables.get(DECISIONS)
    if table is None or event["table"] in (DECISIONS, *FURNITURE):
        return None
    code = history.code(event.get("sender") or event.get("agent") or "")
    at = Cursor(episode, event["time"], event["sequence"])
    for piece in reversed(table.pieces.get(episode, ())):
        if piece.times[0] > at.time or piece.times[1] < at.time:
            continue
        header = table.header(piece)
        mask = (header.time == at.time) & (header.sequence < event["sequence"]) & (header.who["agent"] == code)
        places = np.flatnonzero(mask & (header.cause == (event["cause"] or 0)))
        if len(places):
            return told((table, piece, int(places[-1])))
    return None
