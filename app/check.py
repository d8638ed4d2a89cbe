"""`catallaxy check`: is a scenario file right, and what does it say once everything is filled in?"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from rich.console import Console
from rich.table import Table

from catallaxy.agents import Constant, Distribution, LearningAgent
from catallaxy.engine import Agent, World

from .config import Study, load
from .display import console
from .scenario_text import scenario_text
from .schema import schema

EPISODES = 20
"""Worlds that are built to tell what the network looks like on average."""


def check(path: Path, *, as_json: bool, as_schema: bool, quiet: bool) -> None:
    """Validate a scenario file, and print it resolved, with its distributions and its network's mean degrees.

    Args:
        path: the scenario file.
        as_json: print the resolved scenario as JSON instead.
        as_schema: print the JSON Schema of files of its market instead.
        quiet: print nothing if the file is right.

    Raises:
        ConfigError: the file is not right.
    """
    study = load(path, learning=True)
    if as_schema:
        print(json.dumps(schema(study.market), indent=2))
    elif as_json:
        print(json.dumps({key: value for key, value in study.describe().items() if key != "toml"}, indent=2))
    else:
        _show(study, console(quiet=quiet))


def _show(study: Study, screen: Console) -> None:
    screen.print(scenario_text(study, study.scenario, study.path.parent).rstrip(), markup=False)
    screen.print()
    drawn = list(distributions(study.scenario))
    if drawn:
        table = Table("drawn anew each episode", "mean", "from", "to")
        for name, distribution in drawn:
            low, high = distribution.support()
            table.add_row(name, f"{distribution.mean():.4g}", f"{low:.4g}", f"{high:.4g}")
        screen.print(table)
    worlds = [study.market.build(study.scenario, 0, episode) for episode in range(EPISODES)]
    screen.print(_agents(worlds[0]))
    screen.print(_degrees(worlds))
    screen.print(f"{study.path} is right: an episode takes {study.scenario.duration:g} units of time", style="green")


def distributions(value: Any, path: str = "") -> Any:
    """Every distribution of a scenario that is no constant, with its path."""
    if isinstance(value, Distribution):
        if not isinstance(value, Constant):
            yield path, value
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from distributions(getattr(value, field.name), f"{path}.{field.name}" if path else field.name)
    elif isinstance(value, tuple | list):
        for place, item in enumerate(value):
            yield from distributions(item, f"{path}.{getattr(item, 'name', place)}")


def _group(agent: Agent) -> str:
    return str(getattr(agent, "group", None) or type(agent).__name__)


def _agents(world: World) -> Table:
    table = Table("who", "how many", "decides")
    counts = Counter(_group(agent) for agent in world.agents.values())
    for group, count in counts.items():
        member = next(agent for agent in world.agents.values() if _group(agent) == group)
        learns = isinstance(member, LearningAgent)
        how = "" if not learns else "learns" if member.policy is None else "by a script"  # type: ignore[attr-defined]
        table.add_row(group, str(count), how)
    return table


def _degrees(worlds: list[World]) -> Table:
    """Mean number of links from each group to each, over episodes."""
    groups = list(dict.fromkeys(_group(agent) for agent in worlds[0].agents.values()))
    links = np.zeros((len(groups), len(groups)))
    members = np.zeros(len(groups))
    for world in worlds:
        place = {name: groups.index(_group(agent)) for name, agent in world.agents.items()}
        for name, agent in world.agents.items():
            members[place[name]] += 1
            for other in agent.neighbours():
                links[place[name], place[other]] += 1
    table = Table(f"mean links, {len(worlds)} episodes", *groups)
    for row, group in enumerate(groups):
        table.add_row(group, *(f"{links[row, column] / members[row]:.3g}" for column in range(len(groups))))
    return table
