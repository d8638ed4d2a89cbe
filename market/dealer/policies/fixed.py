"""A maker that always quotes the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent
from catallaxy.market.checks import fraction, not_negative

if TYPE_CHECKING:
    from ..maker import MarketMaker


@attrs.frozen
class FixedSpread:
    """Always the same half-spread and hedge, and no skew.

    Attributes:
        half_spread: bp, for all tiers and sizes.
        hedge: in [0, 1]; see `Decisions.hedging`.
    """

    half_spread: float = attrs.field(default=0.25, validator=not_negative)
    hedge: float = attrs.field(default=0.0, validator=fraction)
    kind: Literal["fixed-spread"] = "fixed-spread"

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> npt.NDArray[np.float64]:
        """The action."""
        return cast("MarketMaker", agent).action(self.half_spread, self.half_spread, self.hedge)
