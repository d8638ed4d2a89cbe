"""Scenario files written by the program: a scenario as TOML that every verb takes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .config import Study
from .strict import plain


def write_scenario(study: Study, scenario: Any, path: Path) -> None:
    """Write a scenario with the training and evaluation of the study that it comes from."""
    path.write_text(
        f"# Derived from {study.path.name}.\n{scenario_text(study, scenario, path.parent)}", encoding="utf-8"
    )


def scenario_text(study: Study, scenario: Any, folder: Path) -> str:
    """A scenario with a study's training and evaluation as TOML, for a file in `folder`."""
    data = {"market": study.market.name, **_relative(plain(scenario), folder)}
    data |= {"training": plain(study.training), "evaluation": plain(study.evaluation)}
    return toml_text(data)


def toml_text(data: Mapping[str, Any]) -> str:
    """Plain data as TOML; what is None is left out."""
    lines: list[str] = []
    _tables(data, "", lines)
    return "\n".join(lines) + "\n"


def _tables(data: Mapping[str, Any], prefix: str, lines: list[str]) -> None:
    """Plain values first, then sub-tables, then lists of tables, as TOML wants them."""
    for key, value in data.items():
        if value is not None and not _is_table(value):
            lines.append(f"{key} = {_value(value)}")
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and not _is_inline(value):
            lines += ["", f"[{name}]"]
            _tables(value, f"{name}.", lines)
        elif _is_table(value) and isinstance(value, list):
            for item in value:
                lines += ["", f"[[{name}]]"]
                _tables(item, f"{name}.", lines)


def _is_table(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not _is_inline(value)
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _is_inline(value: Mapping[str, Any]) -> bool:
    """A distribution: one key with a table of numbers."""
    return len(value) == 1 and isinstance(next(iter(value.values())), Mapping)


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            inner = ", ".join(f"{key} = {_value(item)}" for key, item in value.items() if item is not None)
            return f"{{ {inner} }}"
        case list() | tuple():
            return f"[{', '.join(_value(item) for item in value)}]"
        case _:
            return repr(value)


def _relative(data: Any, folder: Path) -> Any:
    """Files are named from the new file's folder."""
    if isinstance(data, Mapping):
        return {key: _file(value, folder) if key == "file" else _relative(value, folder) for key, value in data.items()}
    return [_relative(item, folder) for item in data] if isinstance(data, list) else data


def _file(value: Any, folder: Path) -> Any:
    return os.path.relpath(value, folder) if isinstance(value, str) else value
