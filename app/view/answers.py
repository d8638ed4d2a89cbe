"""What each address of the viewer answers, in JSON's terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import attrs

from .cast import cast as cast_of
from .causes import DECISIONS, chain, find, told
from .flow import density, last_events, step, window
from .history import History
from .parameters import Query, QueryError
from .state import Counts, counts, last_row, latest

Answer = Callable[[History, Query], dict[str, Any]]

AT = ("episode", "t", "sequence")
WHICH = ("kind", "agent")


def run(history: History, query: Query) -> dict[str, Any]:
    """What was run, and what the log has of it."""
    scenario = history.manifest.get("scenario")
    episodes = [
        {"episode": episode, "start": start, "end": end, "events": history.events(episode)}
        for episode in history.episodes
        for start, end in [history.span(episode)]
    ]
    kinds = [
        {"kind": name, "rows": table.rows, "messages": table.messages, "fields": table.own}
        for name in history.kinds
        for table in [history.tables[name]]
    ]
    return {
        "name": history.directory.name,
        "market": scenario.get("market") if isinstance(scenario, dict) else None,
        "seed": history.manifest.get("seed"),
        "level": history.manifest.get("level", "all"),
        "complete": bool(history.manifest.get("complete")),
        "live": history.live,
        "revision": history.revision,
        "episodes": episodes,
        "kinds": kinds,
    }


def players(history: History, query: Query) -> dict[str, Any]:
    """Who takes part in an episode, and where they are drawn."""
    found = cast_of(history, query.episode())
    rows = [
        {"name": p.name, "kind": p.kind, "group": p.group, "since": p.since, "links": p.links, "place": p.place}
        for p in found.players.values()
    ]
    return {"agents": rows, "links": found.links, "changes": found.changes, "text": found.text}


def bars(history: History, query: Query) -> dict[str, Any]:
    """How many events fall into each of equal parts of an interval."""
    start, end = query.interval()
    bins = query.whole("bins", 1, 2_000, 200)
    return {"counts": density(history, query.episode(), start, end, bins, query.kinds(), query.agent())}


def flights(history: History, query: Query) -> dict[str, Any]:
    """The messages that are under way in an interval."""
    start, end = query.interval()
    kinds = query.kinds()
    found = window(history, query.episode(), start, end, kinds, query.agent(), query.whole("limit", 1, 5_000, 1_500))
    return {"kinds": kinds, **found}


def state(history: History, query: Query) -> dict[str, Any]:
    """How many messages everybody has seen up to a point; of one agent, also its latest records."""
    at, agent = query.cursor(), query.agent()
    found = counts(history, at)
    if agent is None:
        return {"counts": {name: attrs.asdict(count) for name, count in found.items()}}
    return {"counts": {agent: attrs.asdict(found.get(agent, Counts()))}, "latest": latest(history, at, agent)}


def agent(history: History, query: Query) -> dict[str, Any]:
    """An agent at a point: its type, its counts, its latest records, its last messages, its last decision."""
    at, name = query.cursor(), query.one_agent()
    player = cast_of(history, at.episode).players.get(name)
    kinds = [kind for kind in query.kinds() if history.tables[kind].messages]
    last = last_events(history, at, kinds, name, query.whole("limit", 1, 200, 12))
    decisions = history.tables.get(DECISIONS)
    return {
        "name": name,
        "kind": player.kind if player else "",
        "group": player.group if player else "",
        "type": player.type if player else None,
        "counts": attrs.asdict(counts(history, at).get(name, Counts())),
        "latest": latest(history, at, name),
        "messages": [told(where) for where in last],
        "decision": last_row(decisions, at, history.code(name), "agent") if decisions else None,
    }


def events(history: History, query: Query) -> dict[str, Any]:
    """The latest events up to a point."""
    found = last_events(history, query.cursor(), query.kinds(), query.agent(), query.whole("limit", 1, 200, 20))
    return {"events": [told(where) for where in found]}


def neighbour(history: History, query: Query) -> dict[str, Any]:
    """The event after a point, or before the one on which it stands."""
    towards = cast(Literal["next", "previous"], query.choice("towards", ("next", "previous")))
    found = step(history, query.cursor(), towards, query.kinds(), query.agent())
    return {"event": None if found is None else told(found)}


def why(history: History, query: Query) -> dict[str, Any]:
    """An event and what led to it, back to where it began."""
    episode, sequence = query.episode(), query.whole("sequence", 1, 10**18)
    if find(history, episode, sequence) is None:
        raise QueryError(f"the log has no event {sequence} in episode {episode}")
    return {"chain": list(chain(history, episode, sequence, query.whole("limit", 1, 500, 100)))}


ANSWERS: dict[str, tuple[Answer, Sequence[str]]] = {
    "run": (run, ()),
    "agents": (players, ("episode",)),
    "density": (bars, ("episode", "start", "end", "bins", *WHICH)),
    "window": (flights, ("episode", "start", "end", "limit", *WHICH)),
    "state": (state, (*AT, "agent")),
    "agent": (agent, (*AT, *WHICH, "limit")),
    "events": (events, (*AT, *WHICH, "limit")),
    "step": (neighbour, (*AT, *WHICH, "towards")),
    "why": (why, ("episode", "sequence", "limit")),
}
"""By address (below `/api/`): what answers, and the parameters that it knows."""
