"""What an investor remembers of the prices that it has seen."""

from collections.abc import Sequence
from math import exp, log

from catallaxy.market.prices import BP


class PriceHistory:
    """Exponential averages of the logarithm of the price, fed whenever the investor looks.

    Args:
        opening: the price at the opening.
        windows: minutes over which each average forgets all but 1/e.
    """

    def __init__(self, opening: float, windows: Sequence[float]) -> None:
        self._opening = opening
        self._windows = windows
        self._averages = [0.0] * len(windows)
        self._seen_at, self._seen = 0.0, 0.0

    def see(self, now: float, price: float) -> None:
        """Note the price at time `now`; until then the last one held."""
        elapsed = now - self._seen_at
        for place, window in enumerate(self._windows):
            self._averages[place] += (1.0 - exp(-elapsed / window)) * (self._seen - self._averages[place])
        self._seen_at, self._seen = now, log(price / self._opening)

    def deviations(self, price: float) -> tuple[float, ...]:
        """How far `price` lies above the opening price, and above each average, bp."""
        place = log(price / self._opening)
        return (place / BP, *((place - average) / BP for average in self._averages))
