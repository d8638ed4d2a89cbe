"""Reference prices that jump."""

from math import exp, expm1
from typing import Literal

import attrs
import numpy as np
from attrs import validators

from .path import BP, PricePath, grid


@attrs.frozen
class JumpPrice:
    """Merton's jump diffusion: Brownian motion and, at Poisson times, Gaussian jumps of the logarithm; a martingale.

    d log S = (-sigma^2 / 2 - rate k) dt + sigma dW + J dN, J ~ N(jump_mean, jump_sd^2), k = E e^J - 1
    (R. Merton, "Option pricing when underlying stock returns are discontinuous", J. Financial Economics 3, 1976).
    The default has a jump of about 5 bp every two hours.

    Attributes:
        start: price at time 0.
        volatility: sigma, of the Brownian part, bp per square root of a minute.
        jump_rate: jumps a minute.
        jump_mean: bp.
        jump_sd: bp.
        kind: what scenario files call it.
    """

    start: float = attrs.field(default=1.1, validator=validators.gt(0.0))
    volatility: float = attrs.field(default=50.0 / 1440.0**0.5, validator=validators.ge(0.0))
    jump_rate: float = attrs.field(default=1.0 / 120.0, validator=validators.ge(0.0))
    jump_mean: float = 0.0
    jump_sd: float = attrs.field(default=5.0, validator=validators.ge(0.0))
    kind: Literal["jump"] = "jump"

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a path; exact at the grid's times whatever the step."""
        times = grid(horizon, step)
        steps = len(times) - 1
        sigma, mean, deviation = self.volatility * BP, self.jump_mean * BP, self.jump_sd * BP
        drift = -0.5 * sigma**2 - self.jump_rate * expm1(mean + 0.5 * deviation**2)
        diffusion = sigma * np.sqrt(step) * rng.standard_normal(steps)
        jumps = rng.poisson(self.jump_rate * step, steps)
        jumped = mean * jumps + deviation * np.sqrt(jumps) * rng.standard_normal(steps)
        log = np.concatenate(([0.0], np.cumsum(drift * step + diffusion + jumped)))
        return PricePath(times, self.start * np.exp(log))

    def log_moments(self, horizon: float) -> tuple[float, float, float]:
        """Mean (bp), variance (bp^2) and excess kurtosis of the logarithm's change over `horizon` minutes."""
        jumps, mean, var = self.jump_rate * horizon, self.jump_mean, self.jump_sd**2
        sigma = self.volatility * BP
        compensator = exp(mean * BP + 0.5 * var * BP**2) - 1.0
        variance = self.volatility**2 * horizon + jumps * (mean**2 + var)
        fourth = jumps * (mean**4 + 6.0 * mean**2 * var + 3.0 * var**2)
        drift = -0.5 * sigma**2 * horizon - jumps * compensator
        return drift / BP + jumps * mean, variance, fourth / variance**2 if variance > 0.0 else float("nan")
