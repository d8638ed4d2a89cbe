"""What a policy sees and does: the part of a family that its agents share and a checkpoint must match."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from catallaxy.agents import LearningAgent
from catallaxy.engine import World

from .errors import LearningError


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _whole(values: Any) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


@attrs.frozen
class PolicySpec:
    """Input and output of a family's policy.

    Attributes:
        family: the family's name.
        observation_size: d, numbers that an agent observes, followed by its type's features.
        low: lower bounds of the action, -inf where there is none.
        high: upper bounds of the action.
        features: names of the type's features, if known; the last entries of the observation, but for a mask.
        options: for discrete actions how many there are to choose from in each component, from ``low`` on.
        masked: whether the observation ends with what is available of all options, as 1 and 0.
    """

    family: str
    observation_size: int = attrs.field(validator=attrs.validators.ge(1))
    low: tuple[float, ...] = attrs.field(converter=_floats, validator=attrs.validators.min_len(1))
    high: tuple[float, ...] = attrs.field(converter=_floats)
    features: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    options: tuple[int, ...] = attrs.field(default=(), converter=_whole)
    masked: bool = False

    @high.validator
    def _ordered(self, _: object, high: tuple[float, ...]) -> None:
        if len(high) != len(self.low) or not all(a < b for a, b in zip(self.low, high, strict=True)):
            raise LearningError(f"family {self.family!r}: action bounds low={self.low}, high={high} leave no room")

    @property
    def action_size(self) -> int:
        """a, the numbers in an action."""
        return len(self.low)

    @classmethod
    def of(cls, agent: LearningAgent) -> PolicySpec:
        """Read the specification off an agent.

        Raises:
            AgentError: its spaces have no rows of numbers.
        """
        form = agent.format
        names = tuple(getattr(getattr(agent, "type", None), "feature_names", ()))
        size = form.size + len(agent.features) + (sum(form.options) if agent.masked else 0)
        return cls(agent.family, size, form.low, form.high, names, form.options, agent.masked)

    def differences(self, other: PolicySpec) -> list[str]:
        """Say in words where ``other`` differs."""
        mine, theirs = attrs.asdict(self), attrs.asdict(other)
        return [f"{name} is {theirs[name]!r}, not {mine[name]!r}" for name in mine if mine[name] != theirs[name]]


def policy_specs(world: World, *, separate: Collection[str] = ()) -> dict[str, PolicySpec]:
    """Return the specification of each family of learning agents in ``world``, in order of creation.

    Agents with a policy of their own (scripted or attached) are left out.

    Args:
        world: the world.
        separate: families that share nothing: each of their agents has a specification of its own, under its name.

    Raises:
        LearningError: agents of one family that see or do different things; no such family in ``separate``.
    """
    specs: dict[str, PolicySpec] = {}
    families: set[str] = set()
    for agent in world.agents.values():
        if not isinstance(agent, LearningAgent) or agent.policy is not None:
            continue
        families.add(agent.family)
        spec = PolicySpec.of(agent)
        if agent.family in separate:
            specs[agent.name] = attrs.evolve(spec, family=agent.name)
            continue
        known = specs.setdefault(agent.family, spec)
        if known != spec:
            differences = "; ".join(known.differences(spec))
            raise LearningError(
                f"agent {agent.name!r} can't share the policy of family {agent.family!r}: {differences}"
            )
    if unknown := sorted(set(separate) - families):
        raise LearningError(f"separate: no agents of family {', '.join(unknown)} learn here, only {sorted(families)}")
    return specs


def spec_to_state(spec: PolicySpec) -> dict[str, Any]:
    """Turn ``spec`` into numbers, strings and lists, for a checkpoint."""
    return {name: list(v) if isinstance(v, tuple) else v for name, v in attrs.asdict(spec, recurse=False).items()}


def spec_from_state(state: Mapping[str, Any]) -> PolicySpec:
    """Undo `spec_to_state`."""
    return PolicySpec(**state)
