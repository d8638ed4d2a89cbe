"""Interventions: what is different in the world that is compared with the one as it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from catallaxy.agents import LearningAgent, Policy
from catallaxy.engine import CatallaxyError, World

from ..hints import nearest
from ..named import named
from ..paths import Assignment, PathError, inside, restored
from ..strict import plain


class InterventionError(CatallaxyError):
    """An intervention that this market does not allow."""


@attrs.frozen
class Intervention:
    """Changes of a scenario, of its network and of who decides how.

    Attributes:
        sets: changes of values of the scenario.
        removes: paths of elements that are taken out, as `shops.Y`.
        adds: (path of the new element, path of the element that it is a copy of), as (`shops.W`, `shops.Z`).
        cuts: pairs of agents whose link is down from the beginning.
        lives: who acts by a policy of the user's: (a path as `shops.Z` or an agent's name, `module:Class`).
    """

    sets: tuple[Assignment, ...] = ()
    removes: tuple[str, ...] = ()
    adds: tuple[tuple[str, str], ...] = ()
    cuts: tuple[tuple[str, str], ...] = ()
    lives: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(
        cls,
        *,
        sets: Sequence[str] = (),
        removes: Sequence[str] = (),
        adds: Sequence[str] = (),
        cuts: Sequence[str] = (),
        lives: Sequence[str] = (),
    ) -> Intervention:
        """Read an intervention as the command line writes it.

        Raises:
            CatallaxyError: a part can't be read.
        """
        return cls(
            tuple(Assignment.parse(text) for text in sets),
            tuple(removes),
            tuple(_pair(text, "=", "--add shops.W=shops.Z") for text in adds),
            tuple(_pair(text, ":", "--cut Z:Alice") for text in cuts),
            tuple(_pair(text, "=", "--live shops.Z=module:Class") for text in lives),
        )

    def apply(self, scenario: Any) -> Any:
        """The scenario with the intervention; it is checked as if it came from a file in the working folder.

        Raises:
            PathError: a path leads nowhere, or the scenario does not allow what is asked for.
        """
        data = plain(scenario)
        for new, old in self.adds:
            _add(data, new, old)
        for path in self.removes:
            _list_of(data, path).remove(inside(data, path))
        for assignment in self.sets:
            assignment.apply(data)
        return restored(type(scenario), data, "; ".join(self.describe()))

    def policies(self, world: World, scenario: Any) -> dict[str, Policy]:
        """The policy of each agent, by name, that acts by one of the user's.

        Raises:
            CatallaxyError: no such agent or class, or an agent that decides nothing.
        """
        found: dict[str, Policy] = {}
        for target, text in self.lives:
            made = named(text)
            policy = made() if isinstance(made, type) else made
            if not callable(policy):
                raise InterventionError(
                    f"--live {target}={text}: {policy!r} is no policy (agent, observation) -> action"
                )
            for agent in _members(world, scenario, target):
                found[agent] = policy
        return found

    def cut(self, world: World) -> None:
        """Take the links that are to be cut down, where this world has them.

        Raises:
            InterventionError: there is no such agent.
        """
        for names in self.cuts:
            for name in names:
                if name not in world.agents:
                    raise InterventionError(f"--cut: there is no agent {name!r}; {nearest(name, list(world.agents))}")
            one, other = (world.agents[name] for name in names)
            if world.topology.find(one, other) is not None:
                world.topology.fail(one, other)

    def targets(self, before: Any, after: Any) -> tuple[str, ...]:
        """Names of the groups or agents that the intervention is about, in its order."""
        paths = [*(pair[0] for pair in self.adds), *self.removes, *(item.path for item in self.sets)]
        names = [name for path in paths for name in [_group(after, path) or _group(before, path)] if name]
        names += [target.rpartition(".")[2] for target, _ in self.lives]
        names += [name for pair in self.cuts for name in pair]
        return tuple(dict.fromkeys(names))

    def describe(self) -> list[str]:
        """The intervention in words, part by part."""
        return [
            *(f"{new} added, like {old}" for new, old in self.adds),
            *(f"{path} removed" for path in self.removes),
            *map(str, self.sets),
            *(f"no link between {one} and {other}" for one, other in self.cuts),
            *(f"{target} acts by {text}" for target, text in self.lives),
        ]


def _pair(text: str, separator: str, example: str) -> tuple[str, str]:
    first, found, second = (part.strip() for part in text.partition(separator))
    if not (first and found and second):
        raise InterventionError(f"{text!r} can't be read: write it as in {example}")
    return first, second


def _list_of(data: Any, path: str) -> list[Any]:
    """The list in which `path` names an element, whether or not that exists."""
    holder, _, name = path.rpartition(".")
    found = inside(data, holder) if holder else None
    if not isinstance(found, list) or not name:
        raise PathError(f"{path}: only an element of a list, as shops.Z, can be added or removed")
    return found


def _add(data: Any, new: str, old: str) -> None:
    elements, name = _list_of(data, new), new.rpartition(".")[2]
    if any(isinstance(element, Mapping) and element.get("name") == name for element in elements):
        raise PathError(f"{new} is there already: give what is added a name of its own")
    model = copy.deepcopy(inside(data, old))
    if not isinstance(model, dict) or "name" not in model:
        raise PathError(f"{old} can't be copied: it has no name")
    elements.append({**model, "name": name})


def _group(scenario: Any, path: str) -> str | None:
    """The name of the innermost named element on a path; None if it meets none."""
    data, name = plain(scenario), None
    for step in path.split("."):
        if isinstance(data, list):
            element = next((item for item in data if isinstance(item, Mapping) and item.get("name") == step), None)
            data = element if element is not None else _at(data, step)
            name = data.get("name", name) if isinstance(data, Mapping) else name
        else:
            data = data.get(step) if isinstance(data, Mapping) else None
    return name


def _at(data: list[Any], step: str) -> Any:
    return data[int(step)] if step.isdecimal() and int(step) < len(data) else None


def _members(world: World, scenario: Any, target: str) -> Iterator[str]:
    """Agents that decide, of a group or by name."""
    name = target.rpartition(".")[2]
    deciders = [agent for agent in world.agents.values() if isinstance(agent, LearningAgent)]
    members = [agent.name for agent in deciders if name in (agent.name, getattr(agent, "group", None))]
    if not members:
        valid = sorted({getattr(agent, "group", agent.name) for agent in deciders})
        raise InterventionError(f"--live {target}: nobody of that name decides anything; {nearest(name, valid)}")
    yield from members
