"""Reference prices: simulated (Brownian, mean-reverting, jumps, stochastic volatility) and historical (bars filled by
Brownian bridges, ticks).
"""

from .bars import Bars, BarsError, read_bars
from .files import PriceFileError
from .heston import StochasticVolatilityPrice
from .historical import HistoricalPrice
from .jumps import JumpPrice
from .path import BP, PriceModel, PricePath
from .simulated import BrownianPrice, MeanRevertingPrice
from .ticks import TickPrice, Ticks, TicksError, read_ticks

Price = BrownianPrice | MeanRevertingPrice | JumpPrice | StochasticVolatilityPrice | HistoricalPrice | TickPrice
"""Every kind of reference price that a scenario file can name by its `kind`."""

__all__ = [
    "BP",
    "Bars",
    "BarsError",
    "BrownianPrice",
    "HistoricalPrice",
    "JumpPrice",
    "MeanRevertingPrice",
    "Price",
    "PriceFileError",
    "PriceModel",
    "PricePath",
    "StochasticVolatilityPrice",
    "TickPrice",
    "Ticks",
    "TicksError",
    "read_bars",
    "read_ticks",
]
