"""What was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def nearest(key: str, valid: Sequence[str]) -> str:
    """The hint that follows an unknown key or name: the valid one that it resembles, or all of them."""
    close = difflib.get_close_matches(key, valid, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"valid are {', '.join(sorted(valid))}" if valid else "nothing may stand here"
