"""Paths into a scenario, and what can be done to the value at one: `shops.Z.price=+10%`.

A path names fields from the scenario down, `decisions.interval`; an element of a list goes by its name,
`makers.bold.risk_aversion`, or by its position from 0, `makers.0.risk_aversion`. What-ifs, sweeps and calibrations all
speak of a scenario's fields in this way.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

import attrs

from catallaxy.agents import Constant, Distribution
from catallaxy.engine import CatallaxyError

from .hints import nearest
from .strict import plain, shown, structure

T = TypeVar("T")

_ASSIGNMENT = re.compile(r"\s*(?P<path>[^=*+\s]+?)\s*(?P<operator>\+=|\*=|=)\s*(?P<value>.*?)\s*", re.DOTALL)
_PERCENT = re.compile(r"(?P<sign>[+-])(?P<number>\d+(\.\d+)?)\s*%")
_SPREADS = frozenset({"sd", "weights"})
"""Parameters of a distribution that a shift leaves as they are; weights are not scaled either."""


class PathError(CatallaxyError):
    """A path that leads nowhere, or a value that can't stand where it leads."""


@attrs.frozen
class Assignment:
    """What is done to one value of a scenario.

    Attributes:
        path: which value.
        operation: "set" it, "add" to it, or "multiply" it. A distribution is shifted or scaled as a whole.
        operand: with what.
    """

    path: str
    operation: Literal["set", "add", "multiply"]
    operand: Any

    @classmethod
    def parse(cls, text: str) -> Assignment:
        """Read `path=value`, `path+=number`, `path*=number` or `path=+10%`; a value is written as in TOML.

        Raises:
            PathError: it is none of these.
        """
        match = _ASSIGNMENT.fullmatch(text)
        if match is None or not match["value"]:
            raise PathError(f"{text!r} is no assignment: write path=value, path=+10%, path+=number or path*=number")
        path, value = match["path"], match["value"]
        percent = _PERCENT.fullmatch(value)
        if match["operator"] == "=" and percent:
            change = float(percent["number"]) / 100.0
            return cls(path, "multiply", 1.0 + change if percent["sign"] == "+" else 1.0 - change)
        operand = _value(value)
        if match["operator"] == "=":
            return cls(path, "set", operand)
        if type(operand) not in (int, float):
            raise PathError(f"{text!r}: {value} is not a number")
        return cls(path, "add" if match["operator"] == "+=" else "multiply", operand)

    def apply(self, data: Any) -> None:
        """Change the plain data of a scenario in place.

        Raises:
            PathError: the path leads nowhere, or to something that has no number to change.
        """
        holder, key = _place(data, self.path)
        if self.operation == "set":
            holder[key] = copy.deepcopy(self.operand)
        else:
            holder[key] = self._changed(holder[key])

    def _changed(self, value: Any) -> Any:
        if type(value) in (int, float):
            return _settled(value, value + self.operand if self.operation == "add" else value * self.operand)
        if isinstance(value, dict) and len(value) == 1:
            (kind, parameters), *_ = value.items()
            if isinstance(parameters, dict) and all(_is_numeric(parameter) for parameter in parameters.values()):
                return {kind: {name: self._parameter(name, number) for name, number in parameters.items()}}
        raise PathError(f"{self.path} is {shown(value)}: only a number or a distribution can be changed relatively")

    def _parameter(self, name: str, value: Any) -> Any:
        if name == "weights" or (name in _SPREADS and self.operation == "add"):
            return value
        return [self._changed(item) for item in value] if isinstance(value, list) else self._changed(value)

    def __str__(self) -> str:
        match self.operation:
            case "set":
                return f"{self.path} = {shown(self.operand)}"
            case "add":
                return f"{self.path} {'+' if self.operand >= 0 else '-'} {abs(self.operand):g}"
            case _:
                return f"{self.path} {(self.operand - 1.0) * 100.0:+.6g} %"


def changed(scenario: T, assignments: Iterable[Assignment]) -> T:
    """The scenario after `assignments`, in their order, checked as if it came from a file in the working folder.

    Raises:
        PathError: a path leads nowhere, or the scenario does not allow the value; everything wrong is named.
    """
    data = plain(scenario)
    done = []
    for assignment in assignments:
        assignment.apply(data)
        done.append(str(assignment))
    return restored(type(scenario), data, "; ".join(done))


def evolved(scenario: T, path: str, value: float) -> T:
    """The scenario with another number at a path: as `changed`, many times faster, for what is called for each episode.

    A distribution becomes a constant; a parameter of one is named as in files, `risk_aversion.log_uniform.high`, or
    without the distribution's kind, `risk_aversion.high`.

    Raises:
        PathError: the path leads nowhere, or the scenario does not allow the number there.
    """
    try:
        return cast(T, _evolved(scenario, path.split("."), value))
    except (LookupError, AttributeError):
        value_at(scenario, path)  # its error says where the path goes astray
        raise PathError(f"{path} is no number") from None
    except (CatallaxyError, TypeError, ValueError) as error:
        raise PathError(f"{path} = {value:g} is not possible: {error.args[0]}") from None


