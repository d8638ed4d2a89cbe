"""Functions and classes that a user names in a file or on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from .runs import RunError


def named(text: str) -> Callable[..., Any]:
    """The function or class `module:name`; the module may be the path of a file, as in `study.py:make_world`.

    Raises:
        RunError: there is none.
    """
    module_name, _, name = text.rpartition(":")
    if not module_name or not name:
        raise RunError(f"{text!r} must be module:name, as in mymarket:make_world or study.py:make_world")
    try:
        module = _from_file(Path(module_name)) if module_name.endswith(".py") else _from_path(module_name)
    except (ImportError, FileNotFoundError) as error:
        raise RunError(f"{module_name} can't be imported: {error}") from None
    found = getattr(module, name, None)
    if not callable(found):
        raise RunError(f"{module_name} has no function or class {name!r}")
    return cast("Callable[..., Any]", found)


def _from_path(name: str) -> ModuleType:
    """A module of the working folder or of what is installed, as `python -m` finds it."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    return import_module(name)


def _from_file(path: Path) -> ModuleType:
    name = path.stem
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == str(path.resolve()):
        return loaded
    spec = spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
