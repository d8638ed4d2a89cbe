"""Scenario files that extend others: `extends = "base.toml"`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .strict import Located

KEY = "extends"

Parse = Callable[[Path], tuple[str, dict[str, Any]]]


class CircleError(ValueError):
    """Files that extend one another in a circle."""


def inherited(path: Path, data: dict[str, Any], parse: Parse, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What a file says together with what it extends.

    Tables are merged key by key. Lists of tables with names are merged by name: an element of a known name changes that
    one, others are appended. Everything else is replaced. Relative paths stay relative to the file they stand in.

    Args:
        path: the file.
        data: what it says.
        parse: reads another file.
        seen: files that lead here.

    Raises:
        CircleError: a file extends itself in the end.
        ValueError: `extends` is no string.
    """
    base = data.pop(KEY, None)
    if base is None:
        return data
    if not isinstance(base, str):
        raise ValueError(f"{KEY} must name a file")
    where = (path.parent / base).resolve()
    if where in (*seen, path.resolve()):
        raise CircleError(f"{where.name} extends itself: {' -> '.join(file.name for file in (*seen, path, where))}")
    _, below = parse(path.parent / base)
    below = inherited(path.parent / base, below, parse, (*seen, path.resolve()))
    together: dict[str, Any] = _merged(_located(below, (path.parent / base).parent), data)
    return together


def _merged(base: Any, own: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(own, Mapping):
        if _replaces(base, own):
            return own
        both = {key: _merged(base[key], own[key]) for key in base if key in own}
        return {**base, **own, **both}
    if _named(base) and _named(own):
        mine = {item["name"]: item for item in own}
        known = {item["name"] for item in base}
        changed = [_merged(item, mine[item["name"]]) if item["name"] in mine else item for item in base]
        return [*changed, *(item for item in own if item["name"] not in known)]
    return own


def _replaces(base: Mapping[str, Any], own: Mapping[str, Any]) -> bool:
    """Whether two tables are alternatives, not parts: of other kinds, or distributions."""
    if "kind" in own and own["kind"] != base.get("kind"):
        return True
    return len(base) == len(own) == 1 and base.keys() != own.keys()


def _named(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) and "name" in item for item in value)
    )


def _located(value: Any, folder: Path) -> Any:
    """The same with strings that remember from which folder they come."""
    if isinstance(value, Mapping):
        return {key: _located(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_located(item, folder) for item in value]
    return Located(value, getattr(value, "folder", folder)) if isinstance(value, str) else value
