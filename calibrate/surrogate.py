"""A map from compositions to measures, fitted to the noisy pairs that learning agents yield anyway."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations_with_replacement

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from .calibrator import Memory
from .targets import Targets

Floats = npt.NDArray[np.float64]
Residuals = Callable[[Floats], tuple[Floats, Floats]]
"""Weighted errors of k problems at points (k, d): shape (k, m), and their derivatives, shape (k, m, d)."""

LINEAR, CURVED, DRIFTING = 3.0, 1.5, 1.0
"""Prior standard deviations of a map's coefficients, in units of a measure's spread over the prior."""
RESOLUTION = 0.05
"""What a target can tell at best, in units of its measure's spread over the prior: agents never learn exactly."""
AS_GOOD = 4.0 * RESOLUTION**2
"""Difference of losses below which two compositions are equally good."""
DRAWS = 96
"""Compositions drawn for a recommendation's intervals."""
STEPS = 12
"""Levenberg-Marquardt steps of a search for the best composition."""


@attrs.frozen(eq=False)
class Quadratic:
    """A Bayesian quadratic regression of every measure on the composition, around a centre.

    y = B' phi(x - c) + g (a + A' (x - c)) + noise, with a normal prior on the coefficients and noise of each measure's
    own size: the conjugate posterior is normal given the noise (Gelman et al. 2013, section 14.8). The second term is
    what agents had still to learn when they were seen: g falls to 0 now and would be -1 at the end of all learning, so
    B is the map as of now, and -a is what may be still to come.

    Attributes:
        centre: c, shape (d,).
        coefficients: posterior mean of B, shape (p, m); p = 1 + d + d (d + 1) / 2.
        factor: lower Cholesky factor of the coefficients' posterior covariance but for the noise, shape (p, p).
        noise: standard deviation of one episode's measures, shape (m,); larger where neighbours in time agree with
            one another more than with the map, as by so much fewer pairs count as independent.
        drift: a, shape (m,).
    """

    centre: Floats
    coefficients: Floats
    factor: Floats
    noise: Floats
    drift: Floats

    @classmethod
    def fit(
        cls, points: Floats, measures: Floats, weights: Floats, spent: Floats, centre: Floats, targets: Targets
    ) -> Quadratic:
        """Fit to pairs.

        Args:
            points: compositions in the unit cube, shape (n, d).
            measures: what they showed, shape (n, m).
            weights: how much each pair counts, in [0, 1], shape (n,).
            spent: decisions spent when each was made, ascending, shape (n,).
            centre: where the map is wanted, shape (d,).
            targets: for the measures' scale.
        """
        quadratic = _features(points - centre)
        size, kept = points.shape[1], quadratic.shape[1]
        features = np.concatenate([quadratic, to_learn(spent)[:, None] * quadratic[:, : 1 + size]], axis=1)
        flat = np.array([1e3, *[LINEAR] * size, *[CURVED] * (kept - 1 - size), *[DRIFTING] * (1 + size)])
        scaled, weighted = measures / targets.scale, features * weights[:, None]
        gram, cross = weighted.T @ features, weighted.T @ scaled
        noise: Floats = np.full(measures.shape[1], 0.5)
        coefficients: Floats = np.zeros_like(cross)
        inverse: Floats = np.eye(len(gram))
        for _ in range(3):  # the noise and the strength of the prior depend on one another
            strength = np.diag(float(np.mean(noise**2)) / flat**2)
            inverse = np.asarray(np.linalg.inv(gram + strength), np.float64)
            coefficients = inverse @ cross
            free = max(float(weights.sum()) - float(np.sum(inverse * gram)), 1.0)
            residuals = scaled - features @ coefficients
            noise = np.asarray(np.sqrt(np.maximum(weights @ residuals**2 / free, 1e-12)))
        # a pair of little weight tells little, but is no noisier than others: the covariance of the weighted estimate
        covariance = (inverse @ (weighted.T @ weighted + strength) @ inverse)[:kept, :kept]
        return cls(
            centre,
            coefficients[:kept] * targets.scale,
            np.asarray(np.linalg.cholesky(0.5 * (covariance + covariance.T))),
            noise * np.sqrt(_alike(residuals, weights, spent)) * targets.scale,
            coefficients[kept] * targets.scale,
        )

    def __call__(self, points: Floats) -> Floats:
        """Expected measures, shape (n, m), at compositions, shape (n, d)."""
        return np.asarray(_features(points - self.centre) @ self.coefficients, np.float64)

    def each(self, points: Floats, coefficients: Floats) -> Floats:
        """Measures by k maps, coefficients (k, p, m), of a composition for each, shape (k, d): shape (k, m)."""
        features = _features(points - self.centre)[:, None]
        return np.asarray((features @ coefficients)[:, 0], np.float64)

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
        linear, curved = _derivatives(self.coefficients[None], len(self.centre))
        return np.asarray((linear + curved @ (point - self.centre))[0], np.float64)

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
        shown = _features(points - self.centre) @ coefficients + shift[:, None]
        start = points[targets.loss(shown).argmin(axis=1)]
        return descend(start, self._residuals(coefficients, shift, targets))

    def plausible(self, targets: Targets, rng: Stream) -> tuple[Floats, Floats]:
        """Drawn maps, and for each a composition that is as good as the best by it, anywhere in the cube.

        Where several are as good, as along a direction that the targets do not notice, the one that is nearest to a
        random composition is taken, so that together they show how far the targets leave the composition open. Targets
        are as uncertain as they are.

        Returns:
            Coefficients, shape (DRAWS, p, m), and compositions, shape (DRAWS, d).
        """
        aims = targets.values + told(targets, self.drift) * rng.standard_normal((DRAWS, len(targets.values)))
        maps = self.draw(DRAWS, rng)
        best = self.best(maps, aims, targets, rng)
        return maps, nearest(best, rng.random(best.shape), self._residuals(maps, targets.values - aims, targets))

    def central(self, points: Floats, coefficients: Floats, targets: Targets) -> Floats:
        """The mean of points, or as near to it as compositions are as good as the best.

        The best by one map lies anywhere along a direction that targets do not notice, often at a face of the cube,
        and what the map gets wrong grows with the distance; the middle of all that are as good as the best is the
        safer choice. How good is the mean loss over maps.

        Args:
            points: from which the best is taken, and their mean, shape (n, d).
            coefficients: of the maps, shape (k, p, m).
            targets: their losses and weights.

        Returns:
            Shape (d,).
        """
        best = points[self._mean_loss(points, coefficients, targets).argmin()]
        between = best + np.linspace(0.0, 1.0, 21)[:, None] * (points.mean(axis=0) - best)
        losses = self._mean_loss(between, coefficients, targets)
        return np.asarray(between[np.flatnonzero(losses <= losses[0] + AS_GOOD)[-1]])

    def _mean_loss(self, points: Floats, coefficients: Floats, targets: Targets) -> Floats:
        return np.asarray(targets.loss(_features(points - self.centre) @ coefficients).mean(axis=0), np.float64)

    def _residuals(self, coefficients: Floats, shift: Floats, targets: Targets) -> Residuals:
        linear, curved = _derivatives(coefficients / targets.scale, len(self.centre))
        missed = (coefficients[:, 0] + shift - targets.values) / targets.scale

        def residuals(points: Floats) -> tuple[Floats, Floats]:
            offsets = (points - self.centre)[..., None]
            bent = (curved @ offsets[:, None])[..., 0]
            found, turn = targets.roots(missed + ((linear + 0.5 * bent) @ offsets)[..., 0])
            return found, turn[..., None] * (linear + bent)

        return residuals


