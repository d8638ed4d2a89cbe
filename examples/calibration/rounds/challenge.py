"""Is it an equilibrium? What one agent gains who learns the best response to all the others."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt
from episode import Kept
from population import RoundsPopulation

from catallaxy.engine import stream
from catallaxy.learners import Acted, Actor, best_of

Array = npt.NDArray[np.float64]


@attrs.frozen(eq=False)
class Rival:
    """Acts like a family, but for one of its agents, who acts by itself.

    Attributes:
        family: acts for the others.
        one: acts for the one.
        agent: its number.
        agents: how many the family has.
    """

    family: Actor
    one: Actor
    agent: int
    agents: int

    def act(self, observations: npt.NDArray[np.float32], noise: npt.NDArray[np.float32] | None = None) -> Acted:
        """See `Actor`."""
        mine = np.arange(self.agent, len(observations), self.agents)
        theirs = self.family.act(observations, noise)
        own = self.one.act(observations[mine], None if noise is None else noise[mine])
        for whole, part in zip(attrs.astuple(theirs, recurse=False), attrs.astuple(own, recurse=False), strict=True):
            whole[mine] = part
        return theirs


def challenge(
    population: RoundsPopulation, point: Array, family: str, agent: int, *, decisions: int, episodes: int, seed: int
) -> tuple[Array, Array]:
    """Let an agent learn from nothing, while all others go on as they have learned to.

    Args:
        population: has learned.
        point: the composition, in the unit cube.
        family: of the agent.
        agent: its number.
        decisions: of its own, from which it learns.
        episodes: in which its payoff is measured, as it was and as it is then, with the same luck.
        seed: of all that.

    Returns:
        Its payoff a round if it acts like its family, and if it acts as it has learned to, shape (episodes,) each.
    """
    others, learner = population.best(), population.fresh(seed)[family]

    def playing(one: Actor) -> dict[str, Actor]:
        return {**others, family: Rival(others[family], one, agent, population.market.agents[family])}

    places = 4 * population.places
    points = np.repeat(point[None], places, axis=0)
    for turn in range(decisions // (places * population.market.rounds)):
        kept = Kept([agent])
        population.play(points, playing(learner), stream(seed, turn, "challenge"), {family: kept})
        learner.update(kept.buffer)
    points = np.repeat(point[None], episodes, axis=0)
    as_it_was, now = (
        population.play(points, playing(one), stream(seed, 0, "payoff")).payoffs[family][:, agent]
        for one in (others[family], best_of(learner))
    )
    return as_it_was, now
