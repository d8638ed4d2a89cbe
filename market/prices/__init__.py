"""Reference prices: simulated (Brownian, mean-reverting) and historical (bars filled by Brownian bridges)."""

from .bars import Bars, BarsError, read_bars
from .historical import HistoricalPrice
from .path import BP, PriceModel, PricePath
from .simulated import BrownianPrice, MeanRevertingPrice

Price = BrownianPrice | MeanRevertingPrice | HistoricalPrice
"""Every kind of reference price that a scenario file can name by its `kind`."""

__all__ = [
    "BP",
    "Bars",
    "BarsError",
    "BrownianPrice",
    "HistoricalPrice",
    "MeanRevertingPrice",
    "Price",
    "PriceModel",
    "PricePath",
    "read_bars",
]
