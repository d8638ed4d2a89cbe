"""Learners: policies, trajectory buffer, policy-gradient algorithms, fleets. Knows no particular market.

What needs torch or Ray is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .buffer import TrajectoryBuffer, Transitions
from .errors import CheckpointError, DivergenceError, LearningError, WorkerError
from .fleet import Fleet
from .learner import Acted, Actor, Learner, actor_of, best_of
from .mirror import CategoricalMirror, GaussianMirror, Mirror
from .moments import Moments, TypedMoments
from .returns import advantages, discounts
from .spec import PolicySpec, policy_specs
from .trainer import Progress, Trainer
from .workers import Workers

if TYPE_CHECKING:
    from .a2c import A2C, A2CConfig
    from .checkpoint import differences, load_checkpoint, load_policies, save_checkpoint
    from .policy import CategoricalPolicy, GaussianPolicy, Policy, policy_for
    from .policy_gradient import PolicyGradient, PolicyGradientConfig
    from .ppo import PPO, PPOConfig
    from .ray_workers import RayWorkers
    from .recurrent import RecurrentPolicy
    from .reinforce import REINFORCE, REINFORCEConfig

__all__ = [
    "A2C",
    "PPO",
    "REINFORCE",
    "A2CConfig",
    "Acted",
    "Actor",
    "CategoricalMirror",
    "CategoricalPolicy",
    "CheckpointError",
    "DivergenceError",
    "Fleet",
    "GaussianMirror",
    "GaussianPolicy",
    "Learner",
    "LearningError",
    "Mirror",
    "Moments",
    "PPOConfig",
    "Policy",
    "PolicyGradient",
    "PolicyGradientConfig",
    "PolicySpec",
    "Progress",
    "REINFORCEConfig",
    "RayWorkers",
    "RecurrentPolicy",
    "Trainer",
    "TrajectoryBuffer",
    "Transitions",
    "TypedMoments",
    "WorkerError",
    "Workers",
    "actor_of",
    "advantages",
    "best_of",
    "differences",
    "discounts",
    "load_checkpoint",
    "load_policies",
    "policy_for",
    "policy_specs",
    "save_checkpoint",
]

_LATER = {
    "A2C": "a2c",
    "A2CConfig": "a2c",
    "CategoricalPolicy": "policy",
    "GaussianPolicy": "policy",
    "PPO": "ppo",
    "PPOConfig": "ppo",
    "Policy": "policy",
    "PolicyGradient": "policy_gradient",
    "PolicyGradientConfig": "policy_gradient",
    "REINFORCE": "reinforce",
    "REINFORCEConfig": "reinforce",
    "RayWorkers": "ray_workers",
    "RecurrentPolicy": "recurrent",
    "differences": "checkpoint",
    "load_checkpoint": "checkpoint",
    "load_policies": "checkpoint",
    "policy_for": "policy",
    "save_checkpoint": "checkpoint",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
