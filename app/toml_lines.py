"""Where each key of a TOML document stands: tomllib tells values but not lines."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]


def key_lines(text: str) -> dict[Path, int]:
    """Line numbers, from 1, of the keys and table headers of a valid TOML document.

    A key inside an inline table has the line of the statement that it stands in; look it up with `line_of`.
    """
    lines: dict[Path, int] = {}
    arrays: dict[Path, int] = {}  # how many elements each array of tables has so far
    prefix: Path = ()
    for number, statement in _statements(text):
        head = statement.lstrip()
        if head.startswith("["):
            prefix = _descend(tomllib.loads(statement), arrays, opens_element=head.startswith("[["))
            path = prefix
        else:
            path = prefix + _keys(tomllib.loads(statement))
        for length in range(1, len(path) + 1):
            lines.setdefault(path[:length], number)
    return lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """The line of `path`, or of the nearest table around it that has one."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The document's headers and key/value pairs, each with its first line: as many lines as it takes to parse."""
    pending, first = "", 1
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        if not pending:
            first = number
        pending += line
        try:
            parsed = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        if parsed:
            yield first, pending
        pending = ""


def _descend(header: Mapping[str, Any], arrays: dict[Path, int], *, opens_element: bool) -> Path:
    """The path that a header opens, with the indices of the arrays of tables on its way."""
    path: Path = ()
    keys = _keys(header)
    for depth, key in enumerate(keys, start=1):
        path = (*path, key)
        if depth == len(keys) and opens_element:
            arrays[path] = arrays.get(path, 0) + 1
        if path in arrays:
            path = (*path, arrays[path] - 1)
    return path


def _keys(parsed: Mapping[str, Any]) -> tuple[str, ...]:
    """The dotted key of one statement: the only way down its nested tables, arrays of tables included."""
    keys: tuple[str, ...] = ()
    value: Any = parsed
    while True:
        if isinstance(value, list) and len(value) == 1 and value[0] == {}:
            return keys
        if not isinstance(value, Mapping) or len(value) != 1:
            return keys
        (key, value), *_ = value.items()
        keys = (*keys, key)
