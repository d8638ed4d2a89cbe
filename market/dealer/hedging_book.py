"""Hedging on an order book: what the scenario says of it."""

from typing import Literal

import attrs
from attrs import validators

from catallaxy.engine import Stream
from catallaxy.market.book import Informed, Instrument, ZeroIntelligence


@attrs.frozen
class HedgingBook:
    """An exchange with an order book: hedges are market orders, and what they cost and move is what they find there.

    Attributes:
        reference: what the dealer market calls the reference price: "mid", the middle of the book, or "fundamental",
            the scenario's price, which the book's informed traders know. Hedges move the middle, not the fundamental.
        instrument: what is traded; hedges are rounded to its lots.
        crowds: zero-intelligence traders, who give it depth.
        informed: informed traders, who carry its price to the scenario's.
        kind: what scenario files call this rule.
    """

    reference: Literal["mid", "fundamental"] = attrs.field(
        default="mid", validator=validators.in_(("mid", "fundamental"))
    )
    instrument: Instrument = attrs.field(factory=Instrument)
    crowds: tuple[ZeroIntelligence, ...] = attrs.field(
        default=(ZeroIntelligence(),), converter=tuple, validator=validators.min_len(1)
    )
    informed: tuple[Informed, ...] = attrs.field(default=(Informed(),), converter=tuple)
    kind: Literal["book"] = "book"

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the book's traders."""
        groups: tuple[ZeroIntelligence | Informed, ...] = (*self.crowds, *self.informed)
        return tuple(name for group in groups for name in group.members)

    @property
    def lot(self) -> float:
        """MEUR."""
        return self.instrument.lot

    @property
    def impact(self) -> float:
        """None that could be told beforehand."""
        return 0.0

    @property
    def largest(self) -> float:
        """No limit; what the book does not have is not filled."""
        return float("inf")

    def half_spread(self, rng: Stream) -> float:
        """Not known before there is a book; nothing is drawn."""
        return 0.0

    def distance(self, half_spread: float, size: float, over: float) -> float:
        """What can be told from a tick: the half-spread. Larger sizes cost more."""
        return half_spread
