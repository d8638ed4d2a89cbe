"""How much must be lived through to tell a slope from the optimum's, by whoever learns from what it earns?"""

from __future__ import annotations

import attrs
import numpy as np

from catallaxy.market.reference.fx_dealer import FxDealer, FxMeasures, FxPolicy, evaluate

MINUTES = 1440.0


def luck(dealer: FxDealer, policy: FxPolicy, measures: FxMeasures) -> float:
    """Standard deviation of what a policy earns, MEUR bp per square root of a day, that nothing foresees.

    What is earned, less its mean, plus the value of the inventory, is a martingale; its variance is that of the jumps
    of both together. So it is what is left of the luck to one who knows the value of every inventory, as the best
    possible critic does.
    """
    value, law = measures.value, measures.distribution
    variance = 0.0
    for k, (size, rate) in enumerate(zip(dealer.sizes, dealer.rates, strict=True)):
        jump = round(size / policy.step)
        low, high = slice(None, -jump), slice(jump, None)
        for n, tier in enumerate(dealer.tiers):
            for quotes, now, then in ((policy.bid, low, high), (policy.ask, high, low)):
                quote = quotes[n, k, now]
                earned = size * np.where(np.isfinite(quote), quote, 0.0) + value[then] - value[now]
                variance += float(np.sum(law[now] * rate * tier.probability(quote) * earned**2))
    return float(np.sqrt(variance))


def steeper(policy: FxPolicy, slope: float) -> FxPolicy:
    """The policy with quotes that lean by so much more, bp for each MEUR of inventory."""
    return attrs.evolve(policy, bid=policy.bid + slope * policy.grid, ask=policy.ask - slope * policy.grid)


def minutes_to_tell(dealer: FxDealer, policy: FxPolicy, slope: float) -> tuple[float, float]:
    """What a slope costs that is off by `slope`, and how long it takes to notice.

    Args:
        dealer: the market of one maker.
        policy: the optimum.
        slope: by how much quotes lean too little or too much, bp/MEUR.

    Returns:
        The smaller of the two losses, as a part of the objective; and the simulated minutes under each of two policies
        after which the means of what they have earned lie two standard errors of their difference apart.
    """
    best = evaluate(dealer, policy)
    off = min(best.objective - evaluate(dealer, steeper(policy, by)).objective for by in (-slope, slope))
    return off / best.objective, 2.0 * (2.0 * luck(dealer, policy, best) / off) ** 2 * MINUTES
