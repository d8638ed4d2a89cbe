"""Learners: policies, trajectory buffer, policy-gradient algorithms, fleets. Knows no particular market.

What needs torch is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .buffer import TrajectoryBuffer, Transitions
from .errors import CheckpointError, DivergenceError, LearningError, WorkerError
from .fleet import Fleet
from .learner import Acted, Actor, Learner, actor_of
from .mirror import Mirror
from .moments import Moments
from .returns import advantages, discounts
from .spec import PolicySpec, policy_specs
from .trainer import Progress, Trainer
from .workers import Workers

if TYPE_CHECKING:
    from .a2c import A2C, A2CConfig
    from .checkpoint import load_checkpoint, load_policies, save_checkpoint
    from .policy import GaussianPolicy
    from .policy_gradient import PolicyGradient, PolicyGradientConfig
    from .ppo import PPO, PPOConfig
    from .reinforce import REINFORCE, REINFORCEConfig

__all__ = [
    "A2C",
    "PPO",
    "REINFORCE",
    "A2CConfig",
    "Acted",
    "Actor",
    "CheckpointError",
    "DivergenceError",
    "Fleet",
    "GaussianPolicy",
    "Learner",
    "LearningError",
    "Mirror",
    "Moments",
    "PPOConfig",
    "PolicyGradient",
    "PolicyGradientConfig",
    "PolicySpec",
    "Progress",
    "REINFORCEConfig",
    "Trainer",
    "TrajectoryBuffer",
    "Transitions",
    "WorkerError",
    "Workers",
    "actor_of",
    "advantages",
    "discounts",
    "load_checkpoint",
    "load_policies",
    "policy_specs",
    "save_checkpoint",
]

_WITH_TORCH = {
    "A2C": "a2c",
    "A2CConfig": "a2c",
    "GaussianPolicy": "policy",
    "PPO": "ppo",
    "PPOConfig": "ppo",
    "PolicyGradient": "policy_gradient",
    "PolicyGradientConfig": "policy_gradient",
    "REINFORCE": "reinforce",
    "REINFORCEConfig": "reinforce",
    "load_checkpoint": "checkpoint",
    "load_policies": "checkpoint",
    "save_checkpoint": "checkpoint",
}


def __getattr__(name: str) -> object:
    if name not in _WITH_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WITH_TORCH[name]}", __name__), name)
