"""What was probably meant."""

from __future__ import annotations

from collections.abc import Sequence

from catallaxy.engine.errors import meant


def nearest(key: str, valid: Sequence[str]) -> str:
    """The hint that follows an unknown key or name: the valid one that it resembles, or all of them."""
    if hint := meant(key, valid):
        return hint.removeprefix("; ")
    return f"valid are {', '.join(sorted(valid))}" if valid else "nothing may stand here"
