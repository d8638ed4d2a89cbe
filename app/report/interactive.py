"""Matplotlib axes as data for plotly.js: each figure is drawn once, and can be hovered and zoomed in a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..plots.drawing import AGGREGATED, thinned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

Figure = dict[str, Any]
Floats = npt.NDArray[np.float64]

MOST = 4000
"""Points of a line beyond which it is drawn by the least and the largest value of neighbouring ones."""

_DASHES = {"-": "solid", "--": "dash", ":": "dot", "-.": "dashdot"}
_SYMBOLS = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "v": "triangle-down",
    "x": "x",
    "+": "cross",
    "D": "diamond",
}


def from_axes(ax: Axes) -> Figure:
    """The traces and the layout of axes, as plotly.js takes them; `note` tells what is not drawn, if anything."""
    figure: Figure = {"data": [], "shapes": [], "note": ax.get_title(loc="right")}
    taken = _errorbars(ax, figure)
    for line in ax.get_lines():
        if line not in taken:
            _line(line, ax, figure)
    for collection in ax.collections:
        if collection not in taken:
            _collection(collection, figure)
    _bars(ax, figure)
    return {
        "data": figure["data"],
        "layout": {
            "title": {"text": ax.get_title()},
            "xaxis": _axis(ax.get_xlabel(), ax.get_xscale(), ax.get_xticks(), ax.get_xticklabels()),
            "yaxis": _axis(ax.get_ylabel(), ax.get_yscale(), ax.get_yticks(), ax.get_yticklabels()),
            "shapes": figure["shapes"],
            "barmode": "overlay",  # bars stand where matplotlib has put them
        },
        "note": figure["note"],
    }


def _line(line: Line2D, ax: Axes, figure: Figure) -> None:
    x, y = (np.asarray(values, np.float64) for values in line.get_data())
    if line.get_transform() != ax.transData:  # a line through the whole of the axes
        if len(y) == 2 and y[0] == y[1]:
            figure["shapes"].append(_rule("x", y[0]))
        elif len(x) == 2 and x[0] == x[1]:
            figure["shapes"].append(_rule("y", x[0]))
        return
    x, y = _few(x, y, figure)
    style, marker = line.get_linestyle(), line.get_marker()
    lines, markers = style not in ("None", "", " "), marker not in ("None", "", " ", None)
    trace = {
        **_named(line.get_label()),
        "type": "scatter",
        "mode": "+".join(part for part, drawn in (("lines", lines), ("markers", markers)) if drawn) or "lines",
        "x": _numbers(x),
        "y": _numbers(y),
        "opacity": line.get_alpha() or 1.0,
    }
    if lines:
        shape = {"steps-post": "hv", "steps-pre": "vh", "steps-mid": "hvh"}.get(line.get_drawstyle(), "linear")
        dash = _DASHES.get(str(style), "solid")
        trace["line"] = {
            "color": _colour(line.get_color()),
            "width": line.get_linewidth(),
            "dash": dash,
            "shape": shape,
        }
    if markers:
        symbol = _SYMBOLS.get(str(marker), "circle")
        trace["marker"] = {"color": _colour(line.get_color()), "size": line.get_markersize() * 1.2, "symbol": symbol}
    figure["data"].append(trace)


def _errorbars(ax: Axes, figure: Figure) -> set[Any]:
    """Draw the dots with intervals; gives the artists that they are made of."""
    from matplotlib.container import ErrorbarContainer

    taken: set[Any] = set()
    for container in ax.containers:
        if not isinstance(container, ErrorbarContainer):
            continue
        parts: tuple[Any, ...] = container.lines  # without dots the first is None
        data, caps, bars = parts
        taken |= {*caps, *bars} | ({data} if data is not None else set())
        if data is None:
            continue
        x, y = (np.asarray(values, np.float64) for values in data.get_data())
        trace = {
            **_named(container.get_label()),
            "type": "scatter",
            "mode": "markers",
            "x": _numbers(x),
            "y": _numbers(y),
            "marker": {"color": _colour(data.get_color()), "size": 8},
        }
        for bar in bars:
            segments = np.array([segment for segment in bar.get_segments() if len(segment) == 2])
            if len(segments) == len(x):
                vertical = np.allclose(segments[:, 0, 0], segments[:, 1, 0], equal_nan=True)
                ends, middle = segments[:, :, 1 if vertical else 0], y if vertical else x
                trace["error_y" if vertical else "error_x"] = {
                    "type": "data",
                    "symmetric": False,
                    "array": _numbers(ends.max(axis=1) - middle),
                    "arrayminus": _numbers(middle - ends.min(axis=1)),
                    "thickness": 1.2,
                }
        figure["data"].append(trace)
    return taken


def _collection(collection: Any, figure: Figure) -> None:
    """Bands, scattered points and loose segments."""
    from matplotlib.collections import LineCollection, PathCollection, PolyCollection

    if isinstance(collection, PolyCollection):
        for path in collection.get_paths():
            outline = np.asarray(path.vertices, np.float64)
            x, y = _few(outline[:, 0], outline[:, 1], figure)
            trace = {"type": "scatter", "mode": "lines", "x": _numbers(x), "y": _numbers(y), "fill": "toself"}
            face = collection.get_facecolor()
            line: dict[str, Any] = {"width": 0}
            figure["data"].append(
                {**trace, "line": line, "fillcolor": _rgba(face[0]), "showlegend": False, "hoverinfo": "skip"}
            )
    elif isinstance(collection, PathCollection):
        x, y = np.asarray(collection.get_offsets(), np.float64).T
        marker = {"color": _rgba(collection.get_facecolor()[0]), "size": 6}
        label = _named(collection.get_label())
        figure["data"].append(
            {**label, "type": "scatter", "mode": "markers", "x": _numbers(x), "y": _numbers(y), "marker": marker}
        )
    elif isinstance(collection, LineCollection):
        gaps = [np.vstack([segment, [[np.nan, np.nan]]]) for segment in collection.get_segments()]
        if gaps:
            x, y = np.vstack(gaps).T
            line = {"color": _rgba(collection.get_colors()[0]), "width": 1}
            figure["data"].append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": _numbers(x),
                    "y": _numbers(y),
                    "line": line,
                    "showlegend": False,
                }
            )


def _bars(ax: Axes, figure: Figure) -> None:
    from matplotlib.container import BarContainer

    for container in ax.containers:
        if isinstance(container, BarContainer):
            bars = container.patches
            trace = {
                **_named(container.get_label()),
                "type": "bar",
                "x": _numbers(np.array([bar.get_x() + bar.get_width() / 2 for bar in bars])),
                "y": _numbers(np.array([bar.get_height() for bar in bars])),
                "base": _numbers(np.array([bar.get_y() for bar in bars])),
                "width": _numbers(np.array([bar.get_width() for bar in bars])),
                "marker": {"color": _rgba(bars[0].get_facecolor()) if bars else "gray"},
            }
            figure["data"].append(trace)


def _few(x: Floats, y: Floats, figure: Figure) -> tuple[Floats, Floats]:
    """A line or an outline of at most about `MOST` points, with the least and the largest of neighbouring ones."""
    if len(x) <= MOST:
        return x, y
    kept = thinned(np.arange(len(x), dtype=np.float64), y, MOST)
    figure["note"] = figure["note"] or AGGREGATED
    return x[kept], y[kept]


def _axis(label: str, scale: str, ticks: Any, labels: Any) -> dict[str, Any]:
    axis: dict[str, Any] = {"title": {"text": label}, "automargin": True}
    if scale == "log":
        axis["type"] = "log"
    texts = [text.get_text() for text in labels]
    if any(text and not _is_number(text) for text in texts):
        axis |= {"tickmode": "array", "tickvals": _numbers(np.asarray(ticks, np.float64)), "ticktext": texts}
    return axis


def _rule(across: str, value: float) -> dict[str, Any]:
    other = "y" if across == "x" else "x"
    ends = {f"{across}0": 0, f"{across}1": 1, f"{across}ref": "paper", f"{other}0": value, f"{other}1": value}
    return {"type": "line", "layer": "below", "line": {"color": "gray", "width": 0.8}, **ends, f"{other}ref": other}


def _named(label: object) -> dict[str, Any]:
    text = str(label)
    return {"showlegend": False} if text.startswith("_") or not text else {"name": text}


def _numbers(values: Floats) -> list[float | None]:
    """Six digits are enough for the eye, and keep the page small."""
    return [
        None if not np.isfinite(value) else float(f"{value:.6g}") for value in np.asarray(values, np.float64).tolist()
    ]


def _colour(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return str(to_hex(colour))


def _rgba(colour: Any) -> str:
    from matplotlib.colors import to_rgba

    red, green, blue, alpha = to_rgba(colour)
    return f"rgba({round(255 * red)},{round(255 * green)},{round(255 * blue)},{alpha:.3g})"


def _is_number(text: str) -> bool:
    try:
        float(text.replace("\u2212", "-").replace(",", "").replace("$\\mathdefault{", "").split("}")[0] or "x")
    except ValueError:
        return "mathdefault" in text
    return True
