"""Market makers: who they are, and how they decide. Times in minutes, quantities in MEUR."""

from math import inf
from typing import Literal

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, not_negative, positive, within

from .units import DAILY_VOLATILITY, MINUTES_PER_DAY


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
