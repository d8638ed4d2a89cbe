"""The closed form of a dealer's skew when it does not hedge.

With no hedging, expand every Hamiltonian H_n to second order around p = 0. The stationary HJB equation

    g = -(gamma/2) sigma^2 q^2 + sum_n sum_k lambda_k z_k [ H_n((theta(q) - theta(q + z_k)) / z_k)
                                                          + H_n((theta(q) - theta(q - z_k)) / z_k) ]

is then solved, up to constants, by theta(q) = -a q^2 with

    a = sqrt( gamma sigma^2 / (8 sum_n H_n''(0) sum_k lambda_k z_k) ).

The best quotes are delta*(p) at p = a (z + 2 q) for the bid and p = a (z - 2 q) for the ask. Skew therefore grows like
sqrt(gamma) sigma / sqrt(lambda): it doubles when the dealer's flow falls to a quarter.

Source: the quadratic expansion of Bergault, Evangelista, Gueant, Vieira, "Closed-form approximations in multi-asset
market making" (1810.04383), written out for the logistic acceptance of Barzykin, Bergault, Gueant (2112.02269).
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from .acceptance import Logistic
from .fields import Array, floats


@attrs.frozen
class ClosedFormSkew:
    """Quotes of a dealer that only skews, from theta = -a q^2.

    Args:
        sizes: of requests, MEUR.
        rates: requests per unit of time, for each size, for each group of clients and side.
        tiers: acceptance of each group of clients.
        sigma: volatility of the reference price, bp per square root of the unit of time.
        gamma: risk aversion, 1/(bp MEUR).
    """

    sizes: tuple[float, ...] = attrs.field(converter=floats)
    rates: tuple[float, ...] = attrs.field(converter=floats)
    tiers: Sequence[Logistic]
    sigma: float
    gamma: float

    def __attrs_post_init__(self) -> None:
        if len(self.sizes) != len(self.rates):
            raise ValueError(f"rates has {len(self.rates)} entries and sizes has {len(self.sizes)}: one rate per size")

    @property
    def coefficient(self) -> float:
        """The coefficient a in theta = -a q^2, bp/MEUR."""
        flow = float(np.dot(self.rates, self.sizes))
        bend = sum(float(tier.curvature(0.0)) for tier in self.tiers)
        return float(np.sqrt(self.gamma * self.sigma**2 / (8.0 * bend * flow)))

    def slope(self, tier: int = 0) -> float:
        """How fast the tier's quotes move with inventory at q = 0 for a small size, bp/MEUR: 2 a / (1 + W)."""
        return 2.0 * self.coefficient * float(self.tiers[tier].quote_slope(0.0))

    def bid(self, inventory: npt.ArrayLike, size: float, tier: int = 0) -> Array:
        """Distance of the bid below the reference price, bp; the inventory in MEUR, any shape."""
        q = np.asarray(inventory, dtype=np.float64)
        return self.tiers[tier].best_quote(self.coefficient * (size + 2.0 * q))

    def ask(self, inventory: npt.ArrayLike, size: float, tier: int = 0) -> Array:
        """Distance of the ask above the reference price, bp; the inventory in MEUR, any shape."""
        return self.bid(-np.asarray(inventory, dtype=np.float64), size, tier)
