"""An episode of the market in rounds: agents see, act and earn; the decisions of those who learn are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log

import numpy as np
import numpy.typing as npt

from catallaxy.learners import Acted, Actor, TrajectoryBuffer
from market import Worlds

Array = npt.NDArray[np.float64]

RATE = -log(0.9)
"""Discount rate per round."""
SIZES = {"makers": 2, "funds": 1}
"""Numbers that an action consists of."""


class Kept:
    """The decisions of some agents of a family, in all worlds.

    Args:
        agents: their numbers.
    """

    def __init__(self, agents: Sequence[int]) -> None:
        self.agents = np.asarray(agents)

    def decide(self, turn: int, rows: npt.NDArray[np.float32], acted: Acted, earned: Array) -> None:
        """Keep decisions, and what was earned, shape (E, agents), since the last ones."""
        worlds, agents = earned.shape
        mine = (np.arange(worlds)[:, None] * agents + self.agents).ravel()
        if turn == 0:
            self.buffer = TrajectoryBuffer(rows.shape[1], acted.raw.shape[1])
        once = np.ones(len(mine))
        self.buffer.decide(
            range(len(mine)), rows[mine], acted.raw[mine], acted.logp[mine], acted.values[mine],
            time=turn * once, rate=RATE * once, reward=self._reward(earned), elapsed=once,
        )  # fmt: skip

    def end(self, earned: Array) -> None:
        """The episode is over, the agents' problem is not."""
        for chain, reward in enumerate(self._reward(earned).tolist()):
            self.buffer.end(chain, reward=reward, elapsed=1.0, terminated=False)

    def _reward(self, earned: Array) -> Array:
        return np.asarray(exp(-RATE) * earned[:, self.agents].ravel(), np.float64)


NOBODY: Mapping[str, Kept] = {}


def play(
    worlds: Worlds, told: Array, actors: Mapping[str, Actor], rng: np.random.Generator, kept: Mapping[str, Kept]
) -> None:
    """Play all rounds.

    Args:
        worlds: fresh ones.
        told: what agents are told about the composition, shape (E, k); k may be 0.
        actors: who acts for each family; rows of observations come world by world.
        rng: for the noise of their actions.
        kept: whose decisions are kept, by family.
    """
    earned = {family: np.zeros_like(payoff) for family, payoff in worlds.payoffs.items()}

    def act(family: str, seen: Array, turn: int) -> Array:
        count, agents, _ = seen.shape
        seen = np.concatenate([seen, np.repeat(told[:, None], agents, axis=1)], axis=2)
        rows = seen.reshape(count * agents, -1).astype(np.float32)
        acted = actors[family].act(rows, rng.standard_normal((len(rows), SIZES[family])).astype(np.float32))
        if family in kept:
            kept[family].decide(turn, rows, acted, earned[family])
        return acted.actions.reshape(count, agents, -1)

    for turn in range(worlds.market.rounds):
        worlds.quote(act("makers", worlds.makers_see(), turn))
        keep = act("funds", worlds.funds_see(), turn)[..., 0] if worlds.market.funds else earned["funds"]
        earned["makers"], earned["funds"] = worlds.trade(keep)
    for family, each in kept.items():
        each.end(earned[family])
