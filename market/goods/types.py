"""Who shops and customers are: the types lambda that their policies are told."""

from typing import ClassVar

import attrs
from attrs import validators

_not_negative = validators.ge(0.0)
_positive = validators.gt(0.0)
_probability = [validators.ge(0.0), validators.le(1.0)]


def squashed(value: float, middle: float) -> float:
    """Numbers from 0 up mapped to [-1, 1), `middle` to 0."""
    return (value - middle) / (value + middle)


@attrs.frozen
class ShopType:
    """A shop's type. Its list price is not part of it: decisions are factors on that price, whatever it is.

    Attributes:
        cost: EUR that it pays its supplier for a unit.
        storage_cost: EUR a unit and day.
        order_cost: EUR for each order to its supplier, whatever its size.
        capacity: units that its storage holds.
        delivery_time: days that it takes to bring the goods, on average over customers.
        lead_time: days that its supplier takes, on average.
        revenue_weight: w1, weight of sales revenue in its reward.
        storage_weight: w2, weight of storage costs.
        shortfall_weight: w3, EUR for each unit that it was asked for and did not have.
        connectivity: probability of being linked to a customer, times the customer's own.
    """

    cost: float = attrs.field(validator=_positive)
    storage_cost: float = attrs.field(validator=_not_negative)
    order_cost: float = attrs.field(validator=_not_negative)
    capacity: float = attrs.field(validator=_positive)
    delivery_time: float = attrs.field(validator=_not_negative)
    lead_time: float = attrs.field(validator=_not_negative)
    revenue_weight: float = attrs.field(validator=_not_negative)
    storage_weight: float = attrs.field(validator=_not_negative)
    shortfall_weight: float = attrs.field(validator=_not_negative)
    connectivity: float = attrs.field(validator=_probability)

    feature_names: ClassVar[tuple[str, ...]] = (
        "cost", "storage cost", "order cost", "capacity", "delivery time", "lead time", "revenue weight",
        "storage weight", "shortfall weight", "connectivity",
    )  # fmt: skip

    @property
    def features(self) -> tuple[float, ...]:
        """What the policy is told, in the order of `feature_names`, each about in [-1, 1].

        The scale is fixed, so that a policy means the same whatever supertypes it was trained on.
        """
        return (
            squashed(self.cost, 4.0),
            squashed(self.storage_cost, 0.05),
            squashed(self.order_cost, 5.0),
            squashed(self.capacity, 50.0),
            squashed(self.delivery_time, 1.0),
            squashed(self.lead_time, 1.0),
            squashed(self.revenue_weight, 1.0),
            squashed(self.storage_weight, 1.0),
            squashed(self.shortfall_weight, 1.0),
            2.0 * self.connectivity - 1.0,
        )


@attrs.frozen
class CustomerType:
    """A customer's type.

    Attributes:
        cost_weight: w1, weight of what it pays.
        time_weight: w2, EUR for each day that it waits for the goods.
        connectivity: probability of being linked to a shop, times the shop's own.
    """

    cost_weight: float = attrs.field(validator=_positive)
    time_weight: float = attrs.field(validator=_not_negative)
    connectivity: float = attrs.field(validator=_probability)

    feature_names: ClassVar[tuple[str, ...]] = ("cost weight", "time weight", "connectivity")

    @property
    def features(self) -> tuple[float, ...]:
        """What the policy is told, in the order of `feature_names`, each about in [-1, 1]."""
        return squashed(self.cost_weight, 1.0), squashed(self.time_weight, 0.5), 2.0 * self.connectivity - 1.0
