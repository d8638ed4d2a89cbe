"""Measures of quantities that stay as they are between events, such as an inventory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SAMPLES = 4096


def time_average(times: Floats, values: Floats, end: float) -> float:
    """Mean over [times[0], end] of what is values[i] from times[i] on; both of shape (events,), times ascending."""
    until = np.minimum(np.append(times[1:], end), end)
    span = end - times[0]
    return float(np.maximum(until - times, 0.0) @ values / span) if span > 0.0 else float(values[-1])


def correlation_time(times: Floats, values: Floats, end: float, samples: int = _SAMPLES) -> float:
    """Integral over all positive lags of the autocorrelation: how long the quantity remembers itself.

    Estimated from one path: sampled evenly, autocovariance by Fourier transform about the path's mean, integrated up to
    its first zero. Biased downwards by about tau / length. NaN where nothing ever changes.

    Args:
        times: of changes, ascending, shape (events,); the first is the beginning.
        values: from then on, shape (events,).
        end: of the path.
        samples: of the path.
    """
    grid = times[0] + (np.arange(samples) + 0.5) * ((end - times[0]) / samples)
    path = values[np.searchsorted(times, grid, side="right") - 1]
    path = path - path.mean()
    if not path.any():
        return float("nan")
    spectrum = np.fft.rfft(path, 2 * samples)
    covariance = np.fft.irfft(spectrum * spectrum.conj())[:samples] / np.arange(samples, 0, -1)
    ends = np.flatnonzero(covariance <= 0.0)
    used = covariance[: int(ends[0])] if len(ends) else covariance
    step = (end - times[0]) / samples
    return float((used.sum() - 0.5 * used[0]) * step / covariance[0])


def herfindahl(shares: npt.ArrayLike) -> float:
    """Herfindahl index: sum of squared market shares, 1 / n for n equals, 1 for a monopoly; NaN if nothing is sold.

    Source: Herfindahl (1950); shares need not add up to 1, they are scaled.
    """
    values = np.asarray(shares, dtype=np.float64)
    whole = values.sum()
    return float(((values / whole) ** 2).sum()) if whole > 0.0 else float("nan")
