"""Avellaneda-Stoikov and GLFT as plain values: what `catallaxy reference avellaneda-stoikov` and `glft` write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from .avellaneda import ExponentialDealer, Quotes, avellaneda_stoikov, glft, glft_asymptotic, glft_stationary

_UNITS = {"price": "as sigma's", "quantity": "one trade", "time": "as the horizon's"}


def avellaneda_stoikov_report(
    dealer: ExponentialDealer, remaining: float | None = None, inventories: Sequence[int] | None = None
) -> dict[str, Any]:
    """Quotes, reservation prices and spread with `remaining` time to go (by default all of the horizon).

    Args:
        dealer: the market.
        remaining: T - t.
        inventories: which to list; by default all up to the limit.

    Returns:
        Numbers, strings, lists and dicts. `reservation` is by inventory, relative to the price; `bid` and `ask` are
        distances from the price; `mean_spread` is the spread's mean over the session.

    Raises:
        ValueError: an inventory beyond the limit.
    """
    left = dealer.horizon if remaining is None else remaining
    places = _places(dealer, inventories)
    quotes = avellaneda_stoikov(dealer, left)
    middle = 0.5 * (quotes.ask - quotes.bid)
    spread = float(quotes.bid[0] + quotes.ask[0])
    half_way = avellaneda_stoikov(dealer, 0.5 * dealer.horizon)  # the spread is linear in the time that remains
    return {
        "units": _UNITS,
        "dealer": attrs.asdict(dealer),
        "remaining": left,
        "inventories": [int(quotes.inventories[i]) for i in places],
        "reservation": [float(middle[i]) for i in places],
        **_sides(quotes, places),
        "spread": spread,
        "mean_spread": float(half_way.bid[0] + half_way.ask[0]),
    }


def glft_report(
    dealer: ExponentialDealer, remaining: float | None = None, inventories: Sequence[int] | None = None
) -> dict[str, Any]:
    """Exact quotes, stationary ones and the asymptotic formula's, side by side.

    Args:
        dealer: the market.
        remaining: T - t of the exact quotes, by default all of the horizon.
        inventories: which to list; by default all up to the limit.

    Returns:
        Numbers, strings, lists and dicts; `exact`, `stationary` and `asymptotic` hold `bid` and `ask` distances by
        inventory (None where the limit forbids a side); `asymptotic_error` is the largest difference between the
        stationary quotes and the formula's at the inventories from -5 to 5.

    Raises:
        ValueError: an inventory beyond the limit, or a limit so wide that values underflow.
    """
    left = dealer.horizon if remaining is None else remaining
    places = _places(dealer, inventories)
    with np.errstate(divide="ignore", invalid="ignore"):
        stationary, exact = glft_stationary(dealer), glft(dealer, left)
    if np.isnan([stationary.bid, stationary.ask, exact.bid, exact.ask]).any():
        raise ValueError(
            f"limit = {dealer.limit}: so far from flat the value is too small for a float; lower the limit"
        )
    formula = glft_asymptotic(dealer)
    near = np.abs(dealer.inventories) <= min(5, dealer.limit - 1)
    error = max(float(np.abs(getattr(stationary, s) - getattr(formula, s))[near].max()) for s in ("bid", "ask"))
    flat = dealer.limit
    return {
        "units": _UNITS,
        "dealer": attrs.asdict(dealer),
        "remaining": left,
        "inventories": [int(dealer.inventories[i]) for i in places],
        "exact": _sides(exact, places),
        "stationary": _sides(stationary, places),
        "asymptotic": _sides(formula, places),
        "spread": float(stationary.bid[flat] + stationary.ask[flat]),
        "asymptotic_error": error,
    }


def _places(dealer: ExponentialDealer, inventories: Sequence[int] | None) -> list[int]:
    chosen = [int(q) for q in dealer.inventories] if inventories is None else list(inventories)
    for q in chosen:
        if abs(q) > dealer.limit:
            raise ValueError(f"inventory = {q}: beyond the limit of {dealer.limit}")
    return [q + dealer.limit for q in chosen]


def _sides(quotes: Quotes, places: list[int]) -> dict[str, list[float | None]]:
    return {
        side: [float(x) if np.isfinite(x) else None for x in getattr(quotes, side)[places]] for side in ("bid", "ask")
    }
