"""Market makers: who they are, and how they decide. Times in minutes, quantities in MEUR."""

from math import inf
from typing import Literal

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, not_negative, positive, within

from ..policies.kinds import MakerPolicy
from ..policies.learned import Learned
from ..units import DAILY_VOLATILITY, MINUTES_PER_DAY


@attrs.frozen
class RewardWeights:
    """How makers weigh the terms of their reward, drawn for each maker and episode; `rewards` holds the formulas.

    Risk in its quadratic form is weighted by the group's risk aversion. Policies are told every weight in which the
    scenario's makers differ.

    Attributes:
        spread_revenue: of what clients pay, without unit.
        inventory_pnl: of the inventory's profit and loss, in [0, 1]; own impact counts in full.
        hedging_cost: of what the exchange takes.
        absolute_risk: g, of the inventory's absolute gains and losses between decisions.
        market_share: MEUR bp a minute for a distance of 1 from the target.
        share_target: the part of all makers' volume that is aimed at, in [0, 1].
    """

    spread_revenue: Distribution = attrs.field(
        default=Constant(1.0), converter=as_distribution, validator=within(0.0, inf)
    )
    inventory_pnl: Distribution = attrs.field(
        default=Constant(0.0), converter=as_distribution, validator=within(0.0, 1.0)
    )
    hedging_cost: Distribution = attrs.field(
        default=Constant(1.0), converter=as_distribution, validator=within(0.0, inf)
    )
    absolute_risk: Distribution = attrs.field(
        default=Constant(0.0), converter=as_distribution, validator=within(0.0, inf)
    )
    market_share: Distribution = attrs.field(
        default=Constant(0.0), converter=as_distribution, validator=within(0.0, inf)
    )
    share_target: Distribution = attrs.field(
        default=Constant(0.0), converter=as_distribution, validator=within(0.0, 1.0)
    )


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
        credit_limit: MEUR of net position, bought or sold, towards any one client; what would exceed it is declined.
            None: no such limit.
        rewards: weights of the reward's terms.
        policy: what they follow; without a script they learn.
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
    credit_limit: float | None = attrs.field(default=None, validator=validators.optional(positive))
    rewards: RewardWeights = attrs.field(factory=RewardWeights)
    policy: MakerPolicy = attrs.field(factory=Learned)

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

    @property
    def learns(self) -> bool:
        """Whether a learner decides for it."""
        return isinstance(self.policy, Learned)


@attrs.frozen
class Decisions:
    """How makers decide, and within which bounds.

    Attributes:
        interval: mean time between two decisions of a maker.
        pace: "poisson": exponential times between decisions; "regular": always the interval; "trades": after each
            trade with a client, and an interval after the last decision.
        quotes: what is decided. "one-price": half-spread and skew of one price for all; "ladder": for each tier a
            half-spread and a slope against the inventory, and a slope in size; "full-ladder": the distance of every
            rung, by tier, size and side.
        streaming: whether makers stream their prices and clients take them, or clients ask each time.
        hedging: what the last component of a decision is. "fraction", in [0, 1]: the part of the inventory that is
            sent to the exchange at once; "rate", in [-1, 1]: the part of `max_hedge_rate` at which the inventory is
            worked off until the next decision, not at all below 0, so that not to hedge is no knife's edge to learn.
            Either way hedges only reduce the inventory. "none": there is no such component.
        max_half_spread: bp; half-spreads, and distances of rungs, are decided in [0, max_half_spread]
            (full-ladder: from -max_skew on).
        max_skew: bp; skews, against the inventory, lie in [-max_skew, max_skew].
        max_slope: bp per MEUR of inventory; a ladder's slopes against the inventory are decided in
            [-max_slope, max_slope].
        max_size_slope: bp per MEUR; a ladder's slope in size is decided in [0, max_size_slope].
        max_hedge_rate: per minute: at 0.5 an inventory is halved in 1.4 minutes.
        hedge_slice: minutes of hedging at a rate that are sent to the exchange as one order.
        discount_rate: rho of the makers' return, per minute.
        volatility: sigma in the risk term, bp per square root of a minute.
    """

    interval: float = attrs.field(default=1.0, validator=positive)
    pace: Literal["poisson", "regular", "trades"] = attrs.field(
        default="poisson", validator=validators.in_(("poisson", "regular", "trades"))
    )
    quotes: Literal["one-price", "ladder", "full-ladder"] = attrs.field(
        default="one-price", validator=validators.in_(("one-price", "ladder", "full-ladder"))
    )
    streaming: bool = False
    hedging: Literal["fraction", "rate", "none"] = attrs.field(
        default="fraction", validator=validators.in_(("fraction", "rate", "none"))
    )
    max_half_spread: float = attrs.field(default=2.0, validator=positive)
    max_skew: float = attrs.field(default=1.5, validator=positive)
    max_slope: float = attrs.field(default=0.05, validator=positive)
    max_size_slope: float = attrs.field(default=0.02, validator=positive)
    max_hedge_rate: float = attrs.field(default=0.5, validator=positive)
    hedge_slice: float = attrs.field(default=0.1, validator=positive)
    discount_rate: float = attrs.field(default=0.05, validator=not_negative)
    volatility: float = attrs.field(default=DAILY_VOLATILITY / MINUTES_PER_DAY**0.5, validator=not_negative)
