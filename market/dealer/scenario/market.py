"""The dealer market's scenario as a whole: its parts, and whether they fit together."""

from collections.abc import Iterable

import attrs
from attrs import validators

from catallaxy.agents import Constant
from catallaxy.market.prices import BrownianPrice, Price

from ..costs import CurveCosts, ExchangeCosts
from ..hedging_book import HedgingBook
from ..investors.group import Investing, InvestorGroup
from .clients import Clients, Tier
from .makers import Decisions, MakerGroup, RewardWeights
from .sessions import Latencies, Session


def _groups(groups: "Iterable[MakerGroup]") -> "tuple[MakerGroup, ...]":
    return tuple(groups)


def _investors(groups: "Iterable[InvestorGroup]") -> "tuple[InvestorGroup, ...]":
    return tuple(groups)


@attrs.frozen
class DealerScenario:
    """A dealer market: makers quote to clients and investors around a reference price and hedge on an exchange.

    Raises:
        ValueError: parts that do not fit together.
    """

    makers: tuple[MakerGroup, ...] = attrs.field(
        default=(MakerGroup(),), converter=_groups, validator=validators.min_len(1)
    )
    price: Price = attrs.field(factory=BrownianPrice)
    session: Session = attrs.field(factory=Session)
    decisions: Decisions = attrs.field(factory=Decisions)
    clients: Clients = attrs.field(factory=Clients)
    exchange: ExchangeCosts | CurveCosts | HedgingBook = attrs.field(factory=ExchangeCosts)
    latency: Latencies = attrs.field(factory=Latencies)
    investors: tuple[InvestorGroup, ...] = attrs.field(default=(), converter=_investors)
    investing: Investing = attrs.field(factory=Investing)

    def __attrs_post_init__(self) -> None:
        groups: tuple[MakerGroup | Tier | InvestorGroup, ...] = (*self.makers, *self.clients.tiers, *self.investors)
        names = ["exchange", *(name for group in groups for name in group.members)]
        if isinstance(self.exchange, HedgingBook):
            names += self.exchange.members
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
    def told(self) -> tuple[str, ...]:
        """The weights of makers' rewards that are not the same for all of them, which their policies are told."""
        names = [field.name for field in attrs.fields(RewardWeights)]
        drawn = {name: [getattr(group.rewards, name).support() for group in self.makers] for name in names}
        return tuple(
            name for name in names if min(low for low, _ in drawn[name]) < max(high for _, high in drawn[name])
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
