"""Gaussian processes that Bayesian optimisation needs, lean enough to be conditioned anew for every proposal.

Rasmussen and Williams (2006), chapters 2, 4 and 5; draws by pathwise conditioning (Wilson et al., 2020).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt
import torch

from catallaxy.engine import Stream

Floats = npt.NDArray[np.float64]

BROAD = 3.0
"""Prior standard deviation of the constant, in units of the values."""
LENGTH, SIGNAL, NOISE = (0.7, 0.8), (0.7, 1.0), (0.3, 1.5)
"""Log-normal priors of lengths (times the root of d), signal and noise: median, and standard deviation of the log."""
WIDEST = 5.0
"""How many of these standard deviations a log may lie from its median."""
FEATURES = 64
"""Random Fourier features of a draw from the prior."""
JITTER = 1e-6
"""Variance added to every pair's, for a factor that exists."""
DESCENT = 25
"""L-BFGS steps of a fit."""


@attrs.frozen(eq=False)
class GaussianProcess:
    """One Gaussian process for each of m values of a point, independent of one another: a trend and a Matern 5/2 part.

    Attributes:
        points: where values were seen, shape (n, d).
        logs: of each value's d lengths, its signal's and its noise's standard deviation, shape (m, d + 2).
        factor: lower Cholesky factors of the covariance of what was seen, shape (m, n, n).
        seen: the values, shape (m, n).
        weights: what a pair's noise variance is divided by, shape (n,).
        slope: prior standard deviation of the trend's slopes; 0 leaves a constant.
    """

    points: torch.Tensor
    logs: torch.Tensor
    factor: torch.Tensor
    seen: torch.Tensor
    weights: torch.Tensor
    slope: float

    @classmethod
    def given(cls, points: Floats, values: Floats, weights: Floats, logs: Floats, slope: float) -> GaussianProcess:
        """The posterior given values, shape (n, m), at points, shape (n, d), with `fit`'s logs."""
        x, y, w, theta = (torch.from_numpy(np.ascontiguousarray(part)) for part in (points, values.T, weights, logs))
        return cls(x, theta, torch.linalg.cholesky(_seen_covariance(x, w, theta, slope)), y, w, slope)

    def __call__(self, points: Floats) -> Floats:
        """Expected values, shape (..., m), at points, shape (..., d)."""
        flat = torch.from_numpy(points.reshape(-1, points.shape[-1]))
        mean = (_bumps(flat, self.points, self.logs) @ self._means[..., None])[..., 0].T
        mean += _trend(flat, self.slope) @ self._slopes(self._means).T
        return np.asarray(mean.numpy().reshape(*points.shape[:-1], -1), np.float64)

    def deviation(self, points: Floats) -> Floats:
        """Posterior standard deviation of the expected values, shape (..., m), at points, shape (..., d)."""
        flat = torch.from_numpy(points.reshape(-1, points.shape[-1]))
        cross = _covariance(flat, self.points, self.logs, self.slope).transpose(1, 2)
        known = torch.linalg.solve_triangular(self.factor, cross, upper=False).square().sum(1)
        prior = _trend(flat, self.slope).square().sum(1) + torch.exp(2.0 * self.logs[:, -2:-1])
        return np.asarray((prior - known).clamp_min(0.0).sqrt().T.numpy().reshape(*points.shape[:-1], -1), np.float64)

    def draw(self, count: int, rng: Stream) -> Callable[[Floats], Floats]:
        """Functions drawn from the posterior.

        Returns:
            What takes points, shape (count, c, d), or (1, c, d) for the same in all, to values, shape (count, c, m).
        """
        (n, size), m = self.points.shape, len(self.logs)

        def normal(*shape: int) -> torch.Tensor:
            return torch.from_numpy(rng.standard_normal((m, count, *shape)))

        frequencies = normal(size, FEATURES) / torch.exp(self.logs[:, None, :size, None])
        frequencies *= torch.from_numpy(np.sqrt(5.0 / rng.chisquare(5.0, (m, count, 1, FEATURES))))  # a Matern 5/2's
        phases = torch.from_numpy(rng.uniform(0.0, 2.0 * np.pi, (m, count, 1, FEATURES)))
        heights = normal(FEATURES, 1) * torch.exp(self.logs[:, -2, None, None, None]) * (2.0 / FEATURES) ** 0.5

        def waves(points: torch.Tensor) -> torch.Tensor:
            values: torch.Tensor = (points @ frequencies).add_(phases).cos_() @ heights  # (m, count, c, 1)
            return values[..., 0]

        slopes = normal(1 + size)
        noise = normal(n) * _noise(self.weights, self.logs).sqrt()[:, None]
        missing = self._solved(
            self.seen[:, None] - waves(self.points[None]) - slopes @ _trend(self.points, self.slope).T - noise
        )
        slopes = slopes + self._slopes(missing)

        def drawn(points: Floats) -> Floats:
            x = torch.from_numpy(points)
            bumps = _bumps(x.reshape(-1, size), self.points, self.logs).reshape(m, *x.shape[:2], n)
            values = (
                waves(x) + (_trend(x, self.slope) @ slopes[..., None])[..., 0] + (bumps @ missing[..., None])[..., 0]
            )
            return np.asarray(values.permute(1, 2, 0).numpy())

        return drawn

    @cached_property
    def _means(self) -> torch.Tensor:
        """What pairs weigh in an expected value, shape (m, n): solved for once, as a search asks for many."""
        return self._solved(self.seen)

    def _slopes(self, weights: torch.Tensor) -> torch.Tensor:
        """What weights of the pairs, shape (m, ..., n), say of the trend, shape (m, ..., 1 + d)."""
        return weights @ _trend(self.points, self.slope)

    def _solved(self, values: torch.Tensor) -> torch.Tensor:
        """The inverse covariance of what was seen times values, shape (m, n) or (m, k, n)."""
        columns = values.reshape(len(values), -1, values.shape[-1]).transpose(1, 2)
        return torch.cholesky_solve(columns, self.factor).transpose(1, 2).reshape(values.shape)


