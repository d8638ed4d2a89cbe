"""The dealer market's scenario: who takes part, what is traded, for how long. Times in minutes, quantities in MEUR."""

from .clients import Clients, Tier
from .makers import Decisions, MakerGroup
from .market import DealerScenario
from .sessions import Latencies, Session
from .units import DAILY_VOLATILITY, MINUTES_PER_DAY

__all__ = [
    "DAILY_VOLATILITY",
    "MINUTES_PER_DAY",
    "Clients",
    "DealerScenario",
    "Decisions",
    "Latencies",
    "MakerGroup",
    "Session",
    "Tier",
]
