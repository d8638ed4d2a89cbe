"""The order-book market's scenario. Times in minutes, quantities in MEUR, prices in USD per EUR."""

from collections.abc import Sequence
from math import inf

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, within
from catallaxy.market.prices import BrownianPrice, Price

from .groups import Informed, ZeroIntelligence
from .instrument import Hours, Instrument
from .venue import VENUE


@attrs.frozen
class BookScenario:
    """A market on an order book: traders at random give it depth, informed ones carry its price to the value.

    Attributes:
        price: the fundamental value, which informed traders know and nobody else sees.
        session: when the market is open.
        instrument: what is traded.
        crowds: zero-intelligence traders.
        informed: informed traders; there need not be any.
        latency: how long messages take between a trader and the book, minutes, drawn for each.

    Raises:
        ValueError: parts that do not fit together.
    """

    price: Price = attrs.field(factory=BrownianPrice)
    session: Hours = attrs.field(factory=Hours)
    instrument: Instrument = attrs.field(factory=Instrument)
    crowds: tuple[ZeroIntelligence, ...] = attrs.field(
        default=(ZeroIntelligence(),), converter=tuple, validator=validators.min_len(1)
    )
    informed: tuple[Informed, ...] = attrs.field(default=(Informed(),), converter=tuple)
    latency: Distribution = attrs.field(default=Constant(0.0002), converter=as_distribution, validator=within(0.0, inf))

    def __attrs_post_init__(self) -> None:
        check_names([VENUE], (*self.crowds, *self.informed))
        needed = 4.0 * self.latency.support()[1]  # a cancellation at the close crosses an order under way
        if self.session.settlement < needed:
            raise ValueError(
                f"session.settlement is {self.session.settlement:g} minutes, but with messages that take up to "
                f"{self.latency.support()[1]:g} settling may take {needed:g}; lengthen it or bound the latency"
            )

    @property
    def duration(self) -> float:
        """How long a world must run."""
        return self.session.duration


def check_names(taken: Sequence[str], groups: Sequence[ZeroIntelligence | Informed]) -> None:
    """ValueError if two agents would have the same name."""
    names = [*taken, *(name for group in groups for name in group.members)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two agents would be called {twice[0]!r}; give the groups names of their own")
