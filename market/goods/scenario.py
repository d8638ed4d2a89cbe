"""The goods market's scenario: who sells, who buys, who supplies. Times in days, quantities in units, money in EUR."""

from collections.abc import Iterable
from math import inf
from typing import Literal

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution
from catallaxy.market.checks import as_distribution, not_negative, positive, within

from .policies import CustomerPolicy, Learned, ShopPolicy
from .supplier import WAREHOUSE

Decided = Literal["price", "order_up_to", "reorder_level"]
Observed = Literal["stock", "demand", "reach", "rivals"]


_from_zero = within(0.0, inf)
_above_zero = within(0.0, inf, above=True)
_probability = within(0.0, 1.0)


def _members(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}_{number + 1}" for number in range(count))


@attrs.frozen
class Session:
    """When the market is open.

    Attributes:
        horizon: length of the session.
        terminal: whether the close ends the shops' problem and they see it come. If not, an episode is a cut out of an
            endless session, for learners to bootstrap over.
    """

    horizon: float = attrs.field(default=60.0, validator=positive)
    terminal: bool = False


@attrs.frozen
class ShopGroup:
    """Shops who share a supertype; the fields that are distributions are drawn for each shop and episode.

    Attributes:
        name: the shop's, or name_1, name_2, ... if there are several.
        count: how many.
        price: list price; the price that a shop decides is a factor on it.
        order_up_to: units up to which a shop orders, as long as it does not decide that itself.
        reorder_level: units (in stock and on order) at or below which it orders, as long as it does not decide that
            itself; None: it always orders up to `order_up_to`.
        initial_stock: units at the opening, bought at cost; what the storage does not hold is left out.
        salvage: what stock is worth at the close of a session that is terminal, part of its cost.
        supplier: name of the supplier.
        links: customers and groups of customers that it is linked to, and to nobody else; none named: links are drawn
            with the probability of its connectivity times the customer's.
        cost: what it pays for a unit.
        storage_cost: of a unit and day.
        order_cost: of each order to the supplier, whatever its size.
        capacity: units that it can store.
        delivery_time: how long it takes to bring the goods, drawn for each of its customers (how far they live) and
            episode.
        revenue_weight: w1, weight of sales revenue in its reward.
        storage_weight: w2, weight of storage costs.
        shortfall_weight: w3, for each unit that it was asked for and did not have.
        connectivity: see `links`.
        policy: how it decides.
    """

    name: str = attrs.field(default="shop", validator=validators.min_len(1))
    count: int = attrs.field(default=1, validator=validators.ge(1))
    price: float = attrs.field(default=5.0, validator=positive)
    order_up_to: float = attrs.field(default=20.0, validator=not_negative)
    reorder_level: float | None = attrs.field(default=None, validator=validators.optional(not_negative))
    initial_stock: Distribution = attrs.field(default=Constant(20.0), converter=as_distribution, validator=_from_zero)
    salvage: float = attrs.field(default=1.0, validator=[validators.ge(0.0), validators.le(1.0)])
    supplier: str = "mill"
    links: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    cost: Distribution = attrs.field(default=Constant(4.0), converter=as_distribution, validator=_above_zero)
    storage_cost: Distribution = attrs.field(default=Constant(0.02), converter=as_distribution, validator=_from_zero)
    order_cost: Distribution = attrs.field(default=Constant(0.0), converter=as_distribution, validator=_from_zero)
    capacity: Distribution = attrs.field(default=Constant(40.0), converter=as_distribution, validator=_above_zero)
    delivery_time: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_from_zero)
    revenue_weight: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_from_zero)
    storage_weight: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_from_zero)
    shortfall_weight: Distribution = attrs.field(default=Constant(0.0), converter=as_distribution, validator=_from_zero)
    connectivity: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_probability)
    policy: ShopPolicy = attrs.field(factory=Learned)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the group's shops."""
        return _members(self.name, self.count)


@attrs.frozen
class CustomerGroup:
    """Customers who share a supertype; the fields that are distributions are drawn for each customer and episode.

    Attributes:
        name: the customer's, or name_1, name_2, ... if there are several.
        count: how many.
        needs_per_day: how often each of them needs something; needs form a Poisson process.
        quantity: units needed, drawn for each need, rounded to whole ones, at least 1.
        value: what a unit is worth to it, drawn for each need.
        cost_weight: w1, weight of what it pays.
        time_weight: w2, for each day until it has the goods.
        connectivity: see `ShopGroup.links`.
        policy: how it decides.
    """

    name: str = attrs.field(default="customer", validator=validators.min_len(1))
    count: int = attrs.field(default=1, validator=validators.ge(1))
    needs_per_day: float = attrs.field(default=1.0, validator=positive)
    quantity: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_from_zero)
    value: Distribution = attrs.field(default=Constant(8.0), converter=as_distribution, validator=_from_zero)
    cost_weight: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_above_zero)
    time_weight: Distribution = attrs.field(default=Constant(0.0), converter=as_distribution, validator=_from_zero)
    connectivity: Distribution = attrs.field(default=Constant(1.0), converter=as_distribution, validator=_probability)
    policy: CustomerPolicy = attrs.field(factory=Learned)

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the group's customers."""
        return _members(self.name, self.count)


@attrs.frozen
class SupplierGroup:
    """A supplier: it has as much as anybody orders.

    Attributes:
        name: its name.
        lead_time: how long it takes from an order to the goods' arrival at the shop, drawn for each order.
    """

    name: str = attrs.field(default="mill", validator=validators.min_len(1))
    lead_time: Distribution = attrs.field(default=Constant(2.0), converter=as_distribution, validator=_from_zero)


