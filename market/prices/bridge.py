"""Brownian motion given its open, high, low and close.

The law. Let X be Brownian motion on [0, T] with X_0 = open, X_T = close, max X = high and min X = low. Almost surely
the high and the low are each touched at one instant. Given these two instants the path falls into three independent
pieces (say the low comes first): open to low, low to high, high to close; each is a Brownian bridge conditioned to stay
strictly between low and high. The instants have the joint density f(open -> low) g(low -> high) f(high -> close), where
f is the flux of the Brownian motion killed at both barriers and g its second normal derivative. A bridge that is merely
conditioned to stay in [low, high] is another law: it touches neither, so it understates the bar's range.

How it is drawn. The two instants: from that density on the grid (a convolution). The rest: by bisection, a midpoint
between two known points being proposed from the bridge conditioned to stay clear of the *nearer* barrier, which is the
norm of a three-dimensional Brownian bridge (Bessel process of dimension 3), and accepted with the probability of
staying clear of the *farther* one. Midpoints are exact; the instants of the touches are rounded to the grid, nothing
else is approximate. (Rounding them adds some 10 % to the variation of a path of 60 points, 1 % to one of 600.)

Here low = 0, high = 1, and time is measured as variance: s = volatility^2 t / (high - low)^2.
Formulas: reflection principle for two barriers, e.g. Borodin & Salminen, Handbook of Brownian Motion (2002), II.1.
"""

from math import log

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LARGEST_VARIANCE = 4.0
"""Upper limit of a whole bar's variance in units of its squared range; the series below are exact to 1e-9 up to it."""
_MARGIN = 4.0  # a barrier that is farther than this many standard deviations of a segment is not felt: exp(-2 * 16)
_EDGE = 1e-6  # an end that lies on a barrier is moved by this fraction of the range, where the formulas need a limit


def garman_klass(open_: Floats, close: Floats) -> Floats:
    """Variance of a bar in units of its squared range, estimated from that bar alone.

    1/2 - (2 log 2 - 1) (close - open)^2, the practical estimator of Garman & Klass, Journal of Business 53 (1980).
    `open_` and `close`, shape (bars,), in units of the range; the estimate lies in [0.114, 0.5].
    """
    return 0.5 - (2.0 * log(2.0) - 1.0) * (close - open_) ** 2


def fill_bars(rng: np.random.Generator, open_: Floats, close: Floats, variance: Floats, points: int) -> Floats:
    """Draw paths that start at `open_`, end at `close`, stay in [0, 1] and touch both 0 and 1.

    Args:
        rng: source of randomness.
        open_, close: shape (bars,), in [0, 1].
        variance: variance of each whole bar, shape (bars,), in (0, LARGEST_VARIANCE].
        points: number of points of each path, the first and the last included; at least 4.

    Returns:
        Paths, shape (bars, points).
    """
    if points < 4:
        raise ValueError(f"a bar needs at least 4 points to show its open, high, low and close, got {points}")
    bars, last = len(open_), points - 1
    low, high = _touches(rng, open_, close, variance, last)
    path = np.full((bars, points), np.nan)
    rows = np.arange(bars)
    path[:, 0], path[:, last] = open_, close
    path[rows, low], path[rows, high] = 0.0, 1.0
    _bisect(rng, path, np.minimum(low, high), np.maximum(low, high), variance / last)
    return path


