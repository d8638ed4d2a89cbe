"""Designs: which values a sweep tries, as a grid or from a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import attrs
import numpy as np

from catallaxy.engine import CatallaxyError

from ..paths import Assignment

_RANGE = re.compile(r"\s*(?P<low>[^:]+):(?P<high>[^:]+):(?P<count>\d+)\s*")


class DesignError(CatallaxyError):
    """A grid or table that describes no design."""


@attrs.frozen
class Cell:
    """One combination of values.

    Attributes:
        number: its place in the design, from 0.
        assignments: what is done to the scenario.
    """

    number: int
    assignments: tuple[Assignment, ...]

    def __str__(self) -> str:
        return f"cell {self.number} ({'; '.join(map(str, self.assignments))})"


def grid(texts: Sequence[str]) -> list[Cell]:
    """Every combination of the values of several paths, the last path's changing fastest.

    Args:
        texts: a path with its values each: `shops.Z.price=4,5,6`, `shops.Z.price=-10%,+0%,+10%`, or `low:high:count`
            for equally spaced ones.

    Raises:
        CatallaxyError: a text can't be read.
    """
    axes = [_axis(text) for text in texts]
    paths = [axis[0].path for axis in axes]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise DesignError(f"--grid: {twice[0]} is given twice; give all its values at once, separated by commas")
    return [Cell(number, combination) for number, combination in enumerate(product(*axes))]


def read_design(path: Path) -> list[Cell]:
    """A cell for each row of a CSV file, whose header names paths of the scenario.

    Raises:
        DesignError: no such file, or rows that do not fit its header; names the line.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DesignError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from None
    if len(rows) < 2 or not all(name.strip() for name in rows[0]):
        raise DesignError(f"{path} must have a header of paths, as shops.Z.price, and at least one row of values")
    cells: list[Cell] = []
    for line, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(rows[0]):
            raise DesignError(f"{path}, line {line}: {len(row)} values, but the header names {len(rows[0])} paths")
        assignments = tuple(Assignment.parse(f"{name}={value}") for name, value in zip(rows[0], row, strict=True))
        cells.append(Cell(len(cells), assignments))
    return cells


def _axis(text: str) -> list[Assignment]:
    path, found, values = text.partition("=")
    if not found or not values.strip():
        raise DesignError(f"--grid {text}: write a path and its values, as shops.Z.price=4,5,6 or shops.Z.price=4:6:5")
    spaced = _RANGE.fullmatch(values)
    if spaced:
        try:
            low, high = float(spaced["low"]), float(spaced["high"])
        except ValueError:
            raise DesignError(f"--grid {text}: {spaced['low']} and {spaced['high']} must be numbers") from None
        if int(spaced["count"]) < 2:
            raise DesignError(f"--grid {text}: a range needs at least 2 values")
        numbers = np.linspace(low, high, int(spaced["count"]))
        return [Assignment(path.strip(), "set", float(number)) for number in numbers]
    return [Assignment.parse(f"{path}={value}") for value in _split(values)]


def _split(text: str) -> Iterator[str]:
    """The parts between commas that stand in no brackets or quotation marks."""
    depth, quoted, part = 0, False, ""
    for letter in text:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter in "[{") - (letter in "]}")
        if letter == "," and not quoted and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    yield part
