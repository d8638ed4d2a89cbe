"""When the market is open, and how long messages take. Times in minutes."""

from math import inf

import attrs

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, positive, within


@attrs.frozen
class Session:
    """When the market is open.

    Attributes:
        horizon: length of the session.
        settlement: time after the close in which nothing new is started and everything in flight settles.
        tick: time between two reference prices.
        terminal: whether the close ends the makers' problem and they see it come. If not, an episode is a cut out of
            an endless session, for learners to bootstrap over.
    """

    horizon: float = attrs.field(default=240.0, validator=positive)
    settlement: float = attrs.field(default=1.0, validator=positive)
    tick: float = attrs.field(default=1.0 / 6.0, validator=positive)
    terminal: bool = True


@attrs.frozen
class Latencies:
    """How long messages take, drawn for each (constant by default).

    Attributes:
        clients: between makers and clients.
        exchange: between the exchange and everybody; reference prices are seen this much later.
    """

    clients: Distribution = attrs.field(default=Constant(0.002), converter=as_distribution, validator=within(0.0, inf))
    exchange: Distribution = attrs.field(default=Constant(0.001), converter=as_distribution, validator=within(0.0, inf))

    @property
    def longest(self) -> float:
        """The longest that a message can take."""
        return max(self.clients.support()[1], self.exchange.support()[1])
