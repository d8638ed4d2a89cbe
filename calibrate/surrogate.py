"""A map from compositions to measures, fitted to the noisy pairs that learning agents yield anyway."""

from __future__ import annotations

from itertools import combinations_with_replacement

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from .calibrator import Memory
from .targets import Targets

Floats = npt.NDArray[np.float64]

LINEAR, CURVED = 3.0, 1.5
"""Prior standard deviations of a quadratic's coefficients, in units of a measure's spread over the prior."""
RESOLUTION = 0.05
"""What a target can tell at best, in units of its measure's spread over the prior: agents never learn exactly."""
AS_GOOD = 4.0 * RESOLUTION**2
"""Difference of losses below which two compositions are equally good."""
STEPS = 12
"""Levenberg-Marquardt steps of a search for the best composition."""


@attrs.frozen(eq=False)
class Quadratic:
    """A Bayesian quadratic regression of every measure on the composition, around a centre.

    y = B' phi(x - c) + noise, with a normal prior on the coefficients B and noise of each measure's own size: the
    conjugate posterior is normal given the noise (Gelman et al. 2013, section 14.8).

    Attributes:
        centre: c, shape (d,).
        coefficients: posterior mean of B, shape (p, m); p = 1 + d + d (d + 1) / 2.
        factor: lower Cholesky factor of the coefficients' posterior covariance but for the noise, shape (p, p).
        noise: standard deviation of one episode's measures, shape (m,).
    """

    centre: Floats
    coefficients: Floats
    factor: Floats
    noise: Floats

    @classmethod
    def fit(cls, points: Floats, measures: Floats, weights: Floats, centre: Floats, targets: Targets) -> Quadratic:
        """Fit to pairs.

        Args:
            points: compositions in the unit cube, shape (n, d).
            measures: what they showed, shape (n, m).
            weights: how much each pair counts, in [0, 1], shape (n,).
            centre: where the map is wanted, shape (d,).
            targets: for the measures' scale.
        """
        features = _features(points - centre)
        size = points.shape[1]
        flat = np.array([1e3, *[LINEAR] * size, *[CURVED] * (features.shape[1] - 1 - size)])
        scaled = measures / targets.scale
        noise: Floats = np.full(measures.shape[1], 0.5)
        gram, cross = (features * weights[:, None]).T @ features, (features * weights[:, None]).T @ scaled
        coefficients: Floats = np.zeros_like(cross)
        inverse: Floats = np.eye(len(gram))
        for _ in range(3):  # the noise and the strength of the prior depend on one another
            precision = gram + np.diag(float(np.mean(noise**2)) / flat**2)
            inverse = np.asarray(np.linalg.inv(precision), np.float64)
            coefficients = inverse @ cross
            free = max(float(weights.sum()) - float(np.sum(inverse * gram)), 1.0)
            noise = np.asarray(np.sqrt(np.maximum(weights @ (scaled - features @ coefficients) ** 2 / free, 1e-12)))
        return cls(
            centre,
            coefficients * targets.scale,
            np.asarray(np.linalg.cholesky(0.5 * (inverse + inverse.T))),
            noise * targets.scale,
        )

    def __call__(self, points: Floats) -> Floats:
        """Expected measures, shape (n, m), at compositions, shape (n, d)."""
        return np.asarray(_features(points - self.centre) @ self.coefficients, np.float64)

    def deviation(self, point: Floats) -> Floats:
        """Posterior standard deviation of the expected measures at one composition, shape (m,)."""
        spread = self.factor.T @ _features((point - self.centre)[None])[0]
        return np.asarray(np.sqrt(spread @ spread) * self.noise, np.float64)

    def draw(self, count: int, rng: Stream) -> Floats:
        """Coefficients drawn from the posterior, shape (count, p, m)."""
        normal = rng.standard_normal((count, *self.coefficients.shape))
        return np.asarray(self.coefficients + np.einsum("pq,kqm->kpm", self.factor, normal) * self.noise, np.float64)

    def jacobian(self, point: Floats) -> Floats:
        """Derivatives of the expected measures at one composition, shape (m, d)."""
        return np.asarray(_jacobian((point - self.centre)[None], self.coefficients[None])[0], np.float64)

    def best(
        self, coefficients: Floats, aims: Floats, targets: Targets, rng: Stream, *, candidates: int = 256
    ) -> Floats:
        """For each of k maps the composition of least loss.

        Random candidates over the cube and around the centre, then Levenberg-Marquardt within the cube.

        Args:
            coefficients: of the maps, shape (k, p, m).
            aims: the targets' values for each map, shape (k, m).
            targets: their losses and weights.
            rng: for the candidates.
            candidates: how many.

        Returns:
            Shape (k, d).
        """
        size = len(self.centre)
        near = self.centre + 0.15 * rng.standard_normal((candidates // 2, size))
        points = np.clip(np.concatenate([near, rng.random((candidates - candidates // 2, size))]), 0.0, 1.0)
        shift = targets.values - aims  # a map with other aims is one with other measures
        shown = np.einsum("cp,kpm->kcm", _features(points - self.centre), coefficients) + shift[:, None]
        return self._descend(points[targets.loss(shown).argmin(axis=1)], coefficients, shift, targets)

    def plausible(self, coefficients: Floats, aims: Floats, targets: Targets, rng: Stream) -> Floats:
        """For each of k maps a composition that is as good as the best, anywhere in the cube, shape (k, d).

        Where several are as good, as along a direction that the targets do not notice, the one that is nearest to a
        random composition is taken, so that together they show how far the targets leave the composition open.
        """
        best = self.best(coefficients, aims, targets, rng)
        shift = targets.values - aims
        other = self._descend(rng.random(best.shape), coefficients, shift, targets)
        losses = [
            targets.loss(np.einsum("kp,kpm->km", _features(points - self.centre), coefficients) + shift)
            for points in (best, other)
        ]
        as_good = losses[1] <= losses[0] + AS_GOOD
        return np.where(as_good[:, None], other, best)

    def _descend(self, points: Floats, coefficients: Floats, shift: Floats, targets: Targets) -> Floats:
        root = np.sqrt(targets.weights)

        def residuals(points: Floats) -> Floats:
            shown = np.einsum("kp,kpm->km", _features(points - self.centre), coefficients) + shift
            return np.asarray(targets.errors(shown) * root, np.float64)

        damping = np.full(len(points), 1e-2)
        error = residuals(points)
        for _ in range(STEPS):
            slope = _jacobian(points - self.centre, coefficients) * (root / targets.scale)[:, None]
            normal = np.einsum("kmi,kmj->kij", slope, slope) + damping[:, None, None] * np.eye(points.shape[1])
            step = np.linalg.solve(normal, -np.einsum("kmi,km->ki", slope, error)[..., None])[..., 0]
            tried = np.clip(points + step, 0.0, 1.0)
            after = residuals(tried)
            better = (after**2).sum(1) < (error**2).sum(1)
            points, error = np.where(better[:, None], tried, points), np.where(better[:, None], after, error)
            damping = np.where(better, damping / 3.0, damping * 4.0)
        return points


def local_map(
    memory: Memory, centre: Floats, targets: Targets, *, width: float = 0.3, forgetting: float = 0.5
) -> Quadratic:
    """The measures around a composition, from all pairs, the recent and near ones counting most.

    Args:
        memory: the pairs.
        centre: the composition, shape (d,).
        targets: for the measures' scale.
        width: of the neighbourhood, as a part of the cube; it is widened until a quadratic is determined.
        forgetting: part of the decisions spent by now after which a pair counts 1/e: the agents have learned since.
    """
    points, spent = memory.points, memory.spent
    age = (spent[-1] - spent) / (forgetting * spent[-1]) if spent[-1] > 0 else np.zeros(len(spent))
    recent, distance = np.exp(-age), np.mean((points - centre) ** 2, axis=1)
    needed = 3.0 * (1 + len(centre) + len(centre) * (len(centre) + 1) / 2)
    weights = recent * np.exp(-0.5 * distance / width**2)
    while weights.sum() < needed and width < 10.0:
        width *= 1.3
        weights = recent * np.exp(-0.5 * distance / width**2)
    return Quadratic.fit(points, memory.measures, weights, centre, targets)


def _features(offsets: Floats) -> Floats:
    """1, x_i and x_i x_j for offsets from the centre, shape (n, d) to (n, p)."""
    pairs = list(combinations_with_replacement(range(offsets.shape[1]), 2))
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    ones = np.ones((len(offsets), 1))
    return np.concatenate([ones, offsets, offsets[:, first] * offsets[:, second]], axis=1)


def _jacobian(offsets: Floats, coefficients: Floats) -> Floats:
    """Derivatives by each component: offsets (k, d) and coefficients (k, p, m) to (k, m, d)."""
    size = offsets.shape[1]
    slope = coefficients[:, 1 : 1 + size].transpose(0, 2, 1).copy()
    for place, (i, j) in enumerate(combinations_with_replacement(range(size), 2)):
        curve = coefficients[:, 1 + size + place]
        slope[:, :, i] += curve * offsets[:, j, None]
        slope[:, :, j] += curve * offsets[:, i, None]
    return slope
