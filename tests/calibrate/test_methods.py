"""Calibrators on a map that is known, with noise: no agents, so that it is quick."""

import sys

import attrs
import numpy as np
import pytest

from catallaxy.calibrate import METHODS, CalibrationError, Setting, Target, Targets, make_calibrator
from catallaxy.calibrate.methods import INFORMED, Reinforcement
from catallaxy.engine import stream

TRUTH = np.array([0.3, 0.7, 0.55])


def shows(points):
    """Four measures of three parameters, curved and crossed."""
    a, b, c = points.T
    return np.stack([2 * a + 0.5 * b * c, b - 0.4 * a**2, c + 0.3 * np.sin(3 * a), a * b + c**2], axis=1)


def calibrated(method, *, iterations=300, seed=1, noise=0.15, resume_at=None, undefined=0.0):
    """The recommendation after some iterations, each with 16 noisy measurements; a part of the first is undefined."""
    rng = np.random.default_rng(seed)
    prior = shows(rng.random((400, 3)))
    wanted = shows(TRUTH[None])[0]
    targets = Targets.scaled([Target(f"y{n}", value) for n, value in enumerate(wanted)], prior)
    setting = Setting(3, targets, 16, iterations)
    found = make_calibrator(method, setting, seed)
    for turn in range(iterations):
        if turn == resume_at:
            state = found.state_dict()
            found = make_calibrator(method, setting, seed + 1)
            found.load_state_dict(state)
        points = np.clip(found.ask(stream(seed, turn, "ask")), 0.0, 1.0)
        assert points.shape == (16, 3)
        measures = shows(points) + noise * rng.standard_normal((16, 4))
        measures[rng.random(16) < undefined, 0] = np.nan
        found.tell(points, measures, turn + 1, stream(seed, turn, "tell"))
    return found.recommend(stream(seed, iterations, "recommend"))


@pytest.mark.parametrize(
    ("method", "within"),
    [
        ("surrogate", 0.03),
        ("kalman", 0.08),
        ("amortised", 0.08),
        pytest.param("npe", 0.15, marks=pytest.mark.slow),
        ("bo", 0.15),
        ("bo-ei", 0.2),
        pytest.param("bo-composite", 0.05, marks=pytest.mark.slow),
        ("cma", 0.12),
        ("rl", 0.25),
        pytest.param("rl-model", 0.1, marks=pytest.mark.slow),
        ("rl-talk", 0.3),
        ("random", 0.3),
    ],
)
def test_every_method_comes_near_the_truth(method, within):
    errors = [np.abs(calibrated(method, seed=seed).point - TRUTH).max() for seed in (1, 2)]
    assert np.mean(errors) < within


@pytest.mark.parametrize("method", METHODS)
def test_every_method_goes_on_as_if_it_had_never_stopped(method):
    whole, resumed = calibrated(method, iterations=40), calibrated(method, iterations=40, resume_at=23)
    assert np.array_equal(whole.point, resumed.point)
    assert np.array_equal(whole.draws, resumed.draws)


@pytest.mark.parametrize("method", METHODS)
def test_recommendations_lie_in_the_cube(method):
    for iterations in (0, 1, 9):
        found = calibrated(method, iterations=iterations)
        assert found.point.shape == (3,)
        assert np.all((found.point >= 0.0) & (found.point <= 1.0))
        assert np.all((found.draws >= 0.0) & (found.draws <= 1.0))


def test_without_sbi_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sbi.inference", None)
    with pytest.raises(CalibrationError, match=r"needs the package sbi: pip install 'catallaxy\[npe\]'"):
        calibrated("npe", iterations=0)


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"npe", "amortised"}))
def test_a_measure_that_is_undefined_in_some_episodes_does_no_lasting_harm(method):
    """As the price paid in an episode without a trade."""
    found = calibrated(method, iterations=60, undefined=0.1)
    assert np.isfinite(found.point).all()
    assert np.isfinite(found.draws).all()


@pytest.mark.parametrize("method", ["rl", "rl-model", "surrogate"])
def test_nothing_is_learned_from_a_measure_that_is_never_defined(method):
    found = calibrated(method, iterations=20, undefined=1.0)
    assert np.all((found.point >= 0.0) & (found.point <= 1.0))


def test_cma_does_not_lose_what_it_has_found_near_a_face():
    """Its own space has no bounds: drawn there without folding, its steps grew without end."""
    rng = np.random.default_rng(3)
    truth, map_ = 0.1 + 0.8 * rng.random(6), 0.8 * rng.standard_normal((7, 6))
    targets = Targets(tuple(Target(str(k), float(value)) for k, value in enumerate(map_ @ truth)), np.ones(7))
    found = make_calibrator("cma", Setting(6, targets, 16, 1), 0)
    losses = []
    for turn in range(625):
        points = found.ask(stream(3, turn, "ask"))
        found.tell(points, points @ map_.T + 0.5 * rng.standard_normal((16, 7)), turn, stream(3, turn, "tell"))
        if turn in (210, 624):
            losses.append(float(targets.loss(map_ @ found.recommend(stream(3, turn, "recommend")).point)))
    assert max(losses) < 0.03


def test_the_rl_calibrator_may_learn_whenever_the_agents_do():
    targets = Targets((Target("a", 0.5),), np.ones(1))
    found = Reinforcement(Setting(1, targets, 4, 20), attrs.evolve(INFORMED, every=1))
    for turn in range(5):
        points = found.ask(stream(0, turn, "ask"))
        found.tell(points, points, turn + 1, stream(0, turn, "tell"))
    assert found.learner.updates == 4


@pytest.mark.parametrize("stopped", [False, True])
def test_the_informed_rl_calibrator_begins_where_the_burn_in_saw_little_loss(stopped):
    rng = np.random.default_rng(0)
    targets = Targets(tuple(Target(f"y{n}", value) for n, value in enumerate(shows(TRUTH[None])[0])), np.ones(4))
    setting = Setting(3, targets, 16, 100)
    found = Reinforcement(setting, INFORMED)
    for turn in range(30):
        points = rng.random((16, 3))
        found.tell(points, shows(points) + 0.1 * rng.standard_normal((16, 4)), turn, stream(0, turn, "tell"))
    if stopped:
        state, found = found.state_dict(), Reinforcement(setting, INFORMED)
        found.load_state_dict(state)
    begun = found.ask(stream(0, 0, "ask"))
    assert len(np.unique(begun, axis=0)) == 16
    assert np.abs(begun - TRUTH).mean() < 0.15 < np.abs(points - TRUTH).mean()
