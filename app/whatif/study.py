"""Playing a what-if: the market as it is and with an intervention, before and after learning goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import attrs
import pyarrow as pa
from rich.console import Console

from catallaxy.agents import LearningAgent, Policy
from catallaxy.engine import CatallaxyError, World, stream
from catallaxy.market.measures import played

from ..config import Study
from ..learning import learn_on
from ..markets import MARKETS, Policies
from ..policies import attach, key_of, policies_for
from .answer import Answer, answer
from .intervention import Intervention


class WhatIfError(CatallaxyError):
    """A what-if that can't be answered."""


@attrs.frozen
class Arm:
    """One of the markets that are compared; called with an episode, it builds its world.

    Attributes:
        market: the kind of market.
        scenario: with or without the intervention.
        seed: root seed: equal ones mean equal luck in both arms.
        intervention: what is done to the network.
        own: agents, by name, that act by a policy of their own.
    """

    market: str
    scenario: Any
    seed: int
    intervention: Intervention = attrs.field(factory=Intervention)
    own: Mapping[str, Policy] = MappingProxyType({})

    def __call__(self, episode: int) -> World:
        world = MARKETS[self.market].build(self.scenario, self.seed, episode)
        self.intervention.cut(world)
        for name, policy in self.own.items():
            agent = world.agents.get(name)
            if isinstance(agent, LearningAgent):
                agent.policy = policy
        return world


@attrs.frozen
class WhatIf:
    """A question to a market.

    Attributes:
        study: the scenario file.
        intervention: what is different.
        policy: checkpoint, or run folder with one, whose policies the agents follow; None for the market's baseline.
        adapt: decisions from which the others learn on, with and without the intervention; 0 if they don't.
        episodes: how many to compare.
        seed: root seed.
        workers: processes to learn in; the answer does not depend on it.
    """

    study: Study
    intervention: Intervention
    policy: Path | None = None
    adapt: int = 0
    episodes: int = 20
    seed: int = 0
    workers: int = 1


def ask(question: WhatIf, screen: Console) -> tuple[Answer, dict[str, pa.Table]]:
    """Answer a what-if.

    Both markets are played in the same episodes: equal prices, types, network and needs, so that they differ by the
    intervention and what follows from it. If the others adapt, they learn on for as long, by the same random numbers,
    in the market without the intervention too: what they would have learned anyway is not an effect of it. Who the
    intervention is about does not learn on.

    Args:
        question: the question.
        screen: where progress is shown.

    Returns:
        The answer, and the measures of each arm, one row per episode and agent.

    Raises:
        CatallaxyError: an intervention that the market does not allow, or a policy of another market or scenario.
    """
    study, market = question.study, question.study.market
    totals = market.headline
    if not totals:
        raise WhatIfError(f"market {market.name!r} has no measures to compare")
    if question.adapt and question.policy is None:
        raise WhatIfError("--adapt lets what was learned be learned on: name it with --policy RUN")
    after = question.intervention.apply(study.scenario)
    policies = policies_for(market, study.scenario, question.policy)
    judged, learned = (int(stream(question.seed, 0, purpose).integers(2**32)) for purpose in ("what-if", "adaptation"))
    base, changed = _arms(question, after, policies, judged)

    def play(arm: Arm, policies: Policies) -> pa.Table:
        """The measures of the arm's episodes."""

        def build(episode: int) -> World:
            world = arm(episode)
            attach(world, policies)
            return world

        return played(build, question.episodes, arm.scenario.duration, market.measure_worlds)

    tables = {"before": play(base, policies), "unchanged": play(changed, policies)}
    if question.adapt:
        for name, arm in (("control", base), ("adapted", changed)):
            screen.print(f"learning on, {'with' if name == 'adapted' else 'without'} the intervention", style="dim")
            adapted = learn_on(
                study,
                attrs.evolve(arm, seed=learned),
                checkpoint=question.policy,
                decisions=question.adapt,
                seed=question.seed,
                workers=question.workers,
                screen=screen,
            )
            tables[name] = play(arm, {**policies, **adapted})
    told, targets = question.intervention.describe(), question.intervention.targets(study.scenario, after)
    return answer(tables, totals, targets, told, question.adapt), tables


def _arms(question: WhatIf, after: Any, policies: Policies, seed: int) -> tuple[Arm, Arm]:
    """The market as it is and with the intervention; those that it is about act by policies that stay as they are."""
    study, intervention = question.study, question.intervention
    base = Arm(study.market.name, study.scenario, seed)
    changed = Arm(study.market.name, after, seed, intervention)
    here, there = base(0), changed(0)
    targets = intervention.targets(study.scenario, after)
    fixed = {
        agent.name: policies[key_of(agent, policies)]
        for world in (here, there)
        for agent in world.agents.values()
        if isinstance(agent, LearningAgent) and {agent.name, getattr(agent, "group", None)} & {*targets}
    }
    live = intervention.policies(there, after)
    return attrs.evolve(base, own=fixed), attrs.evolve(changed, own={**fixed, **live})
