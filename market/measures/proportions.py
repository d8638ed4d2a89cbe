"""Probabilities from counts, and how they fall with a price: Wilson's interval and the logistic fit."""

from __future__ import annotations

from math import sqrt

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

NORMAL = 1.959963984540054
"""97.5 % quantile of the standard normal."""

_ROUNDS = 60


def wilson(successes: npt.ArrayLike, trials: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Wilson's 95 % interval of a probability: (low, high), each of the common shape; NaN without trials.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    """
    k, n = np.broadcast_arrays(np.asarray(successes, np.float64), np.asarray(trials, np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        p, z = k / n, NORMAL
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    low, high = np.where(k == 0, 0.0, centre - reach), np.where(k == n, 1.0, centre + reach)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


@attrs.frozen
class LogisticFit:
    """Maximum-likelihood fit of P(yes at x) = 1 / (1 + exp(alpha + beta x)).

    Attributes:
        alpha, beta: the estimates.
        alpha_error, beta_error: standard errors, from the observed information.
        covariance: of the two estimates.
        observations: how many.
        log_likelihood: at the estimates.
    """

    alpha: float
    beta: float
    alpha_error: float
    beta_error: float
    covariance: float
    observations: int
    log_likelihood: float

    def probability(self, x: npt.ArrayLike) -> Floats:
        """The fitted probability, any shape."""
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(self.alpha + self.beta * np.asarray(x), -700.0, 700.0))))

    def interval(self, name: str) -> tuple[float, float]:
        """95 % interval of `alpha` or `beta`."""
        value, error = float(getattr(self, name)), float(getattr(self, f"{name}_error"))
        return value - NORMAL * error, value + NORMAL * error


def fit_logistic(x: npt.ArrayLike, yes: npt.ArrayLike) -> LogisticFit:
    """Fit by Newton's method, with steps halved while the likelihood falls.

    Args:
        x: shape (observations,).
        yes: truth values, shape (observations,).

    Raises:
        ValueError: the answers are all alike, or separated by some x: the likelihood has no maximum then.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(yes, dtype=np.float64)
    if len(x) == 0 or y.min() == y.max():
        raise ValueError(f"a curve can't be fitted to {len(x)} answers that are all alike")
    if max(x[y > 0].min(), x[y == 0].min()) >= min(x[y > 0].max(), x[y == 0].max()):
        raise ValueError(f"a curve can't be fitted to {len(x)} answers that some x separates: its slope is unbounded")
    centre, scale = float(x.mean()), float(x.std())
    rows = np.stack([np.ones_like(x), (x - centre) / scale], axis=1)
    theta = np.array([np.log((1.0 - y.mean()) / y.mean()), 0.0])
    likelihood = _likelihood(rows @ theta, y)
    for _ in range(_ROUNDS):
        p = 1.0 / (1.0 + np.exp(rows @ theta))
        gradient = rows.T @ (p - y)
        information = (rows * (p * (1.0 - p))[:, None]).T @ rows
        step = np.linalg.solve(information, gradient)
        while (new := _likelihood(rows @ (theta + step), y)) < likelihood - 1e-9:
            step *= 0.5
        theta, likelihood = theta + step, new
        if np.abs(step).max() < 1e-10:
            break
    back = np.array([[1.0, -centre / scale], [0.0, 1.0 / scale]])
    alpha, beta = back @ theta
    covariance = back @ np.linalg.inv(information) @ back.T
    return LogisticFit(
        alpha=float(alpha),
        beta=float(beta),
        alpha_error=sqrt(covariance[0, 0]),
        beta_error=sqrt(covariance[1, 1]),
        covariance=float(covariance[0, 1]),
        observations=len(x),
        log_likelihood=float(likelihood),
    )


def _likelihood(logits: Floats, y: Floats) -> float:
    """Of the answers, when P(yes) = 1 / (1 + e^logit)."""
    return float(-(np.logaddexp(0.0, logits) - (1.0 - y) * logits).sum())


CURVE = pa.schema(
    [
        ("x", pa.float64()),
        ("trials", pa.int64()),
        ("yes", pa.int64()),
        ("probability", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)


def curve(x: npt.ArrayLike, yes: npt.ArrayLike, bins: int = 12) -> pa.Table:
    """Frequency of yes by x, in bins of about as many observations each, with Wilson's intervals.

    Args:
        x: shape (observations,).
        yes: truth values, shape (observations,).
        bins: how many at most; equal x are never parted.

    Returns:
        `x` (the bin's mean), `trials`, `yes`, `probability`, `low`, `high`.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(yes, dtype=np.bool_)
    if not len(x):
        return CURVE.empty_table()
    edges = np.unique(np.quantile(x, np.linspace(0.0, 1.0, bins + 1)[1:-1])) if bins > 1 else np.zeros(0)
    place = np.searchsorted(edges, x, side="left")
    trials = np.bincount(place, minlength=len(edges) + 1)
    hits = np.bincount(place, weights=y, minlength=len(edges) + 1)
    sums = np.bincount(place, weights=x, minlength=len(edges) + 1)
    some = trials > 0
    trials, hits, sums = trials[some], hits[some], sums[some]
    low, high = wilson(hits, trials)
    columns = [sums / trials, trials, hits.astype(np.int64), hits / trials, low, high]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=CURVE)
