"""Market making with exponential arrivals: Avellaneda and Stoikov, and Gueant, Lehalle and Fernandez-Tapia.

The price follows dS = sigma dW. Buyers and sellers of one unit each arrive at rate A exp(-k delta) for a quote at
distance delta from S. The dealer holds q units within a limit and maximises -E exp(-gamma (cash + q S)) at time T.
Units are whatever the caller uses for price, unit of the asset and time; gamma is per unit of money.

Sources: Avellaneda and Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8(3), 2008;
Gueant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk", Mathematics and Financial Economics 7, 2013.
"""

from __future__ import annotations

import math

import attrs
import numpy as np
import numpy.typing as npt

from .fields import Array, Integers


@attrs.frozen
class ExponentialDealer:
    """The common model of both papers; defaults are Avellaneda and Stoikov's example.

    Args:
        sigma: volatility, price per square root of time.
        gamma: risk aversion, per unit of money.
        arrival: A, trades per unit of time and side at distance zero.
        decay: k, per unit of price.
        horizon: T, time.
        limit: of |q|; at it the dealer quotes one side only (not in `avellaneda_stoikov`, which knows no limit).

    Raises:
        ValueError: a field that is not positive and finite, naming it.
    """

    sigma: float = 2.0
    gamma: float = 0.1
    arrival: float = 140.0
    decay: float = 1.5
    horizon: float = 1.0
    limit: int = 30

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(ExponentialDealer):
            value = getattr(self, field.name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{field.name} = {value}: must be positive and finite")

    @property
    def inventories(self) -> Integers:
        """From -limit to limit, shape (2 limit + 1,)."""
        return np.arange(-self.limit, self.limit + 1)

    @property
    def base(self) -> float:
        """(1/gamma) ln(1 + gamma/k): the half-spread of a dealer without inventory risk."""
        return math.log1p(self.gamma / self.decay) / self.gamma


@attrs.frozen(eq=False)
class Quotes:
    """Distances of bid and ask from the reference price, by inventory; inf where there is no quote."""

    inventories: Integers
    bid: Array
    ask: Array


def reservation_price(dealer: ExponentialDealer, price: float, inventory: npt.ArrayLike, remaining: float) -> Array:
    """S - q gamma sigma^2 (T - t), the price at which the dealer is indifferent to one unit more or less."""
    return np.asarray(price - np.asarray(inventory) * dealer.gamma * dealer.sigma**2 * remaining)


def avellaneda_stoikov(dealer: ExponentialDealer, remaining: float) -> Quotes:
    """Quotes with `remaining` = T - t to go (the paper's approximation, to second order in q).

    Total spread gamma sigma^2 (T - t) + (2/gamma) ln(1 + gamma/k) around the reservation price.
    """
    q = dealer.inventories
    half = 0.5 * dealer.gamma * dealer.sigma**2 * remaining + dealer.base
    shift = reservation_price(dealer, 0.0, q, remaining)
    return Quotes(q, bid=half - shift, ask=half + shift)


def _generator(dealer: ExponentialDealer) -> tuple[Array, float]:
    """(c I - M, c) with M of the linear equation v' = M v, shifted so that no entry is negative."""
    q = dealer.inventories.astype(np.float64)
    eta = dealer.arrival * math.exp(-(1.0 + dealer.decay / dealer.gamma) * math.log1p(dealer.gamma / dealer.decay))
    diagonal = 0.5 * dealer.decay * dealer.gamma * dealer.sigma**2 * q**2
    off = eta * np.ones(len(q) - 1)
    top = float(diagonal.max())
    return np.diag(top - diagonal) + np.diag(off, 1) + np.diag(off, -1), top


def log_value(dealer: ExponentialDealer, remaining: float) -> Array:
    """Logarithm of v(t) = exp(-M (T - t)) 1, shape (inventories,): the certainty equivalent is ln(v_q) / k + q S.

    M has (k/2) gamma sigma^2 q^2 on its diagonal and -eta = -A (1 + gamma/k)^-(1 + k/gamma) beside it.
    The exponential is taken of c I - M, without negative entries: nothing cancels, each component is right to rounding.
    """
    shifted, top = _generator(dealer)
    squarings = max(0, math.ceil(math.log2(max(remaining * float(shifted.sum(axis=1).max()), 1e-300))) + 1)
    scaled = shifted * (remaining / 2.0**squarings)
    power = term = np.eye(len(shifted))
    for n in range(1, 20):
        term = term @ scaled / n
        power = power + term
    logarithm = 0.0
    for _ in range(squarings):
        power = power @ power
        largest = float(power.max())
        power /= largest
        logarithm = 2.0 * logarithm + math.log(largest)
    return np.asarray(np.log(power.sum(axis=1)) + logarithm - top * remaining)


def _quotes(dealer: ExponentialDealer, logs: Array) -> Quotes:
    steps = np.diff(logs) / dealer.decay
    bid = np.append(dealer.base - steps, np.inf)
    ask = np.append(np.inf, dealer.base + steps)
    return Quotes(dealer.inventories, bid, ask)


def glft(dealer: ExponentialDealer, remaining: float) -> Quotes:
    """Exact optimal quotes: bid (1/k) ln(v_q / v_{q+1}) + base, ask (1/k) ln(v_q / v_{q-1}) + base."""
    return _quotes(dealer, log_value(dealer, remaining))


def glft_stationary(dealer: ExponentialDealer) -> Quotes:
    """Exact quotes far from the end: from the eigenvector of M's smallest eigenvalue."""
    power, _ = _generator(dealer)
    vector = np.ones(len(power))
    while True:
        # Repeated squaring of a matrix without negative entries: each component keeps its relative accuracy.
        power = power @ power
        power /= power.max()
        new = power.sum(axis=1)
        new /= new.max()
        if np.allclose(new, vector, rtol=1e-13, atol=0.0):
            return _quotes(dealer, np.log(new))
        vector = new


def glft_asymptotic(dealer: ExponentialDealer) -> Quotes:
    """The closed-form approximation far from the end.

    base + (1 +- 2 q)/2 sqrt( sigma^2 gamma / (2 k A) (1 + gamma/k)^(1 + k/gamma) ), + for the bid, - for the ask.
    """
    q = dealer.inventories
    growth = math.exp((1.0 + dealer.decay / dealer.gamma) * math.log1p(dealer.gamma / dealer.decay))
    slope = math.sqrt(dealer.sigma**2 * dealer.gamma / (2.0 * dealer.decay * dealer.arrival) * growth)
    return Quotes(q, bid=dealer.base + (1 + 2 * q) / 2.0 * slope, ask=dealer.base + (1 - 2 * q) / 2.0 * slope)
