"""Plain data (TOML, JSON) into attrs classes by cattrs, without guessing: 1.9 is no integer, "12" is not 12.

`structure` checks everything it can before it complains, and then names every fault with its path.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin

import attrs
import cattrs
from cattrs.errors import (
    AttributeValidationNote,
    CattrsError,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
)

from catallaxy.agents import Constant, Distribution
from catallaxy.engine import CatallaxyError

from .hints import nearest

T = TypeVar("T")

_folder: ContextVar[Path] = ContextVar("folder")


@attrs.frozen
class Fault:
    """One thing that is wrong: where (keys and list positions from the root) and what."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}" if self.path else self.message


class Located(str):
    """A string from a file in another folder, from which its paths are taken.

    Attributes:
        folder: that folder.
    """

    folder: Path

    def __new__(cls, text: str, folder: Path) -> Self:
        located = super().__new__(cls, text)
        located.folder = folder
        return located


def structure(data: object, cls: type[T], folder: Path = Path()) -> tuple[T | None, list[Fault]]:
    """`data` as an instance of `cls` and no faults, or None and all the faults that can be told.

    Relative paths in `data` are taken from `folder`.
    """
    token = _folder.set(folder)
    try:
        return _converter.structure(data, cls), []
    except (CattrsError, CatallaxyError, TypeError, ValueError) as error:
        return None, list(_faults(error, ()))
    finally:
        _folder.reset(token)


def plain(value: object) -> Any:
    """An instance as the plain data that `structure` reads."""
    return _converter.unstructure(value)


def dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: `makers[1].risk_aversion`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def shown(value: object) -> str:
    """A value as it would stand in a TOML file, shortened."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
        case Mapping():
            return "a table"
        case list():
            text = f"[{', '.join(map(shown, value))}]"
            return text if len(text) <= 60 else f"a list of {len(value)}"
        case _:
            return str(value)


def _faults(error: BaseException, path: tuple[str | int, ...]) -> Iterator[Fault]:
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, others = error.group_exceptions()
        for inner, note in noted:
            step = note.name if isinstance(note, AttributeValidationNote) else note.index
            yield from _faults(inner, (*path, step))
        for inner in others:
            yield from _faults(inner, path)
    else:
        yield Fault(path, str(error) or type(error).__name__)


def _class_hook(cls: type[T]) -> Any:
    """How to read a table as the attrs class `cls`: all fields and validators are asked before any fault is told."""
    attrs.resolve_types(cls)  # type: ignore[type-var]
    fields = {field.alias: field for field in attrs.fields(cls) if field.init}  # type: ignore[arg-type]

    def read(data: object, _: object = None) -> T:
        if not isinstance(data, Mapping):
            raise ValueError(f"{shown(data)} is not a table")
        errors: list[Exception] = [
            _at(key, ValueError(f"unknown key; {nearest(key, sorted(fields))}")) for key in data if key not in fields
        ]
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in data:
                try:
                    values[name] = _converter.structure(data[name], field.type)
                except Exception as error:
                    errors.append(_at(name, error))
            elif field.default is attrs.NOTHING:
                errors.append(_at(name, ValueError("missing")))
        errors += _validation(cls, values, data)
        if not errors:
            try:
                return cls(**values)
            except (CatallaxyError, TypeError, ValueError) as error:
                errors.append(error)
        raise ClassValidationError(f"faults in {cls.__name__}", errors, cls)

    return read


def _validation(cls: type, values: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[Exception]:
    """What each validator has to say, on a draft that holds the readable values: attrs itself stops at the first."""
    draft: Any = object.__new__(cls)
    for field in attrs.fields(cls):
        if field.alias in values:
            object.__setattr__(draft, field.name, values[field.alias])
        elif field.alias not in given and not isinstance(field.default, attrs.Factory | type(attrs.NOTHING)):
            object.__setattr__(draft, field.name, field.default)
    for field in attrs.fields(cls):
        if field.validator is None or not hasattr(draft, field.name):
            continue
        value = getattr(draft, field.name)
        try:
            field.validator(draft, field, value)
        except AttributeError:
            continue  # it compares with another field that is itself at fault
        except (CatallaxyError, TypeError, ValueError) as error:
            yield _at(field.alias, ValueError(_rule(field.name, value, str(error.args[0]))))


def _rule(name: str, value: object, message: str) -> str:
    """What attrs says, "'count' must be > 0: -3", as "-3 must be > 0"."""
    rule = message.removeprefix(f"'{name}' ").removesuffix(f": {value}")
    rule = re.sub(r" \(got .*\)$", "", rule)
    return f"{shown(value)} {rule}" if rule.startswith(("must", "should", "is ")) else rule


def _at(key: str, error: Exception) -> Exception:
    error.add_note(AttributeValidationNote(f"at {key}", key, None))
    return error


def _integer(value: object, _: object) -> int:
    if type(value) is not int:
        raise ValueError(f"{shown(value)} is not an integer")
    return value


def _number(value: object, _: object) -> float:
    if type(value) not in (int, float) or math.isnan(value):  # type: ignore[arg-type]
        raise ValueError(f"{shown(value)} is not a number")
    return float(value)  # type: ignore[arg-type]


def _boolean(value: object, _: object) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{shown(value)} is neither true nor false")
    return value


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a string")
    return str(value)


def _path(value: object, _: object) -> Path:
    return getattr(value, "folder", _folder.get()) / _text(value, str)


def _literal_hook(kind: Any) -> Any:
    def read(value: object, _: object) -> object:
        for choice in get_args(kind):
            if choice == value and (type(choice) is type(value) or isinstance(value, str)):
                return choice
        hint = nearest(value, get_args(kind)) if isinstance(value, str) else f"valid are {shown(list(get_args(kind)))}"
        raise ValueError(f"{shown(value)} is none of the choices; {hint}")

    return read


def _sequence_hook(kind: Any) -> Any:
    """Lists and tuples only from lists: a string is not a list of its letters."""
    origin, arguments = get_origin(kind), get_args(kind)
    fixed = origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis)

    def read(value: object, _: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{shown(value)} is not a list")
        if fixed and len(value) != len(arguments):
            raise ValueError(f"{shown(value)} has {len(value)} elements, not {len(arguments)}")
        items, errors = [], []
        for index, (item, inner) in enumerate(
            zip(value, arguments if fixed else arguments[:1] * len(value), strict=True)
        ):
            try:
                items.append(_converter.structure(item, inner))
            except Exception as error:
                error.add_note(IterableValidationNote(f"at index {index}", index, inner))
                errors.append(error)
        if errors:
            raise IterableValidationError("faults in a list", errors, kind)
        return tuple(items) if origin is not list else items

    return read


def _union_hook(kind: Any) -> Any:
    """One of several tables, told apart by a `kind` that each declares as a literal; or None and one other type."""
    members = [member for member in get_args(kind) if member is not type(None)]
    if len(members) == 1:
        return lambda value, _: None if value is None else _converter.structure(value, members[0])
    if {*members} == {int, float}:
        return _number
    if Distribution in members:
        return _distribution
    by_kind: dict[str, type] = {}
    for member in members:
        attrs.resolve_types(member)
        for name in get_args(attrs.fields_dict(member)["kind"].type):
            by_kind[name] = member

    def read(value: object, _: object) -> object:
        if not isinstance(value, Mapping):
            raise ValueError(f"{shown(value)} is not a table")
        if "kind" not in value:
            raise ClassValidationError(
                "kind", [_at("kind", ValueError(f"missing; valid are {', '.join(sorted(by_kind))}"))], object
            )
        chosen = value["kind"]
        if not isinstance(chosen, str) or chosen not in by_kind:
            hint = nearest(chosen, sorted(by_kind)) if isinstance(chosen, str) else f"valid are {', '.join(by_kind)}"
            raise ClassValidationError("kind", [_at("kind", ValueError(f"{shown(chosen)} is unknown; {hint}"))], object)
        return _converter.structure(value, by_kind[chosen])

    return read


def _distribution(value: object, _: object) -> Distribution:
    """A number, or a table with one key: `{ uniform = [0.2, 0.9] }` or `{ uniform = { low = 0.2, high = 0.9 } }`."""
    kinds = {kind_of(cls): cls for cls in Distribution.__subclasses__()}
    if type(value) in (int, float):
        return Constant(_number(value, float))
    if not isinstance(value, Mapping) or len(value) != 1:
        example = "{ uniform = [0.2, 0.9] }"
        raise ValueError(f"{shown(value)} is no distribution: a number or a table such as {example} is")
    (name, parameters), *_ = value.items()
    if name not in kinds:
        raise ClassValidationError(
            "distribution",
            [_at(name, ValueError(f"unknown distribution; {nearest(name, sorted(kinds))}"))],
            Distribution,
        )
    try:
        return _converter.structure(_by_name(parameters, kinds[name]), kinds[name])
    except Exception as error:
        raise ClassValidationError("distribution", [_at(name, error)], Distribution) from None


def kind_of(cls: type) -> str:
    """What files call a distribution: `LogUniform` is `log_uniform`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


