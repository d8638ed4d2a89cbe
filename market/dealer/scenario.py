"""The dealer market's scenario: who takes part, what is traded, for how long. Times in minutes, quantities in MEUR."""

from collections.abc import Iterable
from math import inf
from typing import Literal

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, not_negative, positive, within
from catallaxy.market.prices import BrownianPrice, HistoricalPrice, MeanRevertingPrice

from .costs import CurveCosts, ExchangeCosts
from .investors.group import Investing, InvestorGroup

MINUTES_PER_DAY = 1440.0
DAILY_VOLATILITY = 50.0
"""bp per square root of a day: EUR/USD in Barzykin, Bergault, Gueant (2112.02269)."""


def _groups(groups: "Iterable[MakerGroup]") -> "tuple[MakerGroup, ...]":
    return tuple(groups)


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
class MakerGroup:
    """Market makers who share a supertype.

    Attributes:
        name: the makers are called name_1, name_2, ...
        count: how many.
        risk_aversion: gamma, per (bp MEUR), drawn for each maker and episode.
        connectivity: probability of a link to each client, drawn for each maker and episode.
        initial_inventory: MEUR at the opening, bought at the opening price; random ones help exploration.
        inventory_limit: MEUR; what would carry the inventory beyond it is declined.
    """

    name: str = attrs.field(default="maker", validator=validators.min_len(1))
    count: int = attrs.field(default=4, validator=validators.ge(1))
    risk_aversion: Distribution = attrs.field(
        default=Constant(5e-3), converter=as_distribution, validator=within(0.0, inf, above=True)
    )
    connectivity: Distribution = attrs.field(
        default=Constant(0.75), converter=as_distribution, validator=within(0.0, 1.0)
    )
    initial_inventory: Distribution = attrs.field(default=Constant(0.0), converter=as_distribution)
    inventory_limit: float = attrs.field(default=100.0, validator=positive)

    def __attrs_post_init__(self) -> None:
        least, most = self.initial_inventory.support()
        if max(-least, most) > self.inventory_limit:
            raise ValueError(
                f"initial_inventory is drawn from [{least:g}, {most:g}] MEUR, beyond the inventory_limit of "
                f"{self.inventory_limit:g}; raise the limit or narrow the draw"
            )

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the group's makers."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.count))


@attrs.frozen
class Decisions:
    """How makers decide, and within which bounds.

    Attributes:
        interval: mean time between two decisions of a maker.
        pace: "poisson": exponential times between decisions; "regular": always the interval.
        max_half_spread: bp; half-spreads are decided in [0, max_half_spread].
        max_skew: bp; skews, against the inventory, are decided in [-max_skew, max_skew].
        discount_rate: rho of the makers' return, per minute.
        volatility: sigma in the risk term, bp per square root of a minute.
        inventory_pnl: weight of the inventory's profit and loss in the reward. The price is a martingale to the makers,
            so in training it adds variance and nothing else; accounts carry the true profit and loss in any case.
    """

    interval: float = attrs.field(default=1.0, validator=positive)
    pace: Literal["poisson", "regular"] = attrs.field(
        default="poisson", validator=validators.in_(("poisson", "regular"))
    )
    max_half_spread: float = attrs.field(default=2.0, validator=positive)
    max_skew: float = attrs.field(default=1.5, validator=positive)
    discount_rate: float = attrs.field(default=0.05, validator=not_negative)
    volatility: float = attrs.field(default=DAILY_VOLATILITY / MINUTES_PER_DAY**0.5, validator=not_negative)
    inventory_pnl: float = attrs.field(default=0.0, validator=not_negative)