def fit(points: Floats, values: Floats, weights: Floats, slope: float, start: Floats | None = None) -> Floats:
    """The most probable lengths, signal and noise of each value, by L-BFGS.

    Args:
        points: in the unit cube, shape (n, d).
        values: in units of about one, shape (n, m).
        weights: what a pair's noise variance is divided by, shape (n,).
        slope: prior standard deviation of the trend's slopes.
        start: from where to descend; the priors' medians if None.

    Returns:
        Their logs, shape (m, d + 2), for `GaussianProcess.given`.
    """
    x, y, w = (torch.from_numpy(np.ascontiguousarray(part)) for part in (points, values.T, weights))
    size = points.shape[1]
    medians = torch.tensor([LENGTH[0] * size**0.5] * size + [SIGNAL[0], NOISE[0]], dtype=torch.float64).log()
    widths = torch.tensor([LENGTH[1]] * size + [SIGNAL[1], NOISE[1]], dtype=torch.float64)
    logs = medians.expand(len(y), -1).clone() if start is None else torch.from_numpy(start.copy())
    logs.requires_grad_(True)
    optimiser = torch.optim.LBFGS([logs], max_iter=DESCENT, tolerance_change=1e-4, line_search_fn="strong_wolfe")

    def inside(logs: torch.Tensor) -> torch.Tensor:
        """Within what the jitter is enough for, wherever a line search may look."""
        return torch.minimum(torch.maximum(logs, medians - WIDEST * widths), medians + WIDEST * widths)

    def negative() -> torch.Tensor:
        optimiser.zero_grad()
        factor = torch.linalg.cholesky(_seen_covariance(x, w, inside(logs), slope))
        half = torch.linalg.solve_triangular(factor, y[..., None], upper=False)
        determinant = factor.diagonal(dim1=1, dim2=2).log().sum()
        prior = 0.5 * ((logs - medians) / widths).square().sum()
        loss: torch.Tensor = 0.5 * half.square().sum() + determinant + prior
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(negative)  # type: ignore[no-untyped-call]
    return np.asarray(inside(logs.detach()).numpy(), np.float64)


def least(score: Callable[[Floats], Floats], around: Floats, rng: Stream, *, rounds: int = 5) -> Floats:
    """For each of k functions the point of the unit cube where it is least.

    Candidates over the cube and around given points, then ever smaller steps from the best of them.

    Args:
        score: takes points, shape (1, c, d) or (k, c, d), to values, shape (k, c).
        around: where to look as well, shape (j, d).
        rng: for the candidates.
        rounds: of steps, each of half the size of the last.

    Returns:
        Shape (k, d).
    """
    size = around.shape[1]
    near = around[rng.integers(len(around), size=256)]
    near = near + rng.choice([0.03, 0.15], (256, 1)) * rng.standard_normal((256, size))
    points = np.concatenate([around, np.clip(near, 0.0, 1.0), rng.random((256, size))])
    values = score(points[None])
    best, lowest = points[values.argmin(axis=1)], values.min(axis=1)
    for turn in range(rounds):
        shape = (len(best), 48, size)
        moves = 0.1 * 0.5**turn * rng.standard_normal(shape) * (rng.random(shape) < max(0.5, 3.0 / size))
        tried = np.clip(best[:, None] + moves, 0.0, 1.0)
        values = score(tried)
        place = values.argmin(axis=1)
        found, value = tried[np.arange(len(best)), place], values.min(axis=1)
        best, lowest = np.where((value < lowest)[:, None], found, best), np.minimum(value, lowest)
    return np.asarray(best, np.float64)


def _bumps(left: torch.Tensor, right: torch.Tensor, logs: torch.Tensor) -> torch.Tensor:
    """The covariance of each value between points, shapes (c, d) and (n, d), but for the trend: shape (m, c, n)."""
    lengths = torch.exp(logs[:, None, :-2])
    a, b = left / lengths, right / lengths
    squared = a.square().sum(-1)[:, :, None] + b.square().sum(-1)[:, None, :] - 2.0 * a @ b.transpose(1, 2)
    r = (5.0 * squared.clamp_min(1e-12)).sqrt()
    return (1.0 + r + r.square() / 3.0) * torch.exp(2.0 * logs[:, -2, None, None] - r)


def _trend(points: torch.Tensor, slope: float) -> torch.Tensor:
    """What the trend's standard normal coefficients multiply, shape (..., d) to (..., 1 + d)."""
    return torch.cat([torch.full_like(points[..., :1], BROAD), slope * points], dim=-1)


def _covariance(left: torch.Tensor, right: torch.Tensor, logs: torch.Tensor, slope: float) -> torch.Tensor:
    """Of each value between points, shapes (c, d) and (n, d): shape (m, c, n)."""
    return _bumps(left, right, logs) + _trend(left, slope) @ _trend(right, slope).T


def _noise(weights: torch.Tensor, logs: torch.Tensor) -> torch.Tensor:
    """Noise variance of each pair, shape (m, n)."""
    return torch.exp(2.0 * logs[:, -1:]) / weights + JITTER


def _seen_covariance(points: torch.Tensor, weights: torch.Tensor, logs: torch.Tensor, slope: float) -> torch.Tensor:
    return _covariance(points, points, logs, slope) + torch.diag_embed(_noise(weights, logs))
