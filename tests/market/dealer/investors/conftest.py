"""A small market with investors."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy.typing as npt
import pytest

from catallaxy.agents import LearningAgent
from catallaxy.market.dealer import Clients, DealerScenario, Decisions, FixedSpread, MakerGroup, Session, Tier
from catallaxy.market.dealer.investors.group import Investing, InvestorGroup

Market = Callable[..., DealerScenario]


@attrs.define
class Script:
    """Plays fixed actions in turn and keeps what it was shown."""

    actions: Sequence[Any]
    seen: list[tuple[float, tuple[float, ...]]] = attrs.field(factory=list)

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> npt.ArrayLike:
        self.seen.append((agent.now, tuple(observation)))
        return self.actions[(len(self.seen) - 1) % len(self.actions)]


@pytest.fixture(scope="session")
def script() -> type[Script]:
    return Script


@pytest.fixture(scope="session")
def market() -> Market:
    """A market for investors: two makers who quote 0.05 bp away, no client to speak of, an hour."""

    def make(*groups: InvestorGroup, **changes: Any) -> DealerScenario:
        parts = {
            "makers": (MakerGroup("maker", 2, connectivity=1.0, inventory_limit=1000.0),),
            "clients": Clients(requests_per_day=1e-3, tiers=(Tier("tier", -0.3, 5.0, 1),)),
            "decisions": Decisions(interval=30.0),
            "session": Session(horizon=60.0),
            "investors": groups or (InvestorGroup("investor", 2, connectivity=1.0),),
            "investing": Investing(interval=1.0),
        }
        return DealerScenario(**{**parts, **changes})

    return make


@pytest.fixture(scope="session")
def tight() -> FixedSpread:
    return FixedSpread(0.05)
