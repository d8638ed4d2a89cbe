"""Investors in a scenario: who they are, and how they decide. Times in minutes, quantities in MEUR."""

from math import inf
from typing import Literal

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, not_negative, positive, within

from ..policies.learned import Learned
from .policies import InvestorPolicy


@attrs.frozen
class InvestorGroup:
    """Investors who share a supertype. What is drawn is drawn for each investor and episode.

    Attributes:
        name: the investors are called name_1, name_2, ...
        count: how many.
        connectivity: probability of a link to a maker who is linked to everybody; to one with connectivity c it is c
            times this. It limits whom an investor can ask, and so what it sees.
        pnl_weight: w, weight of profit and loss against the quantity target.
        buy_target: fraction of what it could trade in the session that it is to buy.
        sell_target: fraction that it is to sell.
        risk_aversion: g, weight of the inventory's absolute gains and losses against its gains.
        initial_inventory: MEUR at the opening, bought at the opening price.
        inventory_limit: MEUR; it does nothing that would carry its inventory beyond it.
        tier: as which makers price it, counted from 1.
        policy: what it follows; without a script it learns.
    """

    name: str = attrs.field(default="investor", validator=validators.min_len(1))
    count: int = attrs.field(default=4, validator=validators.ge(1))
    connectivity: Distribution = attrs.field(
        default=Constant(0.75), converter=as_distribution, validator=within(0.0, 1.0)
    )
    pnl_weight: Distribution = attrs.field(default=Constant(0.5), converter=as_distribution, validator=within(0.0, 1.0))
    buy_target: Distribution = attrs.field(
        default=Constant(0.75), converter=as_distribution, validator=within(0.0, 1.0)
    )
    sell_target: Distribution = attrs.field(
        default=Constant(0.25), converter=as_distribution, validator=within(0.0, 1.0)
    )
    risk_aversion: Distribution = attrs.field(
        default=Constant(0.0), converter=as_distribution, validator=within(0.0, inf)
    )
    initial_inventory: Distribution = attrs.field(default=Constant(0.0), converter=as_distribution)
    inventory_limit: float = attrs.field(default=50.0, validator=positive)
    tier: int = attrs.field(default=1, validator=validators.ge(1))
    policy: InvestorPolicy = attrs.field(factory=Learned)

    def __attrs_post_init__(self) -> None:
        least, most = self.initial_inventory.support()
        if max(-least, most) > self.inventory_limit:
            raise ValueError(
                f"initial_inventory is drawn from [{least:g}, {most:g}] MEUR, beyond the inventory_limit of "
                f"{self.inventory_limit:g}; raise the limit or narrow the draw"
            )
        together = self.buy_target.support()[1] + self.sell_target.support()[1]
        if together > 1.0 + 1e-9:
            raise ValueError(
                f"buy_target and sell_target together can reach {together:g}, but a decision either buys or sells: "
                "they must not exceed 1"
            )

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the group's investors."""
        return tuple(f"{self.name}_{number + 1}" for number in range(self.count))

    @property
    def learns(self) -> bool:
        """Whether a learner decides for them."""
        return isinstance(self.policy, Learned)


@attrs.frozen
class RewardTerms:
    """Factors of the terms of investors' rewards: 0 leaves one out. What the terms are: `InvestorPay`.

    Attributes:
        execution_cost, inventory_pnl, risk: factors of the three terms of profit and loss.
        quantity_target: factor of the distance from the quantity target, bp: what it costs to be off by a MEUR.
    """

    execution_cost: float = attrs.field(default=1.0, validator=not_negative)
    inventory_pnl: float = attrs.field(default=1.0, validator=not_negative)
    risk: float = attrs.field(default=1.0, validator=not_negative)
    quantity_target: float = attrs.field(default=5.0, validator=not_negative)


@attrs.frozen
class Investing:
    """How investors decide, and within which bounds.

    Attributes:
        interval: mean time between two decisions of an investor.
        pace: "poisson": exponential times between decisions; "regular": always the interval.
        sizes: MEUR that can be traded at a decision.
        actions: "discrete": nothing, or one of `sizes` bought or sold; "box": any amount up to the largest size, what
            is smaller than half the smallest being nothing.
        exchange: whether they may trade on the exchange, too.
        windows: minutes over which they average the price they see, ascending.
        rewards: factors of the terms of their rewards.
        discount_rate: rho of their return, per minute.
    """

    interval: float = attrs.field(default=2.0, validator=positive)
    pace: Literal["poisson", "regular"] = attrs.field(
        default="poisson", validator=validators.in_(("poisson", "regular"))
    )
    sizes: tuple[float, ...] = attrs.field(
        default=(1.0,), converter=tuple, validator=[validators.min_len(1), validators.deep_iterable(positive)]
    )
    actions: Literal["discrete", "box"] = attrs.field(default="discrete", validator=validators.in_(("discrete", "box")))
    exchange: bool = True
    windows: tuple[float, ...] = attrs.field(
        default=(5.0, 30.0), converter=tuple, validator=[validators.min_len(1), validators.deep_iterable(positive)]
    )
    rewards: RewardTerms = attrs.field(factory=RewardTerms)
    discount_rate: float = attrs.field(default=0.0, validator=not_negative)

    def __attrs_post_init__(self) -> None:
        for name in ("sizes", "windows"):
            values = getattr(self, name)
            if list(values) != sorted(set(values)):
                raise ValueError(f"{name} must ascend, got {', '.join(f'{value:g}' for value in values)}")

    @property
    def largest(self) -> float:
        """MEUR that can be traded at a decision at most."""
        return self.sizes[-1]
