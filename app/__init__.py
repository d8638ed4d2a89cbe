"""Catallaxy: markets of heterogeneous, learning agents in continuous time.

The names below are loaded from their packages when first used, so that `import catallaxy` costs nothing that a program
does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catallaxy.agents import (
        Choice,
        Constant,
        Decision,
        Distribution,
        LearningAgent,
        LogUniform,
        Normal,
        Uniform,
    )
    from catallaxy.engine import Agent, CatallaxyError, EventLog, Message, Network, Record, World, on

__all__ = [
    "Agent",
    "CatallaxyError",
    "Choice",
    "Constant",
    "Decision",
    "Distribution",
    "EventLog",
    "LearningAgent",
    "LogUniform",
    "Message",
    "Network",
    "Normal",
    "Record",
    "Uniform",
    "World",
    "__version__",
    "on",
]

_HOMES = {
    **dict.fromkeys(("Agent", "CatallaxyError", "EventLog", "Message", "Network", "Record", "World", "on"), "engine"),
    **dict.fromkeys(
        ("Choice", "Constant", "Decision", "Distribution", "LearningAgent", "LogUniform", "Normal", "Uniform"), "agents"
    ),
}

__version__: str


def __getattr__(name: str) -> object:
    from importlib import import_module, metadata

    if name == "__version__":
        value: object = metadata.version("catallaxy")
    elif name in _HOMES:
        value = getattr(import_module(f"catallaxy.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module 'catallaxy' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
