"""What hedging on the exchange costs, and how it moves the price.

Two rules, told apart by `kind` in scenario files:

- `quadratic` (:class:`ExchangeCosts`): Barzykin, Bergault, Gueant (2112.02269) for hedging at a rate, the same with a
  quadratic cost of size for hedges at once;
- `curve` (:class:`CurveCosts`): an exchange whose depth ends (Ganesh et al., "Reinforcement learning for market making
  in a multi-agent dealer market", 2019).

Distances are in bp of the reference price, quantities in MEUR, times in minutes.
"""

from typing import Literal, Protocol

import attrs
from attrs import validators

from catallaxy.agents import Distribution, Normal
from catallaxy.engine import Stream
from catallaxy.market.checks import as_distribution, not_negative, positive, within


class HedgingCosts(Protocol):
    """What the exchange asks of a cost rule."""

    @property
    def impact(self) -> float:
        """k, bp by which the reference price moves for good with each MEUR bought."""

    @property
    def lot(self) -> float:
        """MEUR; makers round their hedges to multiples of it."""

    @property
    def largest(self) -> float:
        """MEUR that can be traded at once; infinite if there is no limit."""

    def half_spread(self, rng: Stream) -> float:
        """What the smallest hedge costs until the next tick, bp; random rules draw it from `rng`."""

    def distance(self, half_spread: float, size: float, over: float) -> float:
        """How far from the reference price `size` > 0 MEUR are traded, bp; `over` minutes, 0 for at once."""


@attrs.frozen
class ExchangeCosts:
    """A hedge of x MEUR at once costs linear |x| + quadratic x^2 (MEUR bp); hedging at a rate of v MEUR a minute costs
    linear |v| + rate_quadratic v^2 (MEUR bp a minute) and moves the reference price by impact v (bp a minute).

    With the paper's values for EUR/USD, phi = 0.1 bp, eta = 1e-5 bp day/MEUR = 0.0144 bp minute/MEUR and
    k = 5e-3 bp/MEUR: `linear = 0.1`, `rate_quadratic = 0.0144`, `impact = 5e-3`.

    Attributes:
        linear: phi, bp.
        quadratic: of a hedge at once, bp per MEUR.
        rate_quadratic: eta, of a hedge worked over a time, bp minute/MEUR.
        impact: k, bp per MEUR; for good, whether at once or at a rate.
        lot: MEUR; hedges are rounded to multiples of it. Hedging at a rate needs a small one.
        kind: what scenario files call this rule.
    """

    linear: float = attrs.field(default=0.1, validator=not_negative)
    quadratic: float = attrs.field(default=0.01, validator=not_negative)
    rate_quadratic: float = attrs.field(default=0.0144, validator=not_negative)
    impact: float = attrs.field(default=0.0, validator=not_negative)
    lot: float = attrs.field(default=1.0, validator=positive)
    kind: Literal["quadratic"] = "quadratic"

    @property
    def largest(self) -> float:
        """No limit."""
        return float("inf")

    def half_spread(self, rng: Stream) -> float:
        """The linear cost; nothing is drawn."""
        return self.linear

    def distance(self, half_spread: float, size: float, over: float) -> float:
        """Cost per MEUR: half_spread + quadratic x at once, half_spread + rate_quadratic x / over at a rate."""
        slope = self.quadratic if over <= 0.0 else self.rate_quadratic / over
        return half_spread + slope * size


@attrs.frozen
class CurveCosts:
    """An exchange with `volume` MEUR on either side, the cheaper the nearer to the reference price.

    A hedge of x MEUR costs, per MEUR and with u = x / volume (Ganesh et al. 2019):

        S(x) = (s0 / 2) (omega / u) (1 - (1 - u)^(1 / omega)),   omega = (lam - 1) / (lam - 2),   S(0) = s0 / 2.

    s0 is the exchange's whole spread. It is drawn anew with each tick: how often is our choice. A hedge worked over a
    time costs the sum of its slices, each as if at once: the exchange refills between them.

    Attributes:
        spread: s0, bp.
        volume: MEUR on either side.
        lam: shape, in (1, 2); the larger, the more of the volume lies far away.
        depth: the part of the volume that can be had at once; near all of it the cost grows without bound.
        impact, lot, kind: as of :class:`ExchangeCosts`.
    """

    spread: Distribution = attrs.field(
        default=Normal(1.5, 0.5, 0.2, 5.0), converter=as_distribution, validator=within(0.0, float("inf"))
    )
    volume: float = attrs.field(default=100.0, validator=positive)
    lam: float = attrs.field(default=1.6, validator=[validators.gt(1.0), validators.lt(2.0)])
    depth: float = attrs.field(default=0.9, validator=[validators.gt(0.0), validators.lt(1.0)])
    impact: float = attrs.field(default=0.0, validator=not_negative)
    lot: float = attrs.field(default=1.0, validator=positive)
    kind: Literal["curve"] = "curve"

    @property
    def largest(self) -> float:
        """Depth x volume."""
        return self.depth * self.volume

    def half_spread(self, rng: Stream) -> float:
        """S(0) until the next tick."""
        return 0.5 * self.spread.draw(rng)

    def distance(self, half_spread: float, size: float, over: float) -> float:
        """S(x)."""
        u = size / self.volume
        omega = (self.lam - 1.0) / (self.lam - 2.0)
        if u < 1e-6:  # the limit, where the formula would divide rounding errors: 1 + (1 - 1 / omega) u / 2
            return half_spread * (1.0 + 0.5 * (1.0 - 1.0 / omega) * u)
        return half_spread * (omega / u) * (1.0 - float((1.0 - u) ** (1.0 / omega)))


def reducing(quantity: float, inventory: float) -> float:
    """The part of a hedge that only reduces the inventory: the guard against pumping the price.

    With permanent impact and no charge at the end, buying while long raises the value of what is held by k q for each
    MEUR bought, which may exceed what the hedge costs; clients' trades, which carry no impact in this market, would
    then take the position off at the raised price. A maker that may only reduce its inventory can't do that.

    Args:
        quantity: MEUR to be bought, negative to be sold.
        inventory: MEUR, with hedges that are under way counted as done.
    """
    if inventory > 0.0:
        return max(min(quantity, 0.0), -inventory)
    return min(max(quantity, 0.0), -inventory)
