"""The closed-form skew beside the HJB optimum without hedging: what `catallaxy reference closed-form-skew` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from .closed_form import ClosedFormSkew
from .fx_dealer import FxDealer
from .fx_solver import solve


def closed_form_report(
    dealer: FxDealer, inventories: Sequence[float] | None = None, step: float = 1.0
) -> dict[str, Any]:
    """Quotes and slopes in closed form, and those of the exact optimum of a dealer who never hedges.

    Args:
        dealer: the market; its hedging plays no part.
        inventories: MEUR, on the grid; by default -40, -35, ..., 40, as far as they go.
        step: of the grid of the exact optimum, MEUR.

    Returns:
        Numbers, strings, lists and dicts; bp and MEUR. For each tier: `slope` in closed form, `exact_slope` (of the
        optimum's smallest-size quotes between -5 and 5 MEUR or the nearest grid points), and `bid`, `ask`, `exact_bid`,
        `exact_ask` by size and inventory.

    Raises:
        ValueError: an inventory off the grid.
    """
    alone = attrs.evolve(dealer, hedging="none")
    closed = ClosedFormSkew(dealer.sizes, dealer.rates, dealer.tiers, dealer.sigma, dealer.gamma)
    policy = solve(alone, step).policy
    usual = [float(q) for q in range(-40, 41, 5) if abs(q) <= dealer.limit and q % step == 0.0]
    chosen = usual if inventories is None else [float(q) for q in inventories]
    places = [policy.index(q) for q in chosen]
    reach = max(round(5.0 / step), 1)
    flat = policy.index(0.0)

    def tier(n: int) -> dict[str, Any]:
        rise = policy.bid[n, 0, flat + reach] - policy.bid[n, 0, flat - reach]
        exact = {
            name: [[float(x) if np.isfinite(x) else None for x in row[places]] for row in table[n]]
            for name, table in (("exact_bid", policy.bid), ("exact_ask", policy.ask))
        }
        return {
            "tier": n + 1,
            "slope": closed.slope(n),
            "exact_slope": float(rise) / (2.0 * reach * step),
            "bid": [[float(x) for x in closed.bid(chosen, size, n)] for size in dealer.sizes],
            "ask": [[float(x) for x in closed.ask(chosen, size, n)] for size in dealer.sizes],
            **exact,
        }

    return {
        "units": {"price": "bp", "quantity": "MEUR", "rate": "per day"},
        "dealer": attrs.asdict(alone),
        "coefficient": closed.coefficient,
        "sizes": list(dealer.sizes),
        "inventories": chosen,
        "tiers": [tier(n) for n in range(len(dealer.tiers))],
    }
