"""Jump-diffusion and stochastic-volatility prices agree with the closed forms of their processes."""

import cmath

import attrs
import numpy as np
import numpy.typing as npt
import pytest

from catallaxy.market.prices import BP, JumpPrice, PriceModel, StochasticVolatilityPrice

Floats = npt.NDArray[np.float64]
PATHS = 4000


def log_moves(model: PriceModel, horizon: float, step: float, seed: int, paths: int = PATHS) -> Floats:
    """Changes of the logarithm of the price, bp, shape (paths,)."""
    rng = np.random.default_rng(seed)
    ends = np.array([model.sample(rng, horizon, step).prices[-1] for _ in range(paths)])
    return np.asarray(np.log(ends / 1.1) / BP)


def mean_within(values: Floats, expected: float, errors: float = 4.0) -> bool:
    return bool(abs(values.mean() - expected) < errors * values.std() / len(values) ** 0.5)


@pytest.mark.parametrize("step", [0.5, 10.0])
def test_jumps_have_mertons_moments(step: float) -> None:
    model = JumpPrice(volatility=1.0, jump_rate=0.05, jump_mean=-3.0, jump_sd=4.0)
    moves = log_moves(model, 60.0, step, 1)
    mean, variance, kurtosis = model.log_moments(60.0)
    assert variance == 60.0 + 3.0 * (9.0 + 16.0)
    assert kurtosis == pytest.approx(3.0 * (81.0 + 6.0 * 9.0 * 16.0 + 3.0 * 256.0) / variance**2)
    assert mean_within(moves, mean)
    deviations = moves - mean
    assert mean_within(deviations**2, variance)
    assert mean_within(deviations**4, (kurtosis + 3.0) * variance**2)


def test_jumping_prices_are_a_martingale() -> None:
    model = JumpPrice(volatility=0.5, jump_rate=0.5, jump_mean=40.0, jump_sd=30.0)
    growth = np.exp(log_moves(model, 30.0, 1.0, 2) * BP)
    assert mean_within(growth, 1.0)
    assert growth.std() / PATHS**0.5 < 0.0005  # the compensator, 0.06, would be seen


def test_jumps_come_at_poisson_times_and_prices_are_brownian_between() -> None:
    model = JumpPrice(volatility=0.01, jump_rate=0.1, jump_mean=0.0, jump_sd=50.0)
    path = model.sample(np.random.default_rng(3), 20_000.0, 0.5)
    jumped = np.abs(np.diff(np.log(path.prices))) > 0.1 * BP
    count = jumped.sum()  # a jump is smaller than that once in 600 times
    assert abs(count - 2000) < 4 * 2000**0.5 + 10


HESTON = StochasticVolatilityPrice(volatility=2.0, mean=1.0, rate=0.1, vol_of_vol=0.6, correlation=-0.7)
"""Far from its mean, violently correlated, and below Feller's condition: 2 rate mean^2 < vol_of_vol^2."""


def variance_moments(model: StochasticVolatilityPrice, time: float) -> tuple[float, float]:
    """Mean and variance of v at a time (Cox, Ingersoll, Ross 1985)."""
    start, level, decay = model.volatility**2, model.mean**2, np.exp(-model.rate * time)
    spread = model.vol_of_vol**2 / model.rate
    mean = level + (start - level) * decay
    return mean, start * spread * (decay - decay**2) + 0.5 * level * spread * (1.0 - decay) ** 2


@pytest.mark.parametrize("step", [0.25, 5.0])
def test_the_variance_has_the_exact_mean_and_variance_whatever_the_step(step: float) -> None:
    rng = np.random.default_rng(4)
    ends = np.array([HESTON.draw(rng, 10.0, step)[1][-1] for _ in range(PATHS)])
    mean, variance = variance_moments(HESTON, 10.0)
    assert mean_within(ends, mean)
    assert mean_within((ends - mean) ** 2, variance)
    assert ends.min() >= 0.0


def characteristic(model: StochasticVolatilityPrice, u: float, time: float) -> complex:
    """E exp(i u log(S_T / S_0)) (Heston 1993, in the form of Albrecher et al. 2007), u per unit of the logarithm."""
    kappa, theta, v0 = model.rate, (model.mean * BP) ** 2, (model.volatility * BP) ** 2
    xi, rho = model.vol_of_vol * BP, model.correlation
    beta = kappa - 1j * rho * xi * u
    d = cmath.sqrt(beta**2 + xi**2 * (u**2 + 1j * u))
    g = (beta - d) / (beta + d)
    decay = cmath.exp(-d * time)
    c = kappa * theta / xi**2 * ((beta - d) * time - 2.0 * cmath.log((1.0 - g * decay) / (1.0 - g)))
    return cmath.exp(c + v0 * (beta - d) / xi**2 * (1.0 - decay) / (1.0 - g * decay))


def test_the_logarithm_has_hestons_characteristic_function() -> None:
    """At frequencies around one over its standard deviation, real and imaginary part within 4 standard errors."""
    time = 20.0
    moves = log_moves(HESTON, time, 0.25, 5) * BP
    for scale in (0.3, 1.0, 2.0):
        u = scale / moves.std()
        expected = characteristic(HESTON, u, time)
        assert mean_within(np.cos(u * moves), expected.real)
        assert mean_within(np.sin(u * moves), expected.imag)


def test_prices_of_moving_volatility_are_a_martingale_even_at_coarse_steps() -> None:
    violent = attrs.evolve(HESTON, volatility=200.0, mean=100.0, vol_of_vol=60.0)
    growth = np.exp(log_moves(violent, 20.0, 5.0, 6) * BP)
    assert growth.std() > 0.05
    assert mean_within(growth, 1.0)


def test_absolute_moves_cluster_and_moves_do_not() -> None:
    model = StochasticVolatilityPrice(rate=1.0 / 60.0, vol_of_vol=0.2)
    moves = np.diff(np.log(model.sample(np.random.default_rng(7), 20_000.0, 1.0).prices))
    moves -= moves.mean()

    def memory(values: Floats, lag: int) -> float:
        centred = values - values.mean()
        return float(centred[lag:] @ centred[:-lag] / (centred @ centred))

    assert abs(memory(moves, 5)) < 4 * 2.0 / 20_000**0.5
    assert memory(np.abs(moves), 5) > 0.1


@pytest.mark.parametrize("model", [JumpPrice(), StochasticVolatilityPrice()])
def test_paths_reach_their_horizon_and_are_drawn_again_alike(model: PriceModel) -> None:
    path = model.sample(np.random.default_rng(0), horizon=1.0, step=0.3)
    np.testing.assert_allclose(path.times, [0.0, 0.3, 0.6, 0.9, 1.2])
    assert path.prices[0] == 1.1
    np.testing.assert_array_equal(path.prices, model.sample(np.random.default_rng(0), 1.0, 0.3).prices)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: JumpPrice(jump_rate=-1.0), "'jump_rate' must be >= 0"),
        (lambda: StochasticVolatilityPrice(correlation=1.5), "'correlation' must be <= 1"),
        (lambda: StochasticVolatilityPrice(rate=0.0), "'rate' must be > 0"),
    ],
)
def test_senseless_parameters_are_refused(make: type, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
