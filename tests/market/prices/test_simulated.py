"""Simulated prices agree with the closed-form moments of their processes, whatever the step."""

import numpy as np
import pytest

from catallaxy.market.prices import BrownianPrice, MeanRevertingPrice, PriceModel


@pytest.mark.parametrize("step", [0.1, 5.0])
def test_brownian_prices_have_the_stated_variance_and_no_drift(step: float) -> None:
    rng = np.random.default_rng(0)
    model = BrownianPrice(start=1.1, volatility=2.0)
    ends = np.array([model.sample(rng, 60.0, step).prices[-1] for _ in range(4000)])
    moves = 1e4 * np.log(ends / 1.1)
    assert moves.var() == pytest.approx(4.0 * 60.0, rel=4 * np.sqrt(2 / 4000))
    assert 1e4 * (ends / 1.1 - 1.0).mean() == pytest.approx(0.0, abs=4 * np.sqrt(240.0 / 4000))


@pytest.mark.parametrize("step", [0.1, 5.0])
def test_mean_reverting_prices_have_the_exact_transition(step: float) -> None:
    rng = np.random.default_rng(1)
    model = MeanRevertingPrice(start=1.11, mean=1.1, rate=0.03, volatility=2.0)
    ends = np.array([model.sample(rng, 40.0, step).prices[-1] for _ in range(4000)])
    deviation = 1e4 * np.log(ends / 1.1)
    mean = 1e4 * np.log(1.11 / 1.1) * np.exp(-0.03 * 40.0)
    variance = 4.0 * (1.0 - np.exp(-2 * 0.03 * 40.0)) / (2 * 0.03)
    assert deviation.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / 4000))
    assert deviation.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / 4000))


def test_a_mean_reverting_path_solves_its_recursion_step_by_step() -> None:
    """The doubling agrees with the plain recursion driven by the same shocks."""
    model, step = MeanRevertingPrice(start=1.2, mean=1.1, rate=0.5, volatility=3.0), 0.25
    path = model.sample(np.random.default_rng(2), 100.0, step)
    shocks = np.random.default_rng(2).standard_normal(400)
    x, factor = np.log(1.2 / 1.1), np.exp(-0.5 * step)
    deviation = 3.0e-4 * np.sqrt((1.0 - factor**2) / (2 * 0.5))
    expected = [x]
    for shock in shocks:
        x = factor * x + deviation * shock
        expected.append(x)
    np.testing.assert_allclose(np.log(path.prices / 1.1), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("model", [BrownianPrice(), MeanRevertingPrice()])
def test_a_path_reaches_its_horizon_and_holds_between_its_times(model: PriceModel) -> None:
    path = model.sample(np.random.default_rng(0), horizon=1.0, step=0.3)
    np.testing.assert_allclose(path.times, [0.0, 0.3, 0.6, 0.9, 1.2])
    assert path.at(0.0) == path.at(0.29) == path.prices[0] == 1.1
    assert path.at(0.65) == path.prices[2]
    again = model.sample(np.random.default_rng(0), horizon=1.0, step=0.3)
    np.testing.assert_array_equal(path.prices, again.prices)


@pytest.mark.parametrize(("horizon", "step"), [(0.0, 1.0), (1.0, 0.0), (float("nan"), 1.0), (1.0, -1.0)])
def test_a_senseless_grid_is_refused(horizon: float, step: float) -> None:
    with pytest.raises(ValueError, match="must be a positive number of minutes"):
        BrownianPrice().sample(np.random.default_rng(0), horizon, step)
