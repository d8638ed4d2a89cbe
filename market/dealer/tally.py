"""What a maker has done in an episode, counted while it happens."""

from math import nan

import attrs


@attrs.define
class Tally:
    """Running sums of one maker over one episode; :mod:`.measures` finds the same numbers in the log.

    Attributes:
        inventory: MEUR, now.
        risk_price: (gamma / 2) sigma^2, bp per MEUR and minute: what a squared unit of inventory costs.
        spread_revenue: MEUR bp.
        hedging_cost: MEUR bp.
        impact: MEUR bp that the inventory gained by what its own hedges did to the price; mostly negative.
        volume: MEUR traded with clients.
        hedged: MEUR traded with the exchange.
        trades: number of trades with clients.
        squares: integral of the squared inventory over the session, MEUR^2 minutes.
        decisions, sum_q, sum_qq, sum_m, sum_qm, sum_s: number of decisions, and sums over them of inventory q, q^2,
            the quotes' middle m, q m and half-spread s.
        closed: whether the session is over.
    """

    inventory: float
    risk_price: float
    spread_revenue: float = 0.0
    hedging_cost: float = 0.0
    impact: float = 0.0
    volume: float = 0.0
    hedged: float = 0.0
    trades: int = 0
    squares: float = 0.0
    decisions: int = 0
    sum_q: float = 0.0
    sum_qq: float = 0.0
    sum_m: float = 0.0
    sum_qm: float = 0.0
    sum_s: float = 0.0
    closed: bool = False
    _since: float = 0.0

    @property
    def risk_rate(self) -> float:
        """Cost of holding the present inventory, MEUR bp per minute."""
        return self.risk_price * self.inventory**2

    @property
    def risk_cost(self) -> float:
        """Cost of the inventory held so far, MEUR bp."""
        return self.risk_price * self.squares

    @property
    def objective(self) -> float:
        """What the maker maximises, undiscounted, MEUR bp."""
        return self.spread_revenue - self.hedging_cost + self.impact - self.risk_cost

    @property
    def skew_slope(self) -> float:
        """By how many bp the middle of its quotes falls for each MEUR of inventory: least squares over its decisions.

        NaN if the inventory was always the same.
        """
        spread = self.decisions * self.sum_qq - self.sum_q**2
        return (self.sum_q * self.sum_m - self.decisions * self.sum_qm) / spread if spread > 1e-9 else nan

    def decided(self, inventory: float, half_spread: float, middle: float) -> None:
        """Count a decision."""
        self.decisions += 1
        self.sum_q += inventory
        self.sum_qq += inventory * inventory
        self.sum_m += middle
        self.sum_qm += inventory * middle
        self.sum_s += half_spread

    def traded(self, now: float, change: float, inventory: float, revenue: float, *, hedge: bool) -> None:
        """Count a trade that changed the inventory by `change` to `inventory`."""
        if not self.closed:
            self.squares += self.inventory**2 * (now - self._since)
            self._since = now
        self.inventory = inventory
        if hedge:
            self.hedged += abs(change)
            self.hedging_cost -= revenue
        else:
            self.trades += 1
            self.volume += abs(change)
            self.spread_revenue += revenue

    def close(self, now: float) -> None:
        """The session is over: inventory held from here on costs nothing."""
        self.squares += self.inventory**2 * (now - self._since)
        self.closed = True
