"""A run is a folder; its manifest says what is in it and whether it is complete."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from ..errors import LogError

FORMAT = "catallaxy-run"
SCHEMA = 1
_READABLE = (1,)

_MANIFEST = "manifest.json"


def prepare_folder(folder: str | Path, *, overwrite: bool, keep: Collection[str] = ()) -> Path:
    """Make ``folder`` an empty run folder and return its path. An earlier run is removed if ``overwrite``.

    Of an earlier run whose folders ``keep`` names these stay, and its manifest until there is a new one.

    Raises:
        LogError: it holds a run that may be neither removed nor kept, or it holds something else.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise LogError(f"{path} is a file: a run needs a folder of its own")
    if path.is_dir() and any(path.iterdir()):
        if not (path / _MANIFEST).is_file():
            raise LogError(f"{path} holds files that are no run's (no {_MANIFEST}): choose another folder")
        read_manifest(path)
        if not overwrite and not keep:
            raise LogError(f"{path} holds an earlier run: choose another folder, or say that it may be replaced")
        for entry in path.iterdir():
            if keep and entry.name in (*keep, _MANIFEST):
                continue
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    path.mkdir(parents=True, exist_ok=True)
    return path


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises:
        LogError: there is none, or it is not one of ours, or of a version that can't be read here.
    """
    path = Path(folder) / _MANIFEST
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        raise LogError(f"{folder} is no run: there is no {_MANIFEST} in it") from None
    except (ValueError, OSError) as error:
        raise LogError(f"{path} can't be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise LogError(f"{path} is not the manifest of a Catallaxy run")
    if manifest.get("schema") not in _READABLE:
        raise LogError(
            f"{path} has schema version {manifest.get('schema')!r}; this version of Catallaxy reads "
            f"{', '.join(map(str, _READABLE))}"
        )
    return manifest


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest in one step: a reader finds the old one or the new one, never half of it."""
    temporary = folder / f".{_MANIFEST}"
    temporary.write_text(json.dumps(manifest, indent=2, default=str) + "\n")
    os.replace(temporary, folder / _MANIFEST)


@cache
def versions() -> dict[str, str]:
    """Versions of what a run's result can depend on."""
    found = {"python": python_version()}
    for package in ("catallaxy", "simpy", "numpy", "pyarrow", "networkx"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
