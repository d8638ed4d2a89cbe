"""What every reference price offers: a path on a regular grid of times."""

from typing import Protocol

import attrs
import numpy as np
import numpy.typing as npt

BP = 1e-4
"""One basis point as a fraction."""


@attrs.frozen(eq=False)
class PricePath:
    """A reference price on a regular grid.

    Attributes:
        times: minutes since the episode's start, shape (n,), 0, step, 2 step, ...
        prices: price at each time, shape (n,), positive and finite; it holds until the next time.
        origin: where the path was taken from (the first bar's time stamp for historical bars), else empty.
    """

    times: npt.NDArray[np.float64]
    prices: npt.NDArray[np.float64]
    origin: str = ""

    def at(self, time: float) -> float:
        """The price that holds at `time` (minutes); before the first time the first price holds."""
        return float(self.prices[max(int(np.searchsorted(self.times, time, side="right")) - 1, 0)])


class PriceModel(Protocol):
    """What draws reference prices: a law that can be sampled any number of times."""

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a path over [0, horizon] minutes at steps of `step` minutes; the last is not before `horizon`."""
        ...


def grid(horizon: float, step: float) -> npt.NDArray[np.float64]:
    """Times 0, step, ..., up to the first at or past `horizon`.

    Raises:
        ValueError: when `horizon` or `step` is not a positive finite number.
    """
    for name, value in (("horizon", horizon), ("step", step)):
        if not (np.isfinite(value) and value > 0.0):
            raise ValueError(f"{name} of a price path must be a positive number of minutes, got {value!r}")
    count = int(np.ceil(horizon / step - 1e-9))
    return np.arange(count + 1, dtype=np.float64) * step
