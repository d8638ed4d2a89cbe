"""The markets that scenario files can name, and what the command needs of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from catallaxy.agents import Policy
from catallaxy.engine import World

if TYPE_CHECKING:
    from catallaxy.market.dealer import DealerScenario


@attrs.frozen
class Market:
    """A kind of market.

    Attributes:
        name: what scenario files call it.
        package: its package, which holds the class of its scenarios and `build`.
        scenario: name of that class. A scenario says by `duration` until when its worlds are to be run.
        baseline: what its learning agents do by when they are given no policy.
    """

    name: str
    package: str
    scenario: str
    baseline: Callable[[Any], Policy]

    def scenario_class(self) -> type[Any]:
        """The attrs class of its scenarios."""
        cls: type[Any] = getattr(import_module(self.package), self.scenario)
        return cls

    def build(self, scenario: Any, seed: int, episode: int, policies: Policy | Mapping[str, Policy] | None) -> World:
        """The world of one episode; agents without a policy leave their decisions to whoever drives the world."""
        world: World = import_module(self.package).build(scenario, seed, episode, policies)
        return world


def _closed_form_skew(scenario: DealerScenario) -> Policy:
    from catallaxy.market.dealer import ClosedFormSkew

    return ClosedFormSkew.of(scenario)


MARKETS = {"dealer": Market("dealer", "catallaxy.market.dealer", "DealerScenario", _closed_form_skew)}
