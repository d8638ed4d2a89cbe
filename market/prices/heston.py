"""Reference prices whose volatility moves."""

from math import exp, log, sqrt
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt
from attrs import validators

from .path import BP, PricePath, grid

Floats = npt.NDArray[np.float64]
_SWITCH = 1.5
"""psi above which Andersen's scheme draws the variance from a point mass at zero and an exponential."""


@attrs.frozen
class StochasticVolatilityPrice:
    """Heston's model: dS / S = sqrt(v) dW, dv = rate (mean^2 - v) dt + vol_of_vol sqrt(v) dZ, d<W, Z> = correlation dt
    (S. Heston, "A closed-form solution for options with stochastic volatility", Rev. Financial Studies 6, 1993).

    Drawn by the quadratic-exponential scheme with martingale correction (L. Andersen, "Simple and efficient simulation
    of the Heston stochastic volatility model", J. Computational Finance 11, 2008): the variance's conditional mean and
    variance are exact over any step, its law and the price's are approximate, the price is a martingale.

    Attributes:
        start: price at time 0.
        volatility: sqrt(v) at time 0, bp per square root of a minute.
        mean: sqrt of the variance's long-term mean, bp per square root of a minute.
        rate: at which the variance returns to its mean, per minute; a deviation halves in log(2) / rate minutes.
        vol_of_vol: bp per minute. Below sqrt(2 rate) mean (Feller's condition) the variance never reaches zero.
        correlation: of the price's and the variance's moves, in [-1, 1].
        kind: what scenario files call it.
    """

    start: float = attrs.field(default=1.1, validator=validators.gt(0.0))
    volatility: float = attrs.field(default=50.0 / 1440.0**0.5, validator=validators.ge(0.0))
    mean: float = attrs.field(default=50.0 / 1440.0**0.5, validator=validators.gt(0.0))
    rate: float = attrs.field(default=1.0 / 60.0, validator=validators.gt(0.0))
    vol_of_vol: float = attrs.field(default=0.2, validator=validators.gt(0.0))
    correlation: float = attrs.field(default=0.0, validator=[validators.ge(-1.0), validators.le(1.0)])
    kind: Literal["stochastic-volatility"] = "stochastic-volatility"

    def sample(self, rng: np.random.Generator, horizon: float, step: float) -> PricePath:
        """Draw a path."""
        return self.draw(rng, horizon, step)[0]

    def draw(self, rng: np.random.Generator, horizon: float, step: float) -> tuple[PricePath, Floats]:
        """Draw a path, and the variance at each of its times, bp^2 per minute."""
        times = grid(horizon, step)
        steps = len(times) - 1
        variance, correction = self._variances(rng, steps, step)
        k1, k3 = self._weights(step)
        here, there = variance[:-1], variance[1:]
        moves = correction + k1[0] * here + k1[1] * there
        moves += np.sqrt(k3 * (here + there)) * rng.standard_normal(steps)
        path = self.start * np.exp(np.concatenate(([0.0], np.cumsum(moves))))
        return PricePath(times, path), variance

    def _weights(self, step: float) -> tuple[tuple[float, float], float]:
        """Andersen's K1 and K2, and K3 = K4, for variances in bp^2 per minute, with gamma1 = gamma2 = 1/2."""
        ratio = self.correlation / (self.vol_of_vol * BP)
        inner = 0.5 * step * (self.rate * ratio - 0.5)
        return ((inner - ratio) * BP**2, (inner + ratio) * BP**2), 0.5 * step * (1.0 - self.correlation**2) * BP**2

    def _variances(self, rng: np.random.Generator, steps: int, step: float) -> tuple[Floats, Floats]:
        """The variance at each time, shape (steps + 1,), and the price's martingale correction K0*, shape (steps,)."""
        decay, level = exp(-self.rate * step), self.mean**2
        spread = self.vol_of_vol**2 * (1.0 - decay) / self.rate
        carried, constant = spread * decay, 0.5 * level * spread * (1.0 - decay)
        (k1, k2), k3 = self._weights(step)
        a = k2 + 0.5 * k3
        v, values, corrections = self.volatility**2, [self.volatility**2], []
        normals, uniforms = rng.standard_normal(steps).tolist(), rng.random(steps).tolist()
        for normal, uniform in zip(normals, uniforms, strict=True):
            m = level + (v - level) * decay
            psi = (carried * v + constant) / (m * m)
            here = v
            if psi <= _SWITCH:
                inverse = 2.0 / psi
                b2 = inverse - 1.0 + sqrt(inverse * (inverse - 1.0))
                scale = m / (1.0 + b2)
                v = scale * (sqrt(b2) + normal) ** 2
                room = 1.0 - 2.0 * a * scale
                expected = a * b2 * scale / room - 0.5 * log(room)
            else:
                p = (psi - 1.0) / (psi + 1.0)
                beta = (1.0 - p) / m
                v = 0.0 if uniform <= p else log((1.0 - p) / (1.0 - uniform)) / beta
                expected = log(p + beta * (1.0 - p) / (beta - a))
            values.append(v)
            corrections.append(-expected - (k1 + 0.5 * k3) * here)
        return np.array(values), np.array(corrections)
