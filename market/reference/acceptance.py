"""Logistic acceptance of quotes, and the dealer's best answer to it.

A request is traded at distance delta (bp) from the reference price with probability
f(delta) = 1 / (1 + exp(alpha + beta delta)). A dealer to whom one traded unit costs p (bp: the fall of its value
function for each unit of inventory) maximises f(delta) (delta - p):

    H(p) = sup_delta f(delta) (delta - p) = W / beta,    W = LambertW(exp(-1 - alpha - beta p)),
    delta*(p) = p + (1 + W) / beta,    H'(p) = -f(delta*(p)) = -W / (1 + W),    H''(p) = beta W / (1 + W)^3.

Source: Barzykin, Bergault, Gueant, "Market making by an FX dealer" (2112.02269), the Hamiltonians of its HJB equation.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from .fields import Array
from .lambert import wright_omega


@attrs.frozen
class Logistic:
    """How price sensitive a group of clients is: f(delta) = 1 / (1 + exp(alpha + beta delta)).

    Args:
        alpha: no unit; the larger, the less is traded at the reference price.
        beta: sensitivity to the price, per bp; positive.
    """

    alpha: float = attrs.field(converter=float)
    beta: float = attrs.field(converter=float)

    @alpha.validator
    def _finite(self, attribute: attrs.Attribute[float], value: float) -> None:
        if not np.isfinite(value):
            raise ValueError(f"alpha = {value}: the acceptance curve needs a finite alpha")

    @beta.validator
    def _positive(self, attribute: attrs.Attribute[float], value: float) -> None:
        if not (value > 0 and np.isfinite(value)):
            raise ValueError(f"beta = {value}: the price sensitivity must be positive and finite (per bp)")

    def probability(self, delta: npt.ArrayLike) -> Array:
        """f(delta), any shape; delta in bp, +inf (no quote) gives 0."""
        # 1 / (1 + e^x) = (1 - tanh(x / 2)) / 2 loses the small probabilities; this form keeps them and never overflows.
        x = self.alpha + self.beta * np.asarray(delta, dtype=np.float64)
        small = np.exp(-np.abs(x))
        return np.where(x > 0, small, 1.0) / (1.0 + small)

    def _w(self, p: npt.ArrayLike) -> Array:
        return wright_omega(-1.0 - self.alpha - self.beta * np.asarray(p, dtype=np.float64))

    def hamiltonian(self, p: npt.ArrayLike) -> Array:
        """H(p) in bp; p in bp, any shape."""
        return self._w(p) / self.beta

    def best_quote(self, p: npt.ArrayLike) -> Array:
        """delta*(p) in bp: the distance that maximises f(delta) (delta - p)."""
        return np.asarray(p, dtype=np.float64) + (1.0 + self._w(p)) / self.beta

    def slope(self, p: npt.ArrayLike) -> Array:
        """H'(p) = -f(delta*(p)), no unit."""
        w = self._w(p)
        return -w / (1.0 + w)

    def curvature(self, p: npt.ArrayLike) -> Array:
        """H''(p) per bp; positive."""
        w = self._w(p)
        return self.beta * w / (1.0 + w) ** 3

    def quote_slope(self, p: npt.ArrayLike) -> Array:
        """How the best quote moves with p: d delta*/dp = 1 / (1 + W), no unit, within (0, 1)."""
        return 1.0 / (1.0 + self._w(p))
