"""A user's own maker, named by file and class."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Literal

import attrs

from catallaxy.agents import Policy
from catallaxy.engine import CatallaxyError
from catallaxy.engine.errors import meant


class PolicyError(CatallaxyError):
    """A maker's policy that can't be loaded."""


@attrs.frozen
class FromFile:
    """A class of the user's, made without arguments once for each world and then called as every policy is.

    Attributes:
        path: the Python file and the class in it: `mine.py:Mine`. In a scenario file relative to that file's folder.
    """

    path: Path = attrs.field(converter=Path)
    kind: Literal["file"] = "file"

    def make(self) -> Policy:
        """The policy.

        Raises:
            PolicyError: there is no such file or class, or it can't be made or called; says which.
        """
        text = str(self.path)
        file, _, name = text.rpartition(":")
        if not file.endswith(".py") or not name:
            raise PolicyError(f"policy path {text!r} must be file.py:Class, as in mine.py:Mine")
        module = _module(Path(file).resolve())
        made: Any = getattr(module, name, None)
        if made is None:
            raise PolicyError(f"{file} has no class {name!r}{meant(name, _classes(module))}")
        try:
            policy = made()
        except TypeError as error:
            raise PolicyError(f"{name} of {file} must be a class that is made without arguments: {error}") from None
        if not callable(policy):
            raise PolicyError(f"{name} of {file} can't be called: give it __call__(self, maker, observation)")
        return policy  # type: ignore[no-any-return]


def _classes(module: Any) -> list[str]:
    return [name for name, value in vars(module).items() if isinstance(value, type)]


@cache
def _module(file: Path) -> Any:
    """The file as a module, run once."""
    if not file.is_file():
        raise PolicyError(f"{file}: no such file")
    name = f"catallaxy_policy_{file.stem}"
    spec = spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise PolicyError(f"{file} can't be run: {type(error).__name__}: {error}") from error
    return module