def descend(points: Floats, residuals: Residuals) -> Floats:
    """Levenberg-Marquardt within the cube, for k problems of least squares side by side, from points (k, d)."""
    size = points.shape[1]
    damping = np.full(len(points), 1e-2)
    error, slope = residuals(points)
    for _ in range(STEPS):
        across = slope.transpose(0, 2, 1)
        normal = across @ slope + damping[:, None, None] * np.eye(size)
        tried = np.clip(points - np.linalg.solve(normal, across @ error[..., None])[..., 0], 0.0, 1.0)
        after, turned = residuals(tried)
        better = (after**2).sum(1) < (error**2).sum(1)
        points, error = np.where(better[:, None], tried, points), np.where(better[:, None], after, error)
        slope = np.where(better[:, None, None], turned, slope)
        damping = np.where(better, damping / 3.0, damping * 4.0)
    return points


def nearest(best: Floats, start: Floats, residuals: Residuals) -> Floats:
    """Where the descent from `start` ends if that is as good as `best`, else `best`; all of shape (k, d)."""
    other = descend(start, residuals)
    losses = [(residuals(points)[0] ** 2).sum(axis=1) for points in (best, other)]
    return np.where((losses[1] <= losses[0] + AS_GOOD)[:, None], other, best)


def told(targets: Targets, drift: Floats) -> Floats:
    """Standard deviation of what each target says of a composition, were the map known exactly, shape (m,).

    The target's own; what can be resolved at best; and what agents may still learn, which moves the map: a third of
    `drift`, which is what is left of learning that falls off exponentially by 1/e in half of the decisions spent.
    """
    own = np.array([target.uncertainty for target in targets.targets])
    return np.asarray(np.sqrt(own**2 + (RESOLUTION * targets.scale) ** 2 + (drift / 3.0) ** 2), np.float64)


