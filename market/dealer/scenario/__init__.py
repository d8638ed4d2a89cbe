"""The dealer market's scenario: who takes part, what is traded, for how long. Times in minutes, quantities in MEUR."""

from ..units import DAILY_VOLATILITY, MINUTES_PER_DAY
from .clients import Clients, Tier
from .makers import Decisions, MakerGroup, RewardWeights
from .market import DealerScenario
from .sessions import Latencies, Session

__all__ = [
    "DAILY_VOLATILITY",
    "MINUTES_PER_DAY",
    "Clients",
    "DealerScenario",
    "Decisions",
    "Latencies",
    "MakerGroup",
    "RewardWeights",
    "Session",
    "Tier",
]
