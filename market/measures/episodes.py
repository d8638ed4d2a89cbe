"""Playing episodes to measure them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyarrow as pa

from catallaxy.engine import EventLog, World


def played(
    build: Callable[[int], World],
    episodes: int,
    until: float,
    measure: Callable[[Iterable[World]], pa.Table],
    *,
    log: EventLog | None = None,
    progress: Callable[[], object] | None = None,
) -> pa.Table:
    """Play episodes 0, 1, ... to their end, and measure each.

    Args:
        build: makes the world of an episode, everybody in it with a policy.
        episodes: how many.
        until: when an episode ends.
        measure: a market's `from_worlds`.
        log: where their events go, if anywhere.
        progress: called after each episode.

    Returns:
        The episodes' tables, one below the other.
    """
    tables = []
    for episode in range(episodes):
        world = build(episode)
        world.run(until, log)
        tables.append(measure([world]))
        if progress is not None:
            progress()
    return pa.concat_tables(tables)
