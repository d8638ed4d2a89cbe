"""Values of a log as JSON can say them without loss."""

from __future__ import annotations

import json
import math
from typing import Any

_EXACT = 2**53


def plain(value: Any) -> Any:
    """A value in JSON's terms: integers that a browser would round, and numbers that JSON lacks, become texts."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def parsed(text: str | None) -> Any:
    """What a text in JSON says; the text itself if it is none."""
    if text is None:
        return None
    try:
        return plain(json.loads(text))
    except ValueError:
        return text
