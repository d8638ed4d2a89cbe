"""REINFORCE (Williams, 1992) on a shared policy, as in S. Ganesh's talk (JPMorgan AI Research, 2022).

gradient = 1/N sum over agents i, sum over t, of grad log pi(a_t^i | s_t^i, lambda_i) R^i
"""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np
import numpy.typing as npt
import torch

from .buffer import TrajectoryBuffer, Transitions
from .errors import LearningError
from .policy_gradient import PolicyGradient, PolicyGradientConfig
from .returns import advantages
from .spec import PolicySpec


@attrs.frozen(kw_only=True)
class REINFORCEConfig(PolicyGradientConfig):
    """What REINFORCE can be told, beyond `PolicyGradientConfig`."""

    learning_rate: float = attrs.field(default=1e-2, validator=attrs.validators.gt(0))
    """Step size of Adam."""
    baseline: bool = False
    """Subtract the agents' mean return from each R^i; the formula has none, but its variance is far smaller so."""


class REINFORCE(PolicyGradient):
    """One gradient step for each rollout of whole episodes; N counts each agent of each episode.

    Args:
        spec: what the policy sees and does.
        config: see `REINFORCEConfig`.
        seed: root of its randomness.
    """

    algorithm: ClassVar[str] = "REINFORCE"
    whole_episodes: ClassVar[bool] = True

    def __init__(self, spec: PolicySpec, config: REINFORCEConfig | None = None, *, seed: int) -> None:
        self.config = config or REINFORCEConfig()
        super().__init__(spec, self.config, seed=seed)

    def _batch(self, buffer: TrajectoryBuffer) -> Transitions:
        if buffer.open:
            raise LearningError(
                f"family {self.spec.family!r}: REINFORCE learns from whole episodes, but {buffer.open} agents are "
                f"amid one; gather with whole_episodes=True"
            )
        return buffer.transitions(unfinished=True)

    def _improve(self, batch: Transitions) -> dict[str, float]:
        total, agents = episode_returns(batch)
        weight = total - total[np.unique(batch.chain, return_index=True)[1]].mean() if self.config.baseline else total
        rows, raw = self._rows(batch)
        now = self.policy.evaluate(rows, raw)
        loss = -(now.logp * torch.from_numpy(weight.astype(np.float32))).sum() / agents
        entropy = now.entropy.mean().item()
        self._step(loss)
        return {"losses/policy": loss.item(), "losses/entropy": entropy}


def episode_returns(batch: Transitions) -> tuple[npt.NDArray[np.float64], int]:
    """Return R^i, discounted to its agent's first decision, for each transition [n], and the number of agents N."""
    nothing = np.zeros(len(batch))
    to_go = advantages(
        batch.reward, batch.elapsed, nothing, nothing, batch.next_row, batch.terminated, rate=batch.rate, lam=1.0
    )
    _, first, agent = np.unique(batch.chain, return_index=True, return_inverse=True)
    return to_go[first][agent], len(first)
