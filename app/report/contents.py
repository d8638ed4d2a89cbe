"""What a report says of a run: facts, tables and figures, from its manifest, log and metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catallaxy.engine import CatallaxyError

from ..numbers import with_reach
from ..plots.layout import places
from ..runs import FURNITURE, Run, RunError
from .interactive import Figure, from_axes

MOST_NODES = 400
"""Agents beyond which a network is described but not drawn."""
MOST_NAMES = 40
"""Agents beyond which their names show only under the pointer."""
_HEADINGS = {"pnl": "Profit and loss"}
TIER_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


@attrs.frozen
class Grid:
    """A table of texts.

    Attributes:
        head: names of the columns.
        rows: as many texts each.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@attrs.frozen
class Section:
    """A part of the report.

    Attributes:
        title: what it is about.
        text: a line of explanation.
        grid: a table, if it has one.
        figure: a figure, if it has one.
        source: a text that is shown as it is, if it has one.
    """

    title: str
    text: str = ""
    grid: Grid | None = None
    figure: Figure | None = None
    source: str = ""


def contents(run: Run) -> Iterator[Section]:
    """The sections of a run's report, in their order; what a run has not is left out."""
    yield _facts(run)
    yield from _words(run)
    yield from _measures(run)
    yield from _figures(run)
    yield from _learning(run)
    yield from _calibration(run)
    yield from _network(run)
    yield from _flow(run)
    yield from _scenario(run)


def _facts(run: Run) -> Section:
    manifest = run.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest.get("versions", {}).items())
    events = sum(run.rows(name) for name in run.tables if name not in FURNITURE)
    worlds = manifest.get("worlds", [])
    rows = [
        ("folder", str(run.directory)),
        ("market", _market(run)),
        ("seed", str(manifest.get("seed", ""))),
        ("episodes logged", str(len({world.get("episode") for world in worlds}))),
        ("events", f"{events:,}" if run.complete else f"{events:,} (the run is under way, or did not come to its end)"),
        ("log", str(manifest.get("level", "all"))),
        ("versions", versions),
        ("again", command(run)),
    ]
    return Section("What was run", grid=Grid(("", ""), rows))


def command(run: Run) -> str:
    """The command that makes the run again, as far as its manifest tells."""
    manifest = run.manifest
    scenario = manifest.get("scenario")
    if not isinstance(scenario, Mapping) or "file" not in scenario:
        return "written from Python"
    seed, file = manifest.get("seed", 0), _nearby(scenario["file"])
    if "calibration" in scenario:
        plan = scenario["calibration"]["plan"]
        study = _nearby(scenario["calibration"]["file"])
        return (
            f"catallaxy calibrate {study} --method {plan['method']} --budget {plan['budget']} --seed {seed} --out DIR"
        )
    for verb in ("whatif", "sweep"):
        if verb in scenario:
            return (
                f"catallaxy {verb} {file} --seed {seed} --out DIR ... ({json.dumps(scenario[verb], default=str)[:200]})"
            )
    if "policy" in scenario:
        episodes = len({world.get("episode") for world in manifest.get("worlds", [])})
        policy = "" if scenario["policy"] is None else f" --policy {run.directory / scenario['policy']}"
        return f"catallaxy run {file}{policy} --seed {seed} --episodes {episodes} --out DIR"
    return f"catallaxy train {file} --seed {seed} --out DIR"


def _nearby(file: str) -> str:
    """A file's path from the working folder, if it lies in it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _market(run: Run) -> str:
    try:
        return run.market.name
    except RunError:
        return "of the user's own"


def _words(run: Run) -> Iterator[Section]:
    """What a what-if has answered."""
    path = run.directory / "results.json"
    if path.is_file():
        results = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(results, Mapping) and "in_words" in results:
            yield Section("The answer", source="\n".join(results["in_words"]))


def _measures(run: Run) -> Iterator[Section]:
    """The market's main table by group, with intervals over episodes."""
    try:
        by = "group" if "group" in run.measures().column_names else "agent"
        found = run.measures(by=[by])
    except (CatallaxyError, KeyError):
        return  # a market without measures, or a log of an earlier version
    measures = list(dict.fromkeys(found["measure"].to_pylist()))
    groups = list(dict.fromkeys(found[by].to_pylist()))
    cells = {(row[by], row["measure"]): row for row in found.to_pylist()}
    rows = [[name.replace("_", " "), *(_cell(cells.get((group, name))) for group in groups)] for name in measures]
    text = "means over episodes with 95 % intervals, from the log alone"
    yield Section("Measures", text, Grid(("measure", *map(str, groups)), rows))


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None or row["mean"] is None or np.isnan(row["mean"]):
        return ""
    if row["low"] is None or np.isnan(row["low"]):
        return f"{row['mean']:.4g}"
    return with_reach(row["mean"], (row["high"] - row["low"]) / 2.0, between="\u00b1")


