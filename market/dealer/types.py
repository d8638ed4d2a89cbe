"""Who a market maker is: the type lambda that its policy is told."""

from math import log
from typing import ClassVar

import attrs
from attrs import validators

_CENTRE = (1e-3 * 2e-2) ** 0.5
_HALF_WIDTH = log(20.0) / 2.0


@attrs.frozen
class MakerType:
    """A market maker's type.

    Attributes:
        risk_aversion: gamma, per (bp MEUR), positive.
        connectivity: probability of being linked to a client, in [0, 1].
    """

    risk_aversion: float = attrs.field(validator=validators.gt(0.0))
    connectivity: float = attrs.field(validator=[validators.ge(0.0), validators.le(1.0)])

    feature_names: ClassVar[tuple[str, ...]] = ("log risk aversion", "connectivity")

    @property
    def features(self) -> tuple[float, float]:
        """What the policy is told: log gamma, [0.001, 0.02] mapped to [-1, 1]; connectivity, [0, 1] mapped to [-1, 1].

        The scale is fixed, so that a policy means the same whatever supertypes it was trained on.
        """
        return log(self.risk_aversion / _CENTRE) / _HALF_WIDTH, 2.0 * self.connectivity - 1.0