def _plain_distribution(value: Distribution) -> Any:
    if isinstance(value, Constant):
        return value.value
    fields = attrs.fields(type(value))  # type: ignore[arg-type]
    given = {field.alias: getattr(value, field.name) for field in fields if getattr(value, field.name) != field.default}
    return {kind_of(type(value)): {name: list(x) if isinstance(x, tuple) else x for name, x in given.items()}}


def _by_name(parameters: object, cls: type) -> object:
    """A distribution's parameters as a table: a list gives them in order, a single one needs no list around it."""
    attrs.resolve_types(cls)
    fields = [field for field in attrs.fields(cls) if field.init]
    if isinstance(parameters, Mapping):
        return parameters
    whole = get_origin(fields[0].type) in (list, tuple) and isinstance(parameters, list)
    if not isinstance(parameters, list) or (whole and not any(isinstance(value, list) for value in parameters)):
        parameters = [parameters]
    needed = sum(field.default is attrs.NOTHING for field in fields)
    if not needed <= len(parameters) <= len(fields):
        raise ValueError(f"{shown(parameters)}: takes {', '.join(field.alias for field in fields)}")
    return {field.alias: value for field, value in zip(fields, parameters, strict=False)}


def _made_from(*origins: Any) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) in origins


def _is_distribution(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Distribution)


def _build_converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(attrs.has, _class_hook)
    converter.register_structure_hook_factory(_made_from(Union, UnionType), _union_hook)
    converter.register_structure_hook_factory(_made_from(Literal), _literal_hook)
    converter.register_structure_hook_factory(_made_from(list, tuple, Sequence), _sequence_hook)
    for kind, hook in ((int, _integer), (float, _number), (bool, _boolean), (str, _text), (Path, _path)):
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: kind is Distribution, _distribution)
    converter.register_unstructure_hook_func(_is_distribution, _plain_distribution)
    converter.register_unstructure_hook(Path, Path.as_posix)
    return converter


_converter = _build_converter()
