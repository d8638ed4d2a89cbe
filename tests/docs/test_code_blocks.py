"""Every Python block in README and guide runs, in order, page by page; a `text` block after it is what it prints."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from catallaxy.command import main

ROOT = Path(__file__).parents[2]
GUIDE = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [page for page in (ROOT / "README.md", *GUIDE) if "```python" in page.read_text(encoding="utf-8")]
SHELL = re.compile(r"^(?P<long><!-- long -->\n)?```sh\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
USING = sorted((ROOT / "docs" / "using").glob("*.md"))
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\s*^```text\n(?P<printed>.*?)^```$)?", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_runs_and_prints_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    text = page.read_text(encoding="utf-8")
    assert text.count("```python") == len(BLOCK.findall(text))
    names = {"__name__": "guide"}
    for block in BLOCK.finditer(text):
        above = text[: block.start("code")].count("\n")  # so that a traceback shows the page's own line
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile("\n" * above + block["code"], str(page), "exec"), names)
        if block["printed"] is not None:
            assert printed.getvalue() == block["printed"]


@pytest.mark.parametrize("page", USING, ids=lambda page: page.name)
def test_every_command_of_the_using_pages_works(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Those that take minutes are marked as long and stay out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in SHELL.finditer(page.read_text(encoding="utf-8")):
        for line in block["lines"].splitlines() if not block["long"] else ():
            command, *arguments = shlex.split(line)
            assert command == "catallaxy"
            with contextlib.redirect_stdout(io.StringIO()):
                main(arguments)


def test_the_readme_shows_the_example_as_it_is():
    shown = BLOCK.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown is not None
    assert shown["code"] == (ROOT / "examples" / "hello_market.py").read_text(encoding="utf-8")
