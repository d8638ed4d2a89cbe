"""The page: HTML with everything in it, for any browser without a network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources

from catallaxy.engine import CatallaxyError

from .contents import Grid, Section
from .interactive import Figure


class ReportError(CatallaxyError):
    """A report that can't be made."""


def page(title: str, runs: Sequence[tuple[str, Sequence[Section]]]) -> str:
    """The page about runs, each with its name and its sections; several stand side by side, section by section."""
    titles = list(dict.fromkeys(section.title for _, sections in runs for section in sections))
    body: list[str] = []
    figures: list[Figure] = []
    for heading in titles:
        parts = []
        for name, sections in runs:
            for section in sections:
                if section.title == heading:
                    caption = f"<h3>{escape(name)}</h3>" if len(runs) > 1 else ""
                    parts.append(f"<div>{caption}{_part(section, len(figures))}</div>")
                    if section.figure is not None:
                        figures.append(section.figure)
        anchor = f"s{len(body)}"
        body.append(
            f'<section id="{anchor}"><h2>{escape(heading)}</h2><div class="side">{"".join(parts)}</div></section>'
        )
    links = "".join(f'<a href="#s{number}">{escape(heading)}</a>' for number, heading in enumerate(titles))
    own = resources.files(__package__)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{(own / 'page.css').read_text(encoding='utf-8')}</style></head><body>"
        f"<header><h1>{escape(title)}</h1><nav>{links}</nav></header><main>{''.join(body)}</main>"
        f'<script type="application/json" id="figures">{_inert(json.dumps(figures))}</script>'
        f"<script>{_plotly() if figures else ''}</script>"
        f"<script>{(own / 'page.js').read_text(encoding='utf-8')}</script></body></html>\n"
    )


def _part(section: Section, number: int) -> str:
    parts = []
    if section.text:
        parts.append(f"<p>{escape(section.text)}</p>")
    if section.figure is not None:
        parts.append(
            f'<div class="figure" data-figure="{number}" role="img" aria-label="{escape(section.title)}"></div>'
        )
    if section.grid is not None:
        parts.append(_table(section.grid))
    if section.source:
        source = f"<pre>{escape(section.source)}</pre>"
        long = section.source.count("\n") > 12
        parts.append(f"<details><summary>show</summary>{source}</details>" if long else source)
    return "".join(parts)


def _table(grid: Grid) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in grid.head)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in grid.rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _inert(text: str) -> str:
    """JSON that can't end the script element that it stands in, whatever names it holds."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise ReportError("reports need plotly and matplotlib: pip install 'catallaxy[report]'") from None
    code: str = get_plotlyjs()
    return code.replace("</script", "<\\/script")
