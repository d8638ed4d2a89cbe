"""Historical paths agree with their bars and follow the law of Brownian motion given open, high, low and close."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from catallaxy.market.prices import BarsError, HistoricalPrice, read_bars
from catallaxy.market.prices.bridge import fill_bars, garman_klass

EURUSD = Path(__file__).parents[3] / "examples" / "fx_hourly" / "data" / "eurusd_hourly_2017_2018.csv"


def test_every_bar_on_the_path_has_its_open_high_low_and_close_exactly() -> None:
    price, bars = HistoricalPrice(EURUSD, gaps="join"), read_bars(EURUSD)
    for seed in range(20):
        path = price.sample(np.random.default_rng(seed), horizon=24 * 60.0, step=0.5)
        first = bars.stamps.index(path.origin)
        inside = path.prices[: 24 * 120].reshape(24, 120)
        window = slice(first, first + 24)
        np.testing.assert_array_equal(inside[:, 0], bars.open[window])
        np.testing.assert_array_equal(inside[:, -1], bars.close[window])
        np.testing.assert_array_equal(inside.max(axis=1), bars.high[window])
        np.testing.assert_array_equal(inside.min(axis=1), bars.low[window])
        assert path.prices[-1] == bars.open[first + 24]
        assert path.times[-1] == 24 * 60.0


def test_windows_avoid_gaps_unless_they_are_joined() -> None:
    bars = read_bars(EURUSD)
    across = 0
    for seed in range(200):
        path = HistoricalPrice(EURUSD).sample(np.random.default_rng(seed), horizon=24 * 60.0, step=15.0)
        first = bars.stamps.index(path.origin)
        assert bars.adjacent[first : first + 24].all()
        path = HistoricalPrice(EURUSD, gaps="join").sample(np.random.default_rng(seed), horizon=24 * 60.0, step=15.0)
        first = bars.stamps.index(path.origin)
        across += not bars.adjacent[first : first + 24].all()
    assert across > 10


def test_every_possible_first_bar_is_equally_likely(tmp_path: Path) -> None:
    """Two runs of bars, of 4 and 3: windows of 3 bars may start at the first two of one and the first of the other."""
    hours = [0, 1, 2, 3, 10, 11, 12]
    rows = "".join(f"2020-01-01 {hour:02}:00,1.0,1.1,0.9,1.0\n" for hour in hours)
    file = tmp_path / "bars.csv"
    file.write_text("time,open,high,low,close\n" + rows)
    rng = np.random.default_rng(0)
    origins = [HistoricalPrice(file).sample(rng, horizon=150.0, step=15.0).origin for _ in range(600)]
    names, counts = np.unique(origins, return_counts=True)
    assert names.tolist() == ["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 10:00"]
    assert stats.chisquare(counts).pvalue > 1e-3
    with pytest.raises(BarsError, match=r"no 5 bars in a row .* the longest run has 4"):
        HistoricalPrice(file).sample(rng, horizon=241.0, step=15.0)
    with pytest.raises(BarsError, match=r"no 8 bars in a row .* the longest run has 7; shorten the horizon$"):
        HistoricalPrice(file, gaps="join").sample(rng, horizon=421.0, step=15.0)


@pytest.mark.parametrize("step", [7.0, 20.0, 30.0])
def test_a_step_that_does_not_fill_the_bars_is_refused(step: float) -> None:
    with pytest.raises(BarsError, match=rf"bars of 60 minutes can't be filled at steps of {step:g} minutes"):
        HistoricalPrice(EURUSD).sample(np.random.default_rng(0), horizon=120.0, step=step)


def brownian_bars(
    rng: np.random.Generator, count: int, steps: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Brownian motion over unit time on a grid, with the high and the low of the continuous path.

    Between grid points the extremes are drawn from the law of a Brownian bridge's maximum.
    """
    dt = 1.0 / steps
    moves = np.sqrt(dt) * rng.standard_normal((count, steps))
    path = np.concatenate((np.zeros((count, 1)), np.cumsum(moves, axis=1)), axis=1)
    left, right = path[:, :-1], path[:, 1:]
    reach = [np.sqrt(moves**2 - 2.0 * dt * np.log(1.0 - rng.random(moves.shape))) for _ in range(2)]
    return path, ((left + right + reach[0]) / 2).max(axis=1), ((left + right - reach[1]) / 2).min(axis=1)


