"""Everything the FX-dealer reference knows, as plain values: what `catallaxy reference fx-dealer --json` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from .closed_form import ClosedFormSkew
from .fields import Array
from .fx_dealer import FxDealer, FxMeasures, FxPolicy
from .fx_solver import FxSolution, solve, solve_finite_horizon


def simpler_policies(dealer: FxDealer, step: float = 1.0) -> dict[str, FxSolution]:
    """The best policy that never hedges, and the best one that never skews, by name."""
    return {
        "no_hedge": solve(attrs.evolve(dealer, hedging="none"), step),
        "no_skew": solve(dealer, step, skew=False),
    }


def report(
    dealer: FxDealer, step: float = 1.0, inventories: Sequence[float] | None = None, *, finite: bool = False
) -> dict[str, Any]:
    """Solve the stationary problem and its simpler policies, and tabulate them for JSON.

    Args:
        dealer: the market.
        step: of the grid, MEUR.
        inventories: where quotes and hedging rates are listed, MEUR, on the grid; by default every few of them, evenly.
        finite: whether to solve the problem over the dealer's `horizon` too: key `finite_horizon`.

    Returns:
        Numbers, strings, lists and dicts; a missing quote is None. Units: bp, MEUR, days; times named `..._minutes`.

        - `quotes`: for each tier, `bid` and `ask` distances by size (rows) and inventory (columns), bp.
        - `spreads_at_flat`: bid plus ask distance of a flat dealer, by tier and size, bp.
        - `hedge_rates` (MEUR/day, positive buys) and `density` (per MEUR, stationary) by inventory.
        - `internalisation_threshold`: nothing is hedged within it, MEUR.
        - `objective` and what it is made of, MEUR bp per day; `turnover` and `hedged_volume`, MEUR per day;
          `inventory_sd`, MEUR; `risk_neutralisation_minutes`; see `FxMeasures`.
        - `simpler_policies`: the same measures for the best policy that never hedges and the best that never skews.

    Raises:
        ValueError: an inventory off the grid, or the errors of `solve`.
    """
    solution = solve(dealer, step)
    policy = solution.policy
    places = [policy.index(q) for q in (_evenly(policy.grid) if inventories is None else inventories)]
    closed = ClosedFormSkew(dealer.sizes, dealer.rates, dealer.tiers, dealer.sigma, dealer.gamma)
    return {
        "units": {"price": "bp", "quantity": "MEUR", "rate": "per day", "objective": "MEUR bp per day"},
        "dealer": attrs.asdict(dealer),
        "grid_step": step,
        "inventories": [float(policy.grid[i]) for i in places],
        **_policy(dealer, policy, places),
        "density": [float(p) / step for p in solution.measures.distribution[places]],
        **_measures(solution.measures),
        "simpler_policies": {name: _measures(s.measures) for name, s in simpler_policies(dealer, step).items()},
        "closed_form_skew": {
            "coefficient": closed.coefficient,
            "slope_by_tier": [closed.slope(n) for n in range(len(dealer.tiers))],
        },
        "price_pumping_gamma": dealer.pumping_gamma,
        **({"finite_horizon": _finite(dealer, step, places)} if finite else {}),
    }


def _policy(dealer: FxDealer, policy: FxPolicy, places: list[int]) -> dict[str, Any]:
    flat = policy.index(0.0)
    return {
        "quotes": [_ladder(dealer, policy, places, tier) for tier in range(len(dealer.tiers))],
        "spreads_at_flat": [
            [_number(b + a) for b, a in zip(policy.bid[n, :, flat], policy.ask[n, :, flat], strict=True)]
            for n in range(len(dealer.tiers))
        ],
        "hedge_rates": [float(policy.hedge[i]) for i in places],
        "internalisation_threshold": policy.internalisation_threshold,
    }


def _finite(dealer: FxDealer, step: float, places: list[int]) -> dict[str, Any]:
    """The policy at the opening, with all of the horizon to go, and what a flat dealer can expect of it, MEUR bp."""
    solved = solve_finite_horizon(dealer, step)
    return {
        "horizon": dealer.horizon,
        "value": float(solved.value[-1, len(solved.grid) // 2]),
        **_policy(dealer, solved.policy(), places),
    }


def _evenly(grid: Array) -> list[float]:
    """Multiples of 1, 2, 5, 10, ... steps, at least forty of them on a grid that is long enough."""
    half = len(grid) // 2
    stride = max(a * 10**b for b in range(7) for a in (1, 2, 5) if a * 10**b <= max(1, half // 20))
    return [float(q) for q in grid[half % stride :: stride]]


def _ladder(dealer: FxDealer, policy: FxPolicy, places: list[int], tier: int) -> dict[str, Any]:
    def listed(table: Array) -> list[list[float | None]]:
        return [[_number(x) for x in row[places]] for row in table]

    return {
        "tier": tier + 1,
        "alpha": dealer.tiers[tier].alpha,
        "beta": dealer.tiers[tier].beta,
        "sizes": list(dealer.sizes),
        "bid": listed(policy.bid[tier]),
        "ask": listed(policy.ask[tier]),
    }


def _measures(measures: FxMeasures) -> dict[str, float | None]:
    found = {
        "objective": measures.objective,
        "spread_revenue": measures.revenue,
        "hedging_cost": measures.hedging_cost,
        "impact_gain": measures.impact_gain,
        "risk_cost": measures.risk_cost,
        "turnover": measures.turnover,
        "hedged_volume": measures.hedged,
        "internalisation_ratio": measures.internalisation,
        "inventory_sd": measures.inventory_sd,
        "risk_neutralisation_minutes": measures.risk_neutralisation_time,
        "holding_minutes": measures.holding_time,
    }
    return {name: _number(value) for name, value in found.items()}


def _number(value: float) -> float | None:
    """For JSON, which knows no infinity."""
    return float(value) if np.isfinite(value) else None