@attrs.frozen
class Decisions:
    """How shops decide, and within which bounds; and how far customers look.

    Attributes:
        interval: mean time between two decisions of a shop.
        pace: "poisson": exponential times between decisions; "regular": always the interval.
        decides: what shops decide: the "price", as a factor on the list price; "order_up_to" and "reorder_level", as
            parts of their capacity. What is not named stays as their group says.
        lowest_price: bounds of the factor on the list price.
        highest_price: see `lowest_price`.
        price_tick: prices are rounded to multiples of it.
        observes: what shops see: their "stock", "demand" (how much they are asked for and sell, and how many others are
            asked), "reach" (to how many customers they are linked) and "rivals" (their prices).
        memory: over how many days the demand is averaged.
        discount_rate: rho of the shops' return, per day.
        offers: how many offers, the cheapest ones, a customer compares.
        customer_discount_rate: rho of the customers' return, per day. What they buy today changes nothing tomorrow: a
            large one keeps other days' luck out of their returns.
    """

    interval: float = attrs.field(default=1.0, validator=positive)
    pace: Literal["poisson", "regular"] = "poisson"
    decides: tuple[Decided, ...] = attrs.field(
        default=("price", "order_up_to"), converter=tuple, validator=validators.min_len(1)
    )
    lowest_price: float = attrs.field(default=0.6, validator=positive)
    highest_price: float = attrs.field(default=1.6, validator=positive)
    price_tick: float = attrs.field(default=0.01, validator=positive)
    observes: tuple[Observed, ...] = attrs.field(
        default=("stock", "demand", "reach"), converter=tuple, validator=validators.min_len(1)
    )
    memory: float = attrs.field(default=5.0, validator=positive)
    discount_rate: float = attrs.field(default=0.1, validator=not_negative)
    offers: int = attrs.field(default=5, validator=validators.ge(1))
    customer_discount_rate: float = attrs.field(default=5.0, validator=not_negative)

    def __attrs_post_init__(self) -> None:
        if self.lowest_price >= self.highest_price:
            raise ValueError(
                f"lowest_price must be below highest_price, got {self.lowest_price:g} and {self.highest_price:g}"
            )
        for name, given in (("decides", self.decides), ("observes", self.observes)):
            if len(set(given)) < len(given):
                raise ValueError(f"{name} names something twice: {', '.join(given)}")


def _shops(groups: Iterable[ShopGroup]) -> tuple[ShopGroup, ...]:
    return tuple(groups)


@attrs.frozen
class GoodsScenario:
    """A goods market: customers ask the shops that they are linked to, and shops order of suppliers.

    Attributes:
        latency: how long a message takes.
        sight: probability that two shops see each other's prices.

    Raises:
        ValueError: parts that do not fit together.
    """

    shops: tuple[ShopGroup, ...] = attrs.field(
        default=(ShopGroup(),), converter=_shops, validator=validators.min_len(1)
    )
    customers: tuple[CustomerGroup, ...] = attrs.field(
        default=(CustomerGroup(count=10),), converter=tuple, validator=validators.min_len(1)
    )
    suppliers: tuple[SupplierGroup, ...] = attrs.field(
        default=(SupplierGroup(),), converter=tuple, validator=validators.min_len(1)
    )
    session: Session = Session()
    decisions: Decisions = Decisions()
    latency: Distribution = attrs.field(default=Constant(1e-4), converter=as_distribution, validator=within(0.0, inf))
    sight: float = attrs.field(default=1.0, validator=[validators.ge(0.0), validators.le(1.0)])

    def __attrs_post_init__(self) -> None:
        groups: tuple[ShopGroup | CustomerGroup, ...] = (*self.shops, *self.customers)
        names = [WAREHOUSE, *(one.name for one in self.suppliers), *(name for one in groups for name in one.members)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two agents would be called {twice[0]!r}; give groups names of their own")
        known = {one.name for one in self.customers} | {name for one in self.customers for name in one.members}
        for shop in self.shops:
            if shop.supplier not in {one.name for one in self.suppliers}:
                valid = ", ".join(one.name for one in self.suppliers)
                raise ValueError(f"shop {shop.name} has the supplier {shop.supplier!r}, but there is only {valid}")
            for name in shop.links:
                if name not in known:
                    valid = ", ".join(sorted(known))
                    raise ValueError(f"shop {shop.name} is linked to {name!r}, who is no customer; there are {valid}")
        if self.settlement == inf:
            raise ValueError(
                "delivery times, lead times and latency must be bounded, for all goods under way at the close to "
                "arrive: give normal ones a high"
            )

    @property
    def settlement(self) -> float:
        """Days after the close until all that was started before has come to its end."""
        delivery = max(shop.delivery_time.support()[1] for shop in self.shops)
        lead = max(supplier.lead_time.support()[1] for supplier in self.suppliers)
        return max(delivery, lead) + 6.0 * self.latency.support()[1] + 1e-6

    @property
    def duration(self) -> float:
        """How long a world must run: the session, the settlement, and a moment for rents and closing books."""
        return self.session.horizon + self.settlement + 2.0 * self.latency.support()[1] + 1e-5

    def supplier_of(self, shop: ShopGroup) -> SupplierGroup:
        """Who supplies a group of shops."""
        return next(one for one in self.suppliers if one.name == shop.supplier)
