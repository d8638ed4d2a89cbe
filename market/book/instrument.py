"""What is traded on a book, and when."""

import attrs
from attrs import validators

from catallaxy.market.checks import positive

from .orders import SelfTrade


@attrs.frozen
class Instrument:
    """What is traded: EUR against USD by default, in ticks of about 0.1 bp and lots of 1 MEUR.

    Attributes:
        tick: USD per EUR; prices are whole multiples of it. A multiple of 10^-9.
        lot: MEUR; sizes are whole multiples of it. A multiple of 1 EUR.
        self_trade: what happens where an owner's orders would meet: "cancel-resting", "cancel-incoming", "cancel-both",
            "decrement" or "allow" (see :class:`SelfTrade`).
        levels: how many price levels of either side are published; 0: only the best.
    """

    tick: float = attrs.field(default=1e-5, validator=[positive, validators.ge(1e-9)])
    lot: float = attrs.field(default=1.0, validator=[positive, validators.ge(1e-6)])
    self_trade: str = attrs.field(
        default="cancel-resting", validator=validators.in_([policy.value for policy in SelfTrade])
    )
    levels: int = attrs.field(default=0, validator=validators.ge(0))

    def __attrs_post_init__(self) -> None:
        for name, unit, what in (("tick", 1e-9, "10^-9"), ("lot", 1e-6, "1 EUR")):
            units = getattr(self, name) / unit
            if abs(units - round(units)) > 1e-6 * units:
                raise ValueError(f"{name} is {getattr(self, name):g}, which is no multiple of {what}")

    def price(self, ticks: float) -> float:
        """So many ticks in USD per EUR."""
        return round(ticks * self.tick, 9)

    def ticks(self, price: float) -> float:
        """A price in ticks, not rounded."""
        return price / self.tick

    def quantity(self, lots: int) -> float:
        """So many lots in MEUR."""
        return lots * self.lot


@attrs.frozen
class Hours:
    """When the market is open, in minutes.

    Attributes:
        horizon: length of the session.
        settlement: time after the close in which nothing new is done and everything in flight arrives.
        tick: time between two values of the fundamental price.
    """

    horizon: float = attrs.field(default=60.0, validator=positive)
    settlement: float = attrs.field(default=1.0, validator=positive)
    tick: float = attrs.field(default=1.0 / 6.0, validator=positive)

    @property
    def duration(self) -> float:
        """How long a world must run: until the closing statements."""
        return self.horizon + self.settlement + 1e-6
