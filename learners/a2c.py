"""Advantage actor-critic (Mnih et al., 2016): PPO with one unclipped step on each rollout (Huang et al., 2022)."""

from __future__ import annotations

from typing import ClassVar

import attrs
from attrs import validators

from .policy_gradient import fraction, positive
from .ppo import PPO, PPOConfig
from .spec import PolicySpec


@attrs.frozen(kw_only=True)
class A2CConfig(PPOConfig):
    """PPO's settings at the values that make it A2C: the ratio is 1 in the only step, so nothing is clipped."""

    learning_rate: float = attrs.field(default=1e-3, validator=positive)
    """Step size of Adam."""
    lam: float = attrs.field(default=1.0, validator=fraction)
    """Lambda of the generalised advantage."""
    epochs: int = attrs.field(default=1, validator=validators.in_((1,)))
    """One pass."""
    minibatch: int = attrs.field(default=2**62, validator=positive)
    """All transitions in one step."""
    normalise_advantages: bool = False
    """Advantages keep their size relative to the scale of returns."""


class A2C(PPO):
    """Improves the policy by one policy-gradient step on each rollout."""

    algorithm: ClassVar[str] = "A2C"

    def __init__(self, spec: PolicySpec, config: A2CConfig | None = None, *, seed: int) -> None:
        super().__init__(spec, config or A2CConfig(), seed=seed)
