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

    from .runs import Run, open_run

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
    "Run",
    "Uniform",
    "World",
    "__version__",
    "on",
    "open_run",
]

_HOMES = {
    "catallaxy.agents": (
        "Choice",
        "Constant",
        "Decision",
        "Distribution",
        "LearningAgent",
        "LogUniform",
        "Normal",
        "Uniform",
    ),
    "catallaxy.engine": ("Agent", "CatallaxyError", "EventLog", "Message", "Network", "Record", "World", "on"),
    "catallaxy.runs": ("Run", "open_run"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__version__: str


def __getattr__(name: str) -> object:
    from importlib import import_module, metadata

    if name == "__version__":
        value: object = metadata.version("catallaxy")
    elif name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module 'catallaxy' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
