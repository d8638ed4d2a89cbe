"""What an agent is: behaviour, type and supertype, rewards, decisions. Knows no particular market or algorithm."""

from .distributions import Choice, Constant, Distribution, LogUniform, Normal, Uniform
from .formats import Format
from .learning import Decided, Decision, LearningAgent, Policy
from .types import Supertype

__all__ = [
    "Choice",
    "Constant",
    "Decided",
    "Decision",
    "Distribution",
    "Format",
    "LearningAgent",
    "LogUniform",
    "Normal",
    "Policy",
    "Supertype",
    "Uniform",
]
