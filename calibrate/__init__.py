"""Calibration: which composition of agents shows what was measured, found while the agents learn to live in it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import CalibrationError
from .space import Parameter, Space
from .targets import Target, Targets

if TYPE_CHECKING:
    from .calibration import Calibration, Plan, Step
    from .calibrator import Calibrator, Memory, Recommendation, Setting
    from .identify import Fit, FlatDirection, fits, flat_directions, unreachable
    from .methods import METHODS, RECOMMENDED, make_calibrator
    from .population import Population, play, settle, told
    from .problem import Problem
    from .surrogate import Quadratic, local_map
    from .verdict import Protocol, Settled, judge, score, scores

_HOMES = {
    "calibration": ("Calibration", "Plan", "Step"),
    "calibrator": ("Calibrator", "Memory", "Recommendation", "Setting"),
    "identify": ("Fit", "FlatDirection", "fits", "flat_directions", "unreachable"),
    "methods": ("METHODS", "RECOMMENDED", "make_calibrator"),
    "population": ("Population", "play", "settle", "told"),
    "problem": ("Problem",),
    "surrogate": ("Quadratic", "local_map"),
    "verdict": ("Protocol", "Settled", "judge", "score", "scores"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "METHODS",
    "RECOMMENDED",
    "Calibration",
    "CalibrationError",
    "Calibrator",
    "Fit",
    "FlatDirection",
    "Memory",
    "Parameter",
    "Plan",
    "Population",
    "Problem",
    "Protocol",
    "Quadratic",
    "Recommendation",
    "Setting",
    "Settled",
    "Space",
    "Step",
    "Target",
    "Targets",
    "fits",
    "flat_directions",
    "judge",
    "local_map",
    "make_calibrator",
    "play",
    "score",
    "scores",
    "settle",
    "told",
    "unreachable",
]


def __getattr__(name: str) -> object:
    """What needs torch is imported when it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
