"""How the links of random networks are drawn. Each function returns index arrays: from agent, to agent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import NetworkError
from .streams import keys, pair_uniform

if TYPE_CHECKING:
    from .agent import Agent

Indices = npt.NDArray[np.int64]
Pairs = tuple[Indices, Indices]
Probability = float | Callable[["Agent", "Agent"], float]


def by_pair(
    agents: Sequence[Agent],
    rows: Indices,
    columns: Indices,
    probability: Probability,
    seed: int,
    episode: int,
    directed: bool = False,
) -> Pairs:
    """Link each of ``rows`` with each of ``columns`` with a probability (of the two agents), independently.

    A pair's number belongs to the two names (if ``directed``, in this order): further agents redraw nobody's links.
    Takes time in proportion to the number of pairs.
    """
    left = keys(seed, episode, "links", [agents[i].name for i in rows])
    right = keys(seed, episode, "links to" if directed else "links", [agents[j].name for j in columns])
    found = []
    for place, row in enumerate(rows):
        chosen = columns[pair_uniform(left[place], right) < _probabilities(probability, agents, row, columns)]
        found.append((np.full(len(chosen), row), chosen))
    return concatenate(found)


def among(
    agents: Sequence[Agent],
    everyone: Indices,
    probability: Probability,
    seed: int,
    episode: int,
    directed: bool = False,
) -> Pairs:
    """Link each pair of ``everyone`` as :func:`by_pair` does."""
    if directed:
        return by_pair(agents, everyone, everyone, probability, seed, episode, directed)
    own = keys(seed, episode, "links", [agents[i].name for i in everyone])
    found = []
    for place in range(len(everyone) - 1):
        others = everyone[place + 1 :]
        threshold = _probabilities(probability, agents, everyone[place], others)
        chosen = others[pair_uniform(own[place], own[place + 1 :]) < threshold]
        found.append((np.full(len(chosen), everyone[place]), chosen))
    return concatenate(found)


def of_newcomer(
    agent: Agent, agents: Sequence[Agent], probability: Probability, seed: int, episode: int, directed: bool
) -> Pairs:
    """The links, as :func:`by_pair` gives them, of an agent that joins; those to it as well if ``directed``.

    They are the ones that it would have had from the beginning.
    """
    own, others = np.array([agent.index]), np.arange(agent.index)
    to_others = by_pair(agents, own, others, probability, seed, episode, directed)
    if not directed:
        return to_others
    return concatenate([to_others, by_pair(agents, others, own, probability, seed, episode, directed)])


def sparse(count: int, degree: float, rng: np.random.Generator, directed: bool = False) -> Pairs:
    """Erdos-Renyi graph of ``count`` agents with ``degree`` links each on average, in time of its number of links.

    In a directed one ``degree`` links go out from each. The distance from one link to the next in the list of all pairs
    is geometric (Batagelj & Brandes 2005).
    """
    if directed:
        (low, high), (to, from_) = (sparse(count, degree, rng) for _ in range(2))
        return np.concatenate([low, from_]), np.concatenate([high, to])
    pairs = count * (count - 1) // 2
    probability = min(1.0, degree / max(count - 1, 1))
    if pairs == 0 or probability == 0.0:
        return concatenate([])
    places: list[Indices] = []
    last = -1
    while last < pairs:
        expected = int((pairs - last) * probability)
        steps = rng.geometric(probability, expected + 4 * int(expected**0.5) + 16)
        places.append(last + np.cumsum(steps))
        last = int(places[-1][-1])
    flat = np.concatenate(places)
    flat = flat[flat < pairs]
    # Pair number k is (row, column) with row > column and k = row (row - 1) / 2 + column.
    row = ((1 + np.sqrt(1 + 8 * flat.astype(np.float64))) / 2).astype(np.int64)
    row -= row * (row - 1) // 2 > flat
    row += row * (row + 1) // 2 <= flat
    return flat - row * (row - 1) // 2, row


def preferential(count: int, links: int, rng: np.random.Generator) -> Pairs:
    """Scale-free graph (Barabasi & Albert 1999): each agent links to ``links`` others, in proportion to theirs."""
    import networkx as nx

    return _edges(nx.barabasi_albert_graph(count, links, seed=_python_random(rng)))


def small_world(count: int, neighbours: int, rewired: float, rng: np.random.Generator) -> Pairs:
    """Small-world graph (Watts & Strogatz 1998): a ring of ``neighbours`` nearest, each link ``rewired`` at random."""
    import networkx as nx

    return _edges(nx.watts_strogatz_graph(count, neighbours, rewired, seed=_python_random(rng)))


def concatenate(pairs: list[Pairs]) -> Pairs:
    """All of these links."""
    empty = np.empty(0, dtype=np.int64)
    return np.concatenate([empty, *(p[0] for p in pairs)]), np.concatenate([empty, *(p[1] for p in pairs)])


def check_probability(value: float) -> float:
    """``value`` itself, if it is a probability.

    Raises:
        NetworkError: it is not.
    """
    if not 0.0 <= value <= 1.0:
        raise NetworkError(f"a link's probability must lie in [0, 1], got {value!r}")
    return float(value)


def _probabilities(probability: Probability, agents: Sequence[Agent], row: int, columns: Indices) -> Any:
    if not callable(probability):
        return probability
    return np.array([check_probability(probability(agents[row], agents[j])) for j in columns], dtype=np.float64)


def _python_random(rng: np.random.Generator) -> Any:
    """The standard library's generator, seeded from ``rng``: networkx is several times faster with it."""
    import random

    return random.Random(int(rng.integers(2**63)))


def _edges(graph: Any) -> Pairs:
    ends = np.fromiter((end for edge in graph.edges() for end in edge), np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]
