"""Policies of checkpoints, and the agents that follow them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from catallaxy.agents import LearningAgent, Policy
from catallaxy.engine import World

from .markets import Market, Policies
from .runs import RunError, checkpoint_of


def attach(world: World, policies: Policies | Policy) -> None:
    """Give each learning agent that has none its policy: its own, its family's, or the one policy for all."""
    for agent in undecided(world):
        agent.policy = policies[key_of(agent, policies)] if isinstance(policies, Mapping) else policies


def fitting(path: Path, world: World) -> Policies:
    """The policies in a checkpoint, or in a run's latest one, for the learning agents of a world.

    Raises:
        CheckpointError: there is no checkpoint, or it is damaged.
        RunError: an agent finds no policy there, or one that sees or does something else than the agent.
    """
    from catallaxy.learners import PolicySpec, load_policies

    checkpoint = checkpoint_of(path)
    policies = load_policies(checkpoint)
    for agent in undecided(world):
        key = key_of(agent, policies)
        if key not in policies:
            raise RunError(
                f"{checkpoint} holds policies for {', '.join(policies)}, but none for agent {agent.name!r} of family "
                f"{agent.family!r}: it was learned in another scenario"
            )
        wanted = attrs.evolve(PolicySpec.of(agent), family=key)
        if told := wanted.differences(policies[key].spec):
            raise RunError(
                f"{checkpoint} was learned in another scenario: its policy of {key} does not suit agent "
                f"{agent.name!r}: {'; '.join(told)}"
            )
    return policies


def policies_for(market: Market, scenario: Any, checkpoint: Path | None) -> Policies:
    """A policy for each family of a scenario: those of a checkpoint, or run folder with one, or the market's baseline.

    Raises:
        CatallaxyError: see `fitting`.
    """
    world = market.build(scenario, 0, 0)
    if checkpoint is not None:
        return fitting(checkpoint, world)
    baseline = market.baseline(scenario)
    return baseline if isinstance(baseline, Mapping) else {agent.family: baseline for agent in undecided(world)}


def undecided(world: World) -> Iterator[LearningAgent]:
    """The learning agents of a world that have no policy of their own."""
    for agent in world.agents.values():
        if isinstance(agent, LearningAgent) and agent.policy is None:
            yield agent


def key_of(agent: LearningAgent, policies: Mapping[str, object]) -> str:
    """Under which name an agent's policy or learner is found: its own, before its family's."""
    return agent.name if agent.name in policies else agent.family
