"""Scripted market makers, on the same interface as learned ones.

Scenario files name them: `policy = { kind = "avellaneda-stoikov", horizon = 10.0 }`, or a user's own by
`policy = { kind = "file", path = "mine.py:Mine" }`. A policy is called at each of the maker's decisions with what it
observes, and answers with an action; `MarketMaker.action` makes one from bids and asks.
"""

from .classics import AvellanedaStoikov, Glft
from .fixed import FixedSpread
from .kinds import MakerPolicy
from .learned import Learned
from .optimal import Optimal
from .own import FromFile, PolicyError
from .skew import ClosedFormSkew, LinearSkew

__all__ = [
    "AvellanedaStoikov",
    "ClosedFormSkew",
    "FixedSpread",
    "FromFile",
    "Glft",
    "Learned",
    "LinearSkew",
    "MakerPolicy",
    "Optimal",
    "PolicyError",
]
