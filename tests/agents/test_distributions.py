"""Distributions and supertypes draw what they say."""

import math

import attrs
import numpy as np
import pytest

from catallaxy.agents import Choice, Constant, Distribution, LogUniform, Normal, Supertype, Uniform
from catallaxy.engine import CatallaxyError, stream

DRAWS = 20_000


@pytest.mark.parametrize(
    "distribution",
    [
        Constant(3.0),
        Uniform(-1.0, 2.0),
        LogUniform(1e-3, 1e-1),
        Normal(2.0, 0.5),
        Choice((1.0, 5.0), (3.0, 1.0)),
        Choice((1.0, 2.0, 6.0)),
    ],
    ids=str,
)
def test_draws_have_the_stated_mean_and_support(distribution: Distribution) -> None:
    rng = stream(0, 0, "test")
    draws = np.array([distribution.draw(rng) for _ in range(DRAWS)])
    low, high = distribution.support()
    assert low <= draws.min()
    assert draws.max() <= high
    assert abs(draws.mean() - distribution.mean()) <= 4 * draws.std() / math.sqrt(DRAWS) + 1e-12


def test_log_uniform_is_uniform_in_the_logarithm() -> None:
    rng = stream(1, 0, "test")
    draws = np.log10([LogUniform(1e-3, 1e-1).draw(rng) for _ in range(DRAWS)])
    counts, _ = np.histogram(draws, bins=10, range=(-3, -1))
    expected = DRAWS / 10
    assert ((counts - expected) ** 2 / expected).sum() < 33.7  # chi-square, 9 degrees of freedom, p = 1e-4


def test_a_normal_is_clipped_to_its_bounds() -> None:
    rng = stream(2, 0, "test")
    draws = [Normal(0.0, 1.0, low=-0.5, high=0.25).draw(rng) for _ in range(200)]
    assert min(draws) == -0.5
    assert max(draws) == 0.25


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Uniform(2.0, 1.0), "low must not exceed high, got low=2.0 and high=1.0"),
        (lambda: LogUniform(0.0, 1.0), "LogUniform.low must be positive, got 0.0"),
        (lambda: Normal(0.0, -1.0), "Normal.sd must not be negative, got -1.0"),
        (lambda: Constant(float("nan")), "Constant.value must be a finite number, got nan"),
        (lambda: Choice(()), "Choice.values must be finite numbers, at least one"),
        (lambda: Choice((1.0, 2.0), (1.0,)), "Choice.weights must be 2 numbers"),
    ],
)
def test_impossible_parameters_are_refused_by_name(make: object, words: str) -> None:
    with pytest.raises(CatallaxyError) as caught:
        make()  # type: ignore[operator]
    assert words in str(caught.value)


@attrs.frozen
class Taste:
    price: float
    speed: float


def test_a_supertype_draws_types() -> None:
    group = Supertype(Taste, price=Uniform(0.0, 1.0), speed=2.0)
    first, second = (group.draw(stream(3, episode, "test")) for episode in (0, 1))
    assert isinstance(first, Taste)
    assert first.speed == second.speed == 2.0
    assert first.price != second.price
    assert group.draw(stream(3, 0, "test")) == first


def test_a_supertype_of_other_parameters_is_refused() -> None:
    with pytest.raises(CatallaxyError, match="a supertype of Taste with price, mood"):
        Supertype(Taste, price=1.0, mood=2.0).draw(stream(0, 0, "test"))
