"""What `catallaxy report` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..display import console
from ..runs import RunError, open_run
from .contents import contents
from .page import ReportError, page


def report(directories: Sequence[Path], out: Path | None, *, quiet: bool) -> Path:
    """Write a report about runs, and return where it is.

    Args:
        directories: the runs' folders; several are compared side by side.
        out: the file; by default `report.html` in the folder of the only run, or in the working folder.
        quiet: whether to print nothing.

    Raises:
        ReportError: plotly or matplotlib is not installed, or the file can't be written.
        LogError: a folder is no run.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ReportError("reports need plotly and matplotlib: pip install 'catallaxy[report]'") from None
    if len({path.resolve() for path in directories}) != len(directories):
        raise RunError("a run is named twice")
    runs = [open_run(path) for path in directories]
    path = out or (directories[0] / "report.html" if len(directories) == 1 else Path("report.html"))
    names = [run.directory.name or str(run.directory.resolve().name) for run in runs]
    told = [(name, list(contents(run))) for name, run in zip(names, runs, strict=True)]
    try:
        path.write_text(page(" | ".join(names), told), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path} can't be written: {error.strerror}") from None
    console(quiet=quiet).print(f"report: {path}")
    return path