def _figures(run: Run) -> Iterator[Section]:
    """Each of the market's figures that the log allows."""
    from matplotlib.figure import Figure as Canvas

    try:
        figures = run.market.figures
    except RunError:
        return
    for name, drawing in figures.items():
        axes = Canvas().subplots()
        try:
            drawing(run.events, axes)
        except (CatallaxyError, ValueError, KeyError, IndexError):
            continue  # a table that this run has not, or that is empty
        axes.figure.canvas.draw_idle()
        figure = from_axes(axes)
        if figure["data"]:
            yield Section(
                _HEADINGS.get(name, name.replace("_", " ").capitalize()), _about(drawing.title, figure), figure=figure
            )


def _about(title: str, figure: Figure) -> str:
    return f"{title} ({figure['note']})" if figure["note"] else title


def _learning(run: Run) -> Iterator[Section]:
    if "training" not in run.metrics:
        return
    from matplotlib.figure import Figure as Canvas

    axes = Canvas().subplots()
    run.plot.learning_curve(ax=axes)
    yield Section("Learning curve", "reward per agent and unit of time", figure=from_axes(axes))


def _calibration(run: Run) -> Iterator[Section]:
    path = run.directory / "results.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not isinstance(results, Mapping) or "composition" not in results:
        return
    ends = results["intervals"]
    rows = [
        (name, f"{value:.4g}", f"{ends[name][0]:.4g} to {ends[name][1]:.4g}" if name in ends else "")
        for name, value in results["composition"].items()
    ]
    told = "; ".join(results["not_told_apart"])
    yield Section("Calibrated composition", told, Grid(("parameter", "calibrated", "95 % interval"), rows))
    met = [
        (fit["measure"], f"{fit['target']:.4g}", f"{fit['shown']:.4g}", "" if fit["reached"] else "not reached")
        for fit in results["fits"]
    ]
    yield Section("Targets", grid=Grid(("target", "wanted", "expected", ""), met))


def _network(run: Run) -> Iterator[Section]:
    """The links of the first episode, drawn."""
    if not set(FURNITURE) <= set(run.tables):
        return
    agents, links = (_first_episode(run.events(name)) for name in FURNITURE)
    names, kinds = agents["agent"].to_pylist(), agents["kind"].to_pylist()
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(names)
    pairs = zip(links["agent"].to_pylist(), links["neighbour"].to_pylist(), strict=True)
    graph.add_edges_from((one, other) for one, other in pairs if one in graph and other in graph)
    mean = 2 * graph.number_of_edges() / max(graph.number_of_nodes(), 1)
    text = f"first episode: {graph.number_of_nodes():,} agents, {graph.number_of_edges():,} links, {mean:.3g} a head"
    figure = _drawn(graph, dict(zip(names, kinds, strict=True))) if 0 < len(names) <= MOST_NODES else None
    yield Section("Network", text, figure=figure)


def _first_episode(table: pa.Table) -> pa.Table:
    return table.filter(pc.equal(table["episode"], pc.min(table["episode"]))) if len(table) else table


def _drawn(graph: nx.Graph[str], kinds: Mapping[str, str]) -> Figure:
    found = places(list(graph), graph.edges)
    x: list[float | None] = []
    y: list[float | None] = []
    for one, other in graph.edges:
        x += [found[one][0], found[other][0], None]
        y += [found[one][1], found[other][1], None]
    line = {"color": "rgba(128,128,128,0.35)", "width": 0.8}
    edges = {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip", "showlegend": False}
    nodes = []
    for number, kind in enumerate(dict.fromkeys(kinds.values())):
        mine = [name for name in graph if kinds.get(name) == kind]
        nodes.append(
            {
                "type": "scatter",
                "mode": "markers+text" if len(graph) <= MOST_NAMES else "markers",
                "name": kind,
                "textposition": "top center",
                "hovertext": [f"{name}: {graph.degree[name]} links" for name in mine],
                "x": [found[name][0] for name in mine],
                "y": [found[name][1] for name in mine],
                "text": mine,
                "hoverinfo": "text",
                "marker": {"size": 10, "color": TIER_COLOURS[number % len(TIER_COLOURS)]},
            }
        )
    hidden = {"visible": False}
    return {"data": [edges, *nodes], "layout": {"xaxis": hidden, "yaxis": hidden, "shapes": []}, "note": ""}


def _flow(run: Run) -> Iterator[Section]:
    """How many messages of each kind, and how long they took."""
    rows = []
    for name in run.tables:
        count, total, longest = 0, 0.0, 0.0
        for batch in run.batches(name):
            if "latency" not in batch.schema.names or "receiver" not in batch.schema.names:
                break
            count += len(batch)
            total += pc.sum(batch["latency"]).as_py() or 0.0
            longest = max(longest, pc.max(batch["latency"]).as_py() or 0.0)
        if count:
            rows.append((name, f"{count:,}", f"{total / count:.4g}", f"{longest:.4g}"))
    if rows:
        yield Section("Messages", "by kind", Grid(("kind", "how many", "mean latency", "longest latency"), rows))


def _scenario(run: Run) -> Iterator[Section]:
    scenario = run.manifest.get("scenario")
    if isinstance(scenario, Mapping) and scenario.get("toml"):
        yield Section("Scenario", source=str(scenario["toml"]))