def test_paths_refilled_from_brownian_bars_are_brownian_again() -> None:
    """Averaged over Brownian bars, the law given the bar must give back Brownian motion.

    Compared by two-sample Kolmogorov-Smirnov tests at several times, and of the time of the maximum.
    """
    rng = np.random.default_rng(3)
    count, steps = 3000, 512
    path, high, low = brownian_bars(rng, count, steps)
    width = high - low
    refilled = fill_bars(rng, -low / width, (path[:, -1] - low) / width, 1.0 / width**2, steps + 1)
    refilled = refilled * width[:, None] + low[:, None]
    for time in (0.1, 0.25, 0.5, 0.75, 0.9):
        k = int(time * steps)
        assert stats.ks_2samp(refilled[:, k], path[:, k]).pvalue > 1e-3
        # A skeleton of few points would pass on marginals alone: the increments count too.
        assert stats.ks_2samp(refilled[:, k] - refilled[:, k - 32], path[:, k] - path[:, k - 32]).pvalue > 1e-3
    assert stats.ks_2samp(refilled.argmax(axis=1), path.argmax(axis=1)).pvalue > 1e-3
    # The extremes are put onto grid points, which no Brownian path on a grid reaches: a little variation is added.
    assert (np.diff(refilled, axis=1) ** 2).sum(axis=1).mean() == pytest.approx(1.0, abs=0.03)


def test_a_piece_between_the_barriers_has_the_midpoint_density_of_the_killed_motion() -> None:
    """From low to high the midpoint's density is that of two passages: (sum of n sin(n pi y) e^(-n^2 pi^2 s / 2))^2."""
    from catallaxy.market.prices.bridge import _midpoints

    rng, count = np.random.default_rng(5), 4000
    for half in (0.02, 0.1, 0.25):
        ones = np.ones(count)
        drawn = _midpoints(rng, 0.0 * ones, ones, half * ones, half * ones)
        y = np.linspace(0.0, 1.0, 2001)
        n = np.arange(1, 60)[:, None]
        weights = n * np.exp(-(n**2) * np.pi**2 * half / 2)
        density = (weights * np.sin(n * np.pi * y)).sum(axis=0) * (weights * np.sin(n * np.pi * (1 - y))).sum(axis=0)
        law = np.cumsum(density) / density.sum()
        assert stats.kstest(drawn, lambda x, y=y, law=law: np.interp(x, y, law)).pvalue > 1e-3


@pytest.mark.parametrize(
    ("open_", "close"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (1.0, 1.0), (0.0, 0.3), (0.3, 1.0), (1e-4, 1 - 1e-4)]
)
@pytest.mark.parametrize("points", [4, 5, 60])
def test_bars_that_open_or_close_at_an_extreme_are_filled(open_: float, close: float, points: int) -> None:
    count = 200
    start, end = np.full(count, open_), np.full(count, close)
    path = fill_bars(np.random.default_rng(1), start, end, garman_klass(start, end), points)
    assert path.shape == (count, points)
    np.testing.assert_array_equal(path[:, 0], start)
    np.testing.assert_array_equal(path[:, -1], end)
    np.testing.assert_array_equal(path.min(axis=1), 0.0)
    np.testing.assert_array_equal(path.max(axis=1), 1.0)


def test_bars_without_movement_stay_where_they_are(tmp_path: Path) -> None:
    rows = "".join(f"2020-01-01 {hour:02}:00,1.25,1.25,1.25,1.25\n" for hour in range(3))
    file = tmp_path / "bars.csv"
    file.write_text("time,open,high,low,close\n" + rows)
    path = HistoricalPrice(file).sample(np.random.default_rng(0), horizon=120.0, step=1.0)
    np.testing.assert_array_equal(path.prices, 1.25)
