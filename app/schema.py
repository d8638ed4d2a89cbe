"""JSON Schema of scenario files, for editors that complete and check as one writes."""

from __future__ import annotations

import re
from inspect import getdoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from catallaxy.agents import Constant, Distribution

from .config import ALGORITHMS, Training
from .markets import Evaluation, Market
from .strict import kind_of, plain

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALARS: dict[Any, dict[str, Any]] = {
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    str: {"type": "string"},
    Path: {"type": "string", "description": "a file, relative to this one"},
}


def schema(market: Market) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a market's scenario files."""
    definitions: dict[str, Any] = {}
    scenario = _table(market.scenario_class(), definitions)
    root = {
        "market": {"const": market.name},
        "extends": {"type": "string", "description": "a scenario file that this one extends"},
        "training": _type(Training, definitions),
        "evaluation": _type(Evaluation, definitions),
    }
    definitions[_name(Training)]["properties"] |= {name: {"type": "object"} for name in ALGORITHMS}
    return {
        "$schema": DIALECT,
        "title": f"scenario of a {market.name} market",
        **scenario,
        "properties": {**root, **scenario["properties"]},
        "$defs": definitions,
    }


def _type(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field's type; tables go into `definitions`."""
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    if isinstance(kind, type) and issubclass(kind, Distribution):
        return _distribution(definitions)
    if attrs.has(kind):
        name = _name(kind)
        if name not in definitions:
            definitions[name] = {}  # a table may hold tables of its own kind
            definitions[name] = _table(kind, definitions)
        return {"$ref": f"#/$defs/{name}"}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (tuple, list):
        if (len(arguments) == 2 and arguments[1] is Ellipsis) or origin is list:
            return {"type": "array", "items": _type(arguments[0], definitions)}
        return {"type": "array", "prefixItems": [_type(item, definitions) for item in arguments], "items": False}
    if origin in (Union, UnionType):
        members = [member for member in arguments if member is not NoneType]
        if Distribution in members:
            return _distribution(definitions)
        return {"anyOf": [_type(member, definitions) for member in members]}
    return {}


def _name(cls: type) -> str:
    """What a class is called among the definitions; rooms have classes of the same name."""
    return ".".join([*cls.__module__.split(".")[1:], cls.__name__])


def _table(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    attrs.resolve_types(cls)
    told = descriptions(cls)
    properties, required = {}, []
    for field in attrs.fields(cls):
        if not field.init:
            continue
        entry = _type(field.type, definitions)
        if field.name in told:
            entry["description"] = told[field.name]
        if field.default is attrs.NOTHING:
            required.append(field.alias)
        elif not isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
            entry["default"] = plain(field.default)
        properties[field.alias] = entry
    summary = (getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")
    table = {"type": "object", "description": summary, "properties": properties, "additionalProperties": False}
    return {**table, "required": required} if required else table


def _distribution(definitions: dict[str, Any]) -> dict[str, Any]:
    """A number, or a table with one key that names the kind."""
    if "Distribution" not in definitions:
        kinds = {kind_of(cls): cls for cls in Distribution.__subclasses__() if cls is not Constant}
        tables = {
            name: {"anyOf": [{"type": "array"}, {"type": "number"}, _table(cls, definitions)]}
            for name, cls in kinds.items()
        }
        one_of_them = {
            "type": "object",
            "properties": tables,
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        }
        definitions["Distribution"] = {
            "description": "a number, or a distribution such as { uniform = [0.2, 0.9] }",
            "anyOf": [{"type": "number"}, one_of_them],
        }
    return {"$ref": "#/$defs/Distribution"}


def descriptions(cls: type) -> dict[str, str]:
    """What a class's docstring says of its attributes, by name."""
    text = getdoc(cls) or ""
    _, _, attributes = text.partition("Attributes:\n")
    told: dict[str, str] = {}
    names: list[str] = []
    for line in attributes.splitlines():
        entry = re.fullmatch(r"    ([a-z_0-9, ]+): (.*)", line)
        if entry:
            names = [name.strip() for name in entry[1].split(",")]
            told |= dict.fromkeys(names, entry[2])
        elif line.startswith("        ") and names:
            told |= {name: f"{told[name]} {line.strip()}" for name in names}
        elif line.strip():
            break
    return told