def _touches(rng: np.random.Generator, open_: Floats, close: Floats, variance: Floats, last: int) -> tuple[Ints, Ints]:
    """Draw the grid indices at which the low and the high are touched."""
    bars = len(open_)
    # Both orders are treated as "0 first, then 1": the order "1 first" is the same problem in the mirror.
    start = np.concatenate((open_, 1.0 - open_))
    end = np.concatenate((close, 1.0 - close))
    step = np.tile(variance / last, 2)[:, None]
    times = np.arange(last + 1) * step
    inner = times[:, 1:]
    first = np.zeros_like(times)
    first[:, 1:] = _flux(start[:, None], inner)
    middle = np.zeros_like(times)
    middle[:, 1:] = np.tile(_passage(inner[:bars]), (2, 1))
    final = np.zeros_like(times)  # indexed by the time that remains after the second touch
    final[:, 1:] = np.where(end[:, None] == 0.0, middle[:, 1:], _flux(1.0 - end[:, None], inner))
    # A bar that opens or closes at its high or low touches it there.
    first[start == 0.0] = np.eye(1, last + 1)
    final[end == 1.0] = np.eye(1, last + 1)
    first[(start == 1.0) | ((end == 0.0) & (start > 0.0))] = 0.0

    size = 2 ** int(np.ceil(np.log2(2 * last + 2)))
    rest = np.fft.irfft(np.fft.rfft(middle, size) * np.fft.rfft(final, size), size)[:, last::-1]
    weights = first * np.maximum(rest, 0.0)
    both = np.concatenate((weights[:bars], weights[bars:]), axis=1)
    chosen = _draw_index(rng, both)
    mirrored, one = chosen > last, chosen % (last + 1)
    row = np.arange(bars) + bars * mirrored
    lag = np.arange(last + 1)[None, :] - one[:, None]
    reachable = np.where(lag > 0, np.take_along_axis(middle[row], np.maximum(lag, 0), axis=1), 0.0)
    two = _draw_index(rng, reachable * final[row][:, ::-1])
    return np.where(mirrored, two, one), np.where(mirrored, one, two)


def _draw_index(rng: np.random.Generator, weights: Floats) -> Ints:
    """One index for each row of `weights`, shape (rows, n), with probability in proportion to its weight."""
    total = np.cumsum(weights, axis=1)
    target = (1.0 - rng.random(len(weights))) * total[:, -1]
    index: Ints = np.argmax(total >= target[:, None], axis=1)
    return index


def _flux(x: Floats, s: Floats) -> Floats:
    """Density of reaching 0 at `s` from `x` without having touched 1 (up to a constant).

    `x` has shape (rows, 1), `s` (rows, n), increasing along its rows.
    """
    total = np.zeros_like(s)
    images = _images(s)
    for n in range(-images, images + 1):
        distance, first = x + 2.0 * n, _first_felt(max(2 * abs(n) - 1, 0), s)
        part = s[:, first:]
        total[:, first:] += distance * np.exp(-(distance**2) / (2.0 * part))
    return np.asarray(np.maximum(total, 0.0) * s**-1.5)


def _passage(s: Floats) -> Floats:
    """Density of going from 0 to 1 in `s` while staying between (up to the same constant as `_flux`)."""
    total = np.zeros_like(s)
    for m in range(1, 2 * _images(s) + 2, 2):
        part = s[:, _first_felt(m, s) :]
        total[:, s.shape[1] - part.shape[1] :] += (m * m / part - 1.0) * np.exp(-m * m / (2.0 * part))
    return np.asarray(np.maximum(2.0 * total, 0.0) * s**-1.5)


def _first_felt(distance: int, s: Floats) -> int:
    """The first column of `s` in which an image at least so far away weighs exp(-36) or more in some row."""
    return int(np.searchsorted(s.max(axis=0), distance**2 / 72.0)) if len(s) else 0


def _images(s: Floats) -> int:
    """Number of images after which the next, 2 n + 1 away, weighs less than exp(-36)."""
    return int(np.ceil((np.sqrt(72.0 * float(s.max(initial=0.01))) + 1.0) / 2.0))


def _bisect(rng: np.random.Generator, path: Floats, first: Ints, second: Ints, step: Floats) -> None:
    """Fill `path` between its known points by drawing midpoints, all segments of all bars at once."""
    bars, points = path.shape
    flat = path.reshape(-1)
    offset = np.arange(bars) * points
    left = np.concatenate((offset, offset + first, offset + second))
    right = np.concatenate((offset + first, offset + second, offset + points - 1))
    unit = np.tile(step, 3)
    while True:
        open_ends = right - left > 1
        left, right, unit = left[open_ends], right[open_ends], unit[open_ends]
        if not len(left):
            return
        middle = (left + right) // 2
        flat[middle] = _midpoints(rng, flat[left], flat[right], (middle - left) * unit, (right - middle) * unit)
        left, right, unit = np.concatenate((left, middle)), np.concatenate((middle, right)), np.tile(unit, 2)


