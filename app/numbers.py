"""Numbers as people read them."""

from __future__ import annotations

import math

EXACT = 1e-9
"""Intervals that are narrower than this part of the mean are rounding."""


def with_reach(mean: float, reach: float, sign: str = "", between: str = "+-") -> str:
    """A mean with half its interval, both to the second digit of the latter: `-14.0 +- 6.0`."""
    if not math.isfinite(reach):
        return f"{mean:{sign}.4g}"
    if reach <= EXACT * abs(mean):
        return f"{mean:{sign}.4g} {between} 0"
    digits = max(0, 1 - math.floor(math.log10(reach)))
    return f"{mean:{sign},.{digits}f} {between} {reach:,.{digits}f}"
