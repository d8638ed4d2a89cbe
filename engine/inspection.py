"""What can be seen of an agent's behaviour before it runs, from the compiled code of its class."""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from itertools import pairwise
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import attrs

if TYPE_CHECKING:
    from .agent import Agent

_WAITS = {"Wait", "Sleep", "Ask", "Receive"}
_CALLS = {"CALL", "CALL_KW", "CALL_FUNCTION_EX"}
_NAMES = {"LOAD_METHOD", "LOAD_ATTR"}


def forgotten_yields(cls: type) -> tuple[str, ...]:
    """Where methods of ``cls`` make something to be waited for and drop it, as ``what to write (file:line)``."""
    return _inspect(cls).forgotten


def may_read(agent: Agent) -> bool:
    """Whether ``agent`` may ever call ``receive``: its code names it, or hands the agent to other code."""
    seen = _inspect(type(agent))
    running: list[Any] = [process._generator for process in agent._processes]
    return seen.reads or any(generator.gi_code not in seen.codes for generator in running)


@attrs.frozen
class _Inspection:
    forgotten: tuple[str, ...]
    reads: bool
    codes: frozenset[CodeType]


_inspected: WeakKeyDictionary[type, _Inspection] = WeakKeyDictionary()


def _inspect(cls: type) -> _Inspection:
    found = _inspected.get(cls)
    if found is None:
        codes = [function.__code__ for function in _functions(cls)]
        found = _inspected[cls] = _Inspection(
            forgotten=tuple(text for code in codes for text in _forgotten(cls, code)),
            reads=any(_may_receive(code, code.co_varnames[:1]) for code in codes),
            codes=frozenset(codes),
        )
    return found


def _forgotten(cls: type, code: CodeType) -> Iterator[str]:
    waits = {name: how for name in code.co_names if (how := _must_be_yielded(cls, name))}
    if waits and code.co_argcount:
        for name, line in _dropped_calls(code, set(waits)):
            yield f"{waits[name]} self.{name}(...) ({code.co_filename}:{line})"


def _functions(cls: type) -> Iterator[FunctionType]:
    """The functions in the bodies of ``cls`` and its bases, those of the engine and its floor above not counted."""
    for base in cls.__mro__[:-1]:
        if not base.__module__.startswith(("catallaxy.engine.", "catallaxy.agents.")):
            for value in vars(base).values():
                if inspect.isfunction(value):
                    yield value
                elif isinstance(value, property) and inspect.isfunction(value.fget):
                    yield value.fget


def _must_be_yielded(cls: type, name: str) -> str | None:
    """How to wait for what the method ``name`` returns; ``None`` if it returns something else."""
    method = getattr(cls, name, None)
    if not inspect.isfunction(method) or hasattr(method, "__handles__"):
        return None
    if inspect.isgeneratorfunction(method):
        return "yield from"
    returns = method.__annotations__.get("return")
    return "yield" if (returns if isinstance(returns, str) else getattr(returns, "__name__", "")) in _WAITS else None


def _dropped_calls(code: CodeType, names: set[str]) -> Iterator[tuple[str, int]]:
    """Calls ``self.name(...)`` whose value is thrown away: (name, line). A call begins where its function does."""
    begun: dict[tuple[int | None, int | None], str] = {}
    before = None
    for this in dis.get_instructions(code):
        place = this.positions and (this.positions.lineno, this.positions.col_offset)
        if this.opname in _NAMES and this.argval in names and before is not None:
            if before.opname.startswith("LOAD_FAST") and before.argval == code.co_varnames[0] and place:
                begun[place] = this.argval
        elif this.opname == "POP_TOP" and before is not None and before.opname in _CALLS and before.positions:
            start = (before.positions.lineno, before.positions.col_offset)
            if start in begun:
                yield begun[start], start[0] or 0
        before = this


def _may_receive(code: CodeType, owner: tuple[str, ...]) -> bool:
    if "receive" in code.co_names or set(owner) & set(code.co_cellvars):
        return True
    if any(_may_receive(inner, ()) for inner in code.co_consts if isinstance(inner, CodeType)):
        return True
    uses = list(dis.get_instructions(code))
    return any(
        use.opname.startswith("LOAD_FAST")
        and use.argval in owner
        and next_.opname not in _NAMES
        and next_.opname != "STORE_ATTR"
        for use, next_ in pairwise(uses)
    )