def _evolved(data: Any, steps: Sequence[str], value: float) -> Any:
    if not steps:
        if isinstance(data, Distribution):
            return Constant(value)
        if type(data) not in (int, float):
            raise LookupError
        return round(value) if type(data) is int else float(value)
    step, rest = steps[0], steps[1:]
    if isinstance(data, tuple | list):
        names = [getattr(item, "name", None) for item in data]
        place = names.index(step) if step in names else int(step) if step.isdecimal() else len(data)
        changed_item = _evolved(data[place], rest, value)
        return (*data[:place], changed_item, *data[place + 1 :])
    fields = {field.alias: field.name for field in attrs.fields(type(data))}
    if isinstance(data, Distribution) and step not in fields and rest:
        step, rest = rest[0], rest[1:]
    return attrs.evolve(data, **{step: _evolved(getattr(data, fields[step]), rest, value)})


def restored(cls: type[T], data: Any, what: str) -> T:
    """Plain data as a scenario again.

    Args:
        cls: the scenario's class.
        data: its plain data after a change.
        what: the change in words, for the error.

    Raises:
        PathError: the scenario does not allow it.
    """
    scenario, faults = structure(data, cls)
    if scenario is None:
        told = "; ".join(f"{named_path(data, fault.path)}: {fault.message}" for fault in faults)
        raise PathError(f"{what} is not possible: {told}")
    return scenario


def value_at(scenario: object, path: str) -> Any:
    """The plain value at a path: a number, string, list or table.

    Raises:
        PathError: the path leads nowhere.
    """
    return inside(plain(scenario), path)


def inside(data: Any, path: str) -> Any:
    """The very value at a path into plain data: to change it is to change the data.

    Raises:
        PathError: the path leads nowhere.
    """
    holder, key = _place(data, path)
    return holder[key]


def numbers(scenario: object) -> Iterator[tuple[str, float]]:
    """Every number of a scenario with its path, in the scenario's order."""
    yield from _numbers(plain(scenario), "")


def named_path(data: Any, steps: Iterable[str | int]) -> str:
    """Steps into plain data as a path, list elements by their names."""
    parts = []
    for step in steps:
        data = data[step] if _has(data, step) else None
        named = isinstance(step, int) and isinstance(data, Mapping) and isinstance(data.get("name"), str)
        parts.append(data["name"] if named else str(step))
    return ".".join(parts)


def _numbers(data: Any, path: str) -> Iterator[tuple[str, float]]:
    if type(data) in (int, float):
        yield path, data
    elif isinstance(data, list | Mapping):
        for key in range(len(data)) if isinstance(data, list) else data:
            name = named_path(data, [key])
            yield from _numbers(data[key], f"{path}.{name}" if path else name)


def _place(data: Any, path: str) -> tuple[Any, Any]:
    """The list or table that holds the value at `path`, and its position or key there."""
    holder, key, passed = None, None, ""
    for step in path.split("."):
        if holder is not None:
            data = holder[key]
        data = _parameters(data, step)
        holder, key = data, _find(data, step, passed)
        passed = f"{passed}.{step}" if passed else step
    return holder, key


def _parameters(data: Any, step: str) -> Any:
    """What a distribution's kind holds, where a step skips the kind: `risk_aversion.high`."""
    if isinstance(data, Mapping) and len(data) == 1 and step not in data:
        (inner,) = data.values()
        if isinstance(inner, Mapping) and step in inner:
            return inner
    return data


def _find(data: Any, step: str, passed: str) -> Any:
    if isinstance(data, Mapping) and step in data:
        return step
    if isinstance(data, list):
        names = [item.get("name") if isinstance(item, Mapping) else None for item in data]
        if step in names:
            return names.index(step)
        if step.isdecimal() and int(step) < len(data):
            return int(step)
        valid = [name for name in names if isinstance(name, str)] or [str(place) for place in range(len(data))]
    elif isinstance(data, Mapping):
        valid = list(data)
    else:
        raise PathError(f"{passed} is {shown(data)}: there is no {step!r} in it")
    where = f" in {passed}" if passed else ""
    raise PathError(f"there is no {step!r}{where}; {nearest(step, valid)}")


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, Mapping) and step in data


def _value(text: str) -> Any:
    """A TOML value; a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        if re.fullmatch(r"[A-Za-z_][\w./:-]*", text):
            return text
        raise PathError(f'{text} is no value: write numbers, true, false, "text", [lists] or {{ tables }}') from None


def _settled(before: float, after: float) -> float:
    """A whole number stays one where the change leads to one."""
    return int(after) if type(before) is int and float(after).is_integer() else after


def _is_numeric(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(type(item) in (int, float) for item in items)
