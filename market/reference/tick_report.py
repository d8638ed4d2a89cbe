"""The tick dealer's optimum and its yardsticks as plain values: what `catallaxy reference tick-dealer` writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from .tick_dealer import TickDealer, TickMeasures, TickPolicy
from .tick_yardsticks import Best, best_linear, yardstick


def tick_report(dealer: TickDealer, gammas: Sequence[float] | None = None) -> dict[str, Any]:
    """Solve an instance for some risk aversions, with the best fixed policy and the best linear skew.

    Args:
        dealer: the instance.
        gammas: 1/(bp MEUR); by default those of the instance. A few seconds each.

    Returns:
        Numbers, strings, lists and dicts; minutes, MEUR, bp. For each risk aversion: the measures of the optimum, its
        actions `s`, `u`, `h` by inventory, and the best of the simpler policies with `objective`, `score` (0 for the
        best fixed policy, 1 for the optimum) and parameters.
    """
    return {
        "units": {"price": "bp", "quantity": "MEUR", "time": "minutes", "objective": "MEUR bp per minute"},
        "dealer": attrs.asdict(dealer),
        "inventories": [int(q) for q in dealer.inventories],
        "types": [_type(dealer, gamma) for gamma in (dealer.gammas if gammas is None else gammas)],
    }


def _type(dealer: TickDealer, gamma: float) -> dict[str, Any]:
    found = yardstick(dealer, gamma)
    linear = best_linear(dealer, gamma)

    def simpler(best: Best) -> dict[str, Any]:
        return {"objective": best.objective, "score": found.score(best.objective), **best.parameters}

    return {
        "gamma": gamma,
        **_measures(found.optimum.measures),
        "policy": _actions(found.optimum.policy),
        "simpler_policies": {"fixed": simpler(found.fixed), "linear_skew_no_hedge": simpler(linear)},
    }


def _actions(policy: TickPolicy) -> dict[str, list[float]]:
    return {name: [float(x) for x in getattr(policy, name)] for name in ("s", "u", "h")}


def _measures(measures: TickMeasures) -> dict[str, float]:
    return {
        "objective": measures.objective,
        "spread_revenue": measures.revenue,
        "hedging_cost": measures.hedging_cost,
        "risk_cost": measures.risk_cost,
        "turnover": measures.turnover,
        "hedged_volume": measures.hedged,
        "inventory_sd": measures.inventory_sd,
    }