def _midpoints(rng: np.random.Generator, a: Floats, b: Floats, before: Floats, after: Floats) -> Floats:
    """A point between `a` and `b`, `before` after `a` and `after` before `b`, of the bridge that stays in (0, 1)."""
    total = before + after
    deviation = np.sqrt(before * after / total)
    drawn = a + (b - a) * before / total + deviation * rng.standard_normal(len(a))
    nearest = np.minimum(np.minimum(a, b), np.minimum(1.0 - a, 1.0 - b))
    pending = np.flatnonzero(nearest < _MARGIN * np.sqrt(total))
    if len(pending):
        mirror = np.minimum(1.0 - a, 1.0 - b) < np.minimum(a, b)
        a, b = np.where(mirror, 1.0 - a, a), np.where(mirror, 1.0 - b, b)
        while len(pending):
            ends = a[pending], b[pending], before[pending], after[pending]
            proposal = _bessel_midpoints(rng, *ends)
            accepted = rng.random(len(pending)) < _acceptance(proposal, *ends)
            done = pending[accepted]
            drawn[done] = np.where(mirror[done], 1.0 - proposal[accepted], proposal[accepted])
            pending = pending[~accepted]
    return drawn


def _bessel_midpoints(rng: np.random.Generator, a: Floats, b: Floats, before: Floats, after: Floats) -> Floats:
    """A point of the bridge that stays above 0: the norm of a bridge in space between vectors of lengths `a` and `b`.

    The cosine of the angle between the two has a density in proportion to exp(a b cosine / total).
    """
    total = before + after
    concentration = np.maximum(a * b / total, 1e-12)
    uniform = 1.0 - rng.random(len(a))
    cosine = 1.0 + np.log(uniform + (1.0 - uniform) * np.exp(-2.0 * concentration)) / concentration
    cosine = np.clip(cosine, -1.0, 1.0)
    weight = before / total
    deviation = np.sqrt(before * after / total)
    noise = deviation * rng.standard_normal((3, len(a)))
    along = (1.0 - weight) * a + weight * b * cosine + noise[0]
    across = weight * b * np.sqrt(1.0 - cosine**2) + noise[1]
    return np.asarray(np.sqrt(along**2 + across**2 + noise[2] ** 2))


def _acceptance(y: Floats, a: Floats, b: Floats, before: Floats, after: Floats) -> Floats:
    """Probability with which a midpoint drawn above 0 is kept so that it follows the bridge that also stays below 1."""
    inside = y < 1.0
    y = np.clip(y, _EDGE, 1.0 - _EDGE)
    a, b = np.clip(a, _EDGE, 1.0 - _EDGE), np.clip(b, _EDGE, 1.0 - _EDGE)
    return np.asarray(inside * _stays_below(a, y, before) * _stays_below(b, y, after))


def _stays_below(end: Floats, y: Floats, s: Floats) -> Floats:
    """Probability that a bridge from `end` to `y`, known to stay above 0, stays below 1, over its bound for all y.

    The bound, 1 - exp(-2 (1 - end) / s), is the probability without the knowledge and with y = 0: staying above 0
    makes touching 1 more likely. It cancels the smallness when `end` itself is near 1.
    """
    longest = float(s.max())
    images = 1 if longest < 0.05 else 2 if longest < 0.3 else 4
    survival = np.zeros_like(y)
    for n in range(-images, images + 1):
        survival += np.exp(-2.0 * n * (n + y - end) / s) - np.exp(-2.0 * (n + y) * (n + end) / s)
    return np.asarray(survival / (np.expm1(-2.0 * end * y / s) * np.expm1(-2.0 * (1.0 - end) / s)))
