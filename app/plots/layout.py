"""Where agents stand when their network is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx as nx

from catallaxy.engine import stream

ITERATIONS = 60


def places(names: Sequence[str], links: Iterable[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Places in the unit square by springs from a drawn start: the same for the same links, wherever they are drawn."""
    if len(names) < 2:
        return dict.fromkeys(names, (0.5, 0.5))
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(names)
    graph.add_edges_from(links)
    rng = stream(0, 0, "layout")
    start = {name: rng.standard_normal(2) for name in names}
    found = nx.spring_layout(graph, pos=start, iterations=ITERATIONS, seed=0)
    low, high = (tuple(pick(float(place[axis]) for place in found.values()) for axis in (0, 1)) for pick in (min, max))
    width = [max(high[axis] - low[axis], 1e-9) for axis in (0, 1)]
    return {
        name: ((float(place[0]) - low[0]) / width[0], (float(place[1]) - low[1]) / width[1])
        for name, place in found.items()
    }
