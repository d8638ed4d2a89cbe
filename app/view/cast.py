"""Who takes part in an episode, how they are linked, and where they are drawn."""

from __future__ import annotations

from typing import Any

import attrs
import networkx as nx

from ..plots.layout import places
from .history import History
from .plain import parsed
from .state import agents_of

MOST_DRAWN = 300
"""Agents beyond which only those with the most links are drawn."""
MOST_LINKS = 4_000
"""Links beyond which none are drawn."""


@attrs.frozen
class Player:
    """An agent in an episode.

    Attributes:
        name: its name.
        kind: its class, or an empty text if the log does not say.
        group: the group that it belongs to, or its class.
        type: what the log says of it.
        since: when it took part first.
        links: how many it has or has had.
        place: where it is drawn, from 0 to 1 each way; None if it is not.
    """

    name: str
    kind: str
    group: str
    type: Any
    since: float
    links: int
    place: tuple[float, float] | None


@attrs.frozen
class Cast:
    """Who takes part in an episode.

    Attributes:
        players: by name, in the order in which they came.
        links: pairs of the drawn, as names.
        changes: when a link came or went: (time, sequence, one, other, whether it is up).
        text: how many there are, and what is not drawn.
    """

    players: dict[str, Player]
    links: list[tuple[str, str]]
    changes: list[tuple[float, int, str, str, bool]]
    text: str


def cast(history: History, episode: int) -> Cast:
    """Who takes part in an episode; kept until the log grows."""
    found: Cast = history.answers.get(("cast", episode), lambda: _cast(history, episode))
    return found


def _cast(history: History, episode: int) -> Cast:
    rows = {row["agent"]: row for row in reversed(_rows(history, "agents", episode))}
    names = list(rows)[::-1]
    names += [name for code in sorted(agents_of(history, episode)) if (name := history.names.names[code]) not in rows]
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(names)
    changes = []
    for row in _rows(history, "links", episode):
        one, other = row["agent"], row["neighbour"]
        if one in graph and other in graph:
            graph.add_edge(one, other)
            if row["sequence"]:
                changes.append((row["time"], row["sequence"], one, other, row["up"]))
    drawn = (
        sorted(names, key=lambda name: (-graph.degree[name], names.index(name)))[:MOST_DRAWN]
        if len(names) > MOST_DRAWN
        else names
    )
    shown = graph.subgraph(drawn)
    where = places(drawn, shown.edges)
    players = {name: _player(name, rows.get(name), graph.degree[name], where.get(name)) for name in names}
    few = shown.number_of_edges() <= MOST_LINKS
    links = [(one, other) for one, other in shown.edges] if few else []
    return Cast(players, links, changes[:MOST_LINKS], _told(history, episode, graph, len(drawn), few))


def _rows(history: History, name: str, episode: int) -> list[dict[str, Any]]:
    table = history.tables.get(name)
    if table is None:
        return []
    found: list[dict[str, Any]] = []
    for piece in table.pieces.get(episode, ()):
        found += table.batch(piece).to_pylist()
    return found


def _player(name: str, row: dict[str, Any] | None, links: int, place: tuple[float, float] | None) -> Player:
    if row is None:
        return Player(name, "", "", None, 0.0, links, place)
    type_ = parsed(row["type"])
    group = type_.get("group") if isinstance(type_, dict) else None
    return Player(name, row["kind"], str(group or row["kind"]), type_, row["time"], links, place)


def _told(history: History, episode: int, graph: nx.Graph[str], drawn: int, few: bool) -> str:
    size, links = graph.number_of_nodes(), graph.number_of_edges()
    complete = any(
        world.get("episode") == episode and world.get("network") == "complete"
        for world in history.manifest.get("worlds", ())
    )
    text = f"{size:,} agents, " + ("each linked to all" if complete else f"{links:,} links")
    if drawn < size:
        text += f"; drawn are the {drawn} with the most links"
    if not few:
        text += "; links are not drawn, there are too many"
    return text