@attrs.frozen
class Tier:
    """Clients who react to prices alike: a quote d bp away is taken with probability 1 / (1 + exp(alpha + beta d)).

    Attributes:
        name: the clients are called name_1, name_2, ...
        clients: how many; they share the tier's requests.
        alpha: the larger, the less they trade at the reference price.
        beta: price sensitivity, per bp.
    """

    name: str = attrs.field(validator=validators.min_len(1))
    alpha: float
    beta: float = attrs.field(validator=positive)
    clients: int = attrs.field(default=10, validator=validators.ge(1))

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the tier's clients."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.clients))


@attrs.frozen
class Clients:
    """Clients' requests: Poisson in time, defaults as fitted to EUR/USD (Barzykin, Bergault, Gueant, 2112.02269).

    Attributes:
        requests_per_day: of each tier and side, all sizes and clients together; a day has 1440 minutes.
        sizes: MEUR.
        shares: of the requests, for each size; they add up to 1.
        tiers: groups of clients.
    """

    requests_per_day: float = attrs.field(default=1800.0, validator=positive)
    sizes: tuple[float, ...] = attrs.field(
        default=(1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
        converter=tuple,
        validator=[validators.min_len(1), validators.deep_iterable(positive)],
    )
    shares: tuple[float, ...] = attrs.field(
        default=(0.4, 0.25, 0.19, 0.1, 0.05, 0.01),
        converter=tuple,
        validator=validators.deep_iterable(not_negative),
    )
    tiers: tuple[Tier, ...] = attrs.field(
        default=(Tier("tier1", -0.3, 5.0), Tier("tier2", -1.9, 15.0)),
        converter=tuple,
        validator=validators.min_len(1),
    )

    def __attrs_post_init__(self) -> None:
        if len(self.shares) != len(self.sizes):
            raise ValueError(f"shares has {len(self.shares)} entries, sizes {len(self.sizes)}; one share for each size")
        if abs(sum(self.shares) - 1.0) > 1e-6:
            raise ValueError(f"shares must add up to 1, got {sum(self.shares):g}")


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


@attrs.frozen
class DealerScenario:
    """A dealer market: makers quote to clients and investors around a reference price and hedge on an exchange.

    Raises:
        ValueError: parts that do not fit together.
    """

    makers: tuple[MakerGroup, ...] = attrs.field(
        default=(MakerGroup(),), converter=_groups, validator=validators.min_len(1)
    )
    price: BrownianPrice | MeanRevertingPrice | HistoricalPrice = attrs.field(factory=BrownianPrice)
    session: Session = Session()
    decisions: Decisions = Decisions()
    clients: Clients = Clients()
    exchange: ExchangeCosts | CurveCosts = attrs.field(factory=ExchangeCosts)
    latency: Latencies = Latencies()
    investors: tuple[InvestorGroup, ...] = attrs.field(default=(), converter=tuple)
    investing: Investing = attrs.field(factory=Investing)

    def __attrs_post_init__(self) -> None:
        groups: tuple[MakerGroup | Tier | InvestorGroup, ...] = (*self.makers, *self.clients.tiers, *self.investors)
        names = ["exchange", *(name for group in groups for name in group.members)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two agents would be called {twice[0]!r}; give groups and tiers names of their own")
        # Longest chain in flight at the close: request, quote, order, fill, with the hedge that it may meet.
        needed = 6.0 * self.latency.longest
        if self.session.settlement < needed:
            raise ValueError(
                f"session.settlement is {self.session.settlement:g} minutes, but with messages that take up to "
                f"{self.latency.longest:g} settling may take {needed:g}; lengthen it or bound the latencies"
            )

    @property
    def duration(self) -> float:
        """How long a world must run: the session, the settlement, and a moment for the closing statements."""
        return self.session.horizon + self.session.settlement + 1e-6

    def starting_flat(self) -> "DealerScenario":
        """The same market with makers and investors who start without inventory."""
        nothing = Constant(0.0)
        return attrs.evolve(
            self,
            makers=tuple(attrs.evolve(group, initial_inventory=nothing) for group in self.makers),
            investors=tuple(attrs.evolve(group, initial_inventory=nothing) for group in self.investors),
        )
