"""`catallaxy new`: a small study of one's own to start from."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from catallaxy.engine import CatallaxyError

from .display import console

SUFFIX = ".template"
"""Of the files that are written: they are no part of this package's code."""


class NewError(CatallaxyError):
    """A folder in which no study can be begun."""


def new(folder: Path, *, force: bool, quiet: bool) -> None:
    """Write a study into a folder: scenario, agent, learner and tests, all of which run at once.

    Raises:
        NewError: a file of that name is there already, and `force` is false; or the folder can't be written.
    """
    template = resources.files(__package__) / "templates" / "study"
    files = {item.name.removesuffix(SUFFIX): item.read_text(encoding="utf-8") for item in template.iterdir()}
    there = sorted(name for name in files if (folder / name).exists())
    if there and not force:
        raise NewError(f"{folder} has {', '.join(there)} already: choose another folder, or replace them with --force")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise NewError(f"{folder} can't be written: {error.strerror}") from None
    screen = console(quiet=quiet)
    screen.print(f"a study in {folder}: {', '.join(sorted(files))}")
    screen.print(f"begin with: catallaxy run {folder / 'scenario.toml'} --out {folder / 'runs' / 'one'}", style="dim")