def recency(spent: Floats, forgetting: float) -> Floats:
    """How much pairs count by their age, shape (n,): 1/e after the part `forgetting` of the decisions spent by now."""
    age = (spent[-1] - spent) / (forgetting * spent[-1]) if spent[-1] > 0 else np.zeros(len(spent))
    return np.asarray(np.exp(-age), np.float64)


def to_learn(spent: Floats) -> Floats:
    """g, the part of learning still to come, by a hyperbolic curve: 3 at the beginning, 0 now, -1 in the end."""
    now = float(spent[-1]) or 1.0
    return np.asarray((now - spent) / (spent + now / 3.0), np.float64)


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
    recent, distance = recency(spent, forgetting), np.mean((points - centre) ** 2, axis=1)
    needed = 3.0 * (1 + len(centre) + len(centre) * (len(centre) + 1) / 2)
    weights = recent * np.exp(-0.5 * distance / width**2)
    while weights.sum() < needed and width < 10.0:
        width *= 1.3
        weights = recent * np.exp(-0.5 * distance / width**2)
    return Quadratic.fit(points, memory.measures, weights, spent, centre, targets)


def _alike(residuals: Floats, weights: Floats, spent: Floats, *, blocks: int = 24) -> Floats:
    """How many pairs count as one, at least 1, shape (m,): one policy's state moves all measures of its time together.

    Variance of the residuals' sums over blocks of time by what it would be were they independent (the design effect
    of cluster sampling, Kish 1965).
    """
    starts = np.unique(np.searchsorted(spent, np.linspace(spent[0], spent[-1], blocks, endpoint=False)))
    weighted = residuals * weights[:, None]
    together = np.sum(np.add.reduceat(weighted, starts) ** 2, axis=0)
    return np.asarray(np.maximum(together / np.maximum(np.sum(weighted**2, axis=0), 1e-12), 1.0))


def _features(offsets: Floats) -> Floats:
    """1, x_i and x_i x_j for offsets from the centre, shape (n, d) to (n, p)."""
    pairs = list(combinations_with_replacement(range(offsets.shape[1]), 2))
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    ones = np.ones((len(offsets), 1))
    return np.concatenate([ones, offsets, offsets[:, first] * offsets[:, second]], axis=1)


def _derivatives(coefficients: Floats, size: int) -> tuple[Floats, Floats]:
    """First and second at the centre: coefficients (k, p, m) to (k, m, d) and (k, m, d, d)."""
    by_measure = coefficients.transpose(0, 2, 1)
    first, second = np.array(list(combinations_with_replacement(range(size), 2))).T
    curved = np.zeros((*by_measure.shape[:2], size, size))
    curved[..., first, second] = by_measure[..., 1 + size :]
    return by_measure[..., 1 : 1 + size], curved + curved.swapaxes(-1, -2)
