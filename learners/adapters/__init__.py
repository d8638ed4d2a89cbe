"""Worlds as other libraries want them: Gymnasium environments, PettingZoo's AEC and parallel environments.

What needs PettingZoo (``pip install 'catallaxy[env]'``) is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .single import AgentEnv

if TYPE_CHECKING:
    from .parallel import WorldParallelEnv
    from .turns import WorldAECEnv

__all__ = ["AgentEnv", "WorldAECEnv", "WorldParallelEnv"]

_WITH_PETTINGZOO = {"WorldAECEnv": "turns", "WorldParallelEnv": "parallel"}


def __getattr__(name: str) -> object:
    if name not in _WITH_PETTINGZOO:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f".{_WITH_PETTINGZOO[name]}", __name__), name)
    except ModuleNotFoundError as error:
        if error.name != "pettingzoo":
            raise
        raise ImportError(f"{name} needs PettingZoo: pip install 'catallaxy[env]'") from None
