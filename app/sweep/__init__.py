"""`catallaxy sweep`: the same episodes of a market in every cell of a grid, or of a design of one's own."""

from .design import Cell, DesignError, grid, read_design
from .run import Failure, Sweep

__all__ = ["Cell", "DesignError", "Failure", "Sweep", "grid", "read_design"]
