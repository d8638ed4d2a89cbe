"""Calibration: which composition of agents shows what was measured, found while the agents learn to live in it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import CalibrationError
from .space import Parameter, Space
from .targets import Target, Targets

if TYPE_CHECKING:
    from .calibration import Agents, Calibration, Mark, Plan, Step
    from .calibrator import Calibrator, Memory, Recommendation, Setting
    from .contest import Contest, Entry, Planted
    from .identify import Fit, FlatDirection, fits, flat_directions, unreachable
    from .methods import METHODS, RECOMMENDED, make_calibrator
    from .population import WorldPopulation
    from .problem import Population, Problem
    from .ranking import Ranking, Recovery
    from .surrogate import Quadratic, local_map
    from .verdict import Protocol, Settled, judge, score, settle
    from .worlds import Market

_HOMES = {
    "calibration": ("Agents", "Calibration", "Mark", "Plan", "Step"),
    "contest": ("Contest", "Entry", "Planted"),
    "calibrator": ("Calibrator", "Memory", "Recommendation", "Setting"),
    "identify": ("Fit", "FlatDirection", "fits", "flat_directions", "unreachable"),
    "methods": ("METHODS", "RECOMMENDED", "make_calibrator"),
    "population": ("WorldPopulation",),
    "problem": ("Population", "Problem"),
    "ranking": ("Ranking", "Recovery"),
    "surrogate": ("Quadratic", "local_map"),
    "verdict": ("Protocol", "Settled", "judge", "score", "settle"),
    "worlds": ("Market",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "METHODS",
    "RECOMMENDED",
    "Agents",
    "Calibration",
    "CalibrationError",
    "Calibrator",
    "Contest",
    "Entry",
    "Fit",
    "FlatDirection",
    "Mark",
    "Market",
    "Memory",
    "Parameter",
    "Plan",
    "Planted",
    "Population",
    "Problem",
    "Protocol",
    "Quadratic",
    "Ranking",
    "Recommendation",
    "Recovery",
    "Setting",
    "Settled",
    "Space",
    "Step",
    "Target",
    "Targets",
    "WorldPopulation",
    "fits",
    "flat_directions",
    "judge",
    "local_map",
    "make_calibrator",
    "score",
    "settle",
    "unreachable",
]


def __getattr__(name: str) -> object:
    """What needs torch is imported when it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
