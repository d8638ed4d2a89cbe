"""Groups of traders who give a book its life: how many, how fast, how large. Rates are per minute."""

from functools import cached_property
from math import inf

import attrs
from attrs import validators

from catallaxy.agents import Choice, Constant, Distribution
from catallaxy.market.checks import as_distribution, not_negative, positive, within


@attrs.frozen
class ZeroIntelligence:
    """Traders who order at random (Smith, Farmer, Gillemot, Krishnamurthy 2003; Cont, Stoikov, Talreja 2010).

    Limit orders of either side come i ticks from the best price of the other side at the rate limit_rate i^-decay,
    i = 1 ... reach; decay = 0 is the model of Smith et al. All rates are the group's, shared among its members.

    Attributes:
        name: the traders are called name_1, name_2, ...
        count: how many.
        limit_rate: limit orders of either side at a distance of one tick, a minute.
        decay: how fast that falls with the distance.
        reach: largest distance, ticks.
        market_rate: market orders of either side, a minute.
        lifetime: mean time before an order at rest is cancelled, minutes.
        size: lots, rounded, at least 1.
    """

    name: str = attrs.field(default="crowd", validator=validators.min_len(1))
    count: int = attrs.field(default=4, validator=validators.ge(1))
    limit_rate: float = attrs.field(default=2.0, validator=positive)
    decay: float = attrs.field(default=0.0, validator=not_negative)
    reach: int = attrs.field(default=40, validator=validators.ge(1))
    market_rate: float = attrs.field(default=10.0, validator=positive)
    lifetime: float = attrs.field(default=1.0, validator=positive)
    size: Distribution = attrs.field(
        default=Choice((1.0, 2.0, 5.0), (0.6, 0.3, 0.1)),
        converter=as_distribution,
        validator=within(0.0, inf, above=True),
    )

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the group's traders."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.count))

    @cached_property
    def distances(self) -> tuple[float, ...]:
        """Probability of each distance 1, 2, ... reach of a limit order, ticks."""
        weights = [(i + 1.0) ** -self.decay for i in range(self.reach)]
        return tuple(weight / sum(weights) for weight in weights)

    @cached_property
    def limit_orders(self) -> float:
        """Limit orders of either side, a minute, at all distances."""
        return self.limit_rate * sum(float((i + 1.0) ** -self.decay) for i in range(self.reach))

    @property
    def at_rest(self) -> float:
        """Mean number of orders that would rest on either side if nobody traded."""
        return self.limit_orders * self.lifetime


@attrs.frozen
class Informed:
    """Traders who know the fundamental value, and trade towards it.

    Attributes:
        name: the traders are called name_1, name_2, ...
        count: how many.
        rate: looks at the book a minute, of all together.
        margin: bp by which a price must beat the value.
        error: standard deviation of what they take for the value, bp.
        size: lots at most, rounded, at least 1.
    """

    name: str = attrs.field(default="informed", validator=validators.min_len(1))
    count: int = attrs.field(default=2, validator=validators.ge(1))
    rate: float = attrs.field(default=60.0, validator=positive)
    margin: float = attrs.field(default=0.2, validator=not_negative)
    error: float = attrs.field(default=0.3, validator=not_negative)
    size: Distribution = attrs.field(
        default=Constant(5.0), converter=as_distribution, validator=within(0.0, inf, above=True)
    )

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the group's traders."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.count))
