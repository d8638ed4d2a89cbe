"""Bayesian optimisation: batches held, old pairs counting less, all losses, against random search as agents learn."""

import numpy as np
import pytest

from catallaxy.calibrate import CalibrationError, Setting, Target, Targets, make_calibrator
from catallaxy.calibrate.methods import Bayesian, BayesianConfig
from catallaxy.calibrate.methods.held import Held, means
from catallaxy.engine import stream

TRUTH = np.array([0.3, 0.7, 0.4, 0.6])
LOSSES = ("squared", "relative", "absolute", "quantile", "squared")


def shows(points):
    """Five measures of four parameters, saturating and crossed."""
    a, b, c, d = points.T
    sums = np.stack([2 * a - d, b + 0.5 * c, c - a * b, d + a, b - c + d], axis=1)
    return 1.0 / (1.0 + np.exp(-3.0 * (sums - 0.5)))


def setting(losses=("squared",) * 5, iterations=120):
    prior, wanted = shows(np.random.default_rng(0).random((400, 4))), shows(TRUTH[None])[0]
    targets = [Target(f"y{n}", value, loss=loss) for n, (value, loss) in enumerate(zip(wanted, losses, strict=True))]
    return Setting(4, Targets.scaled(targets, prior), 16, iterations)


def calibrated(found, given, *, seed, undefined=0.0):
    """The recommendation, told of agents who learn: their bias and noise fall; some measures are undefined."""
    rng = np.random.default_rng(seed)
    for turn in range(given.budget):
        early, behind = turn < given.budget // 5, np.exp(-4.0 * turn / given.budget)
        points = rng.random((16, 4)) if early else found.ask(stream(seed, turn, "ask"))
        measures = shows(points) + 0.15 * behind * (1.0 - points[:, :1])
        measures = measures + 0.1 * (1.0 + behind) * rng.standard_normal(measures.shape)
        measures[rng.random(measures.shape) < undefined] = np.nan
        found.tell(points, measures, turn + 1, stream(seed, turn, "tell"))
    return found.recommend(stream(seed, given.budget, "recommend"))


@pytest.mark.slow
def test_it_beats_random_search_at_the_same_count_and_with_a_model_of_each_measure_the_more():
    given = setting()
    loss = {
        method: np.mean(
            [
                given.targets.loss(
                    shows(calibrated(make_calibrator(method, given, seed), given, seed=seed).point[None])
                )
                for seed in range(3)
            ]
        )
        for method in ("random", "bo", "bo-composite")
    }
    assert loss["bo-composite"] < 0.5 * loss["bo"]
    assert loss["bo"] < 0.5 * loss["random"]


def test_every_kind_of_loss_is_met_even_if_measures_are_undefined_in_some_episodes():
    given = setting(LOSSES, iterations=60)
    found = calibrated(Bayesian(given, BayesianConfig(composite=True)), given, seed=1, undefined=0.1)
    assert np.abs(found.point - TRUTH).max() < 0.2
    assert np.isfinite(found.draws).all()


def test_the_best_composition_seen_is_not_what_is_recommended():
    given = setting(iterations=60)
    found = Bayesian(given)
    point = calibrated(found, given, seed=2).point
    assert not np.any(np.all(found.played.points == point, axis=1))


def test_asking_for_a_recommendation_changes_nothing():
    given, points = setting(iterations=20), []
    for ask in (False, True):
        found = Bayesian(given, BayesianConfig(composite=True))
        calibrated(found, given, seed=3)
        if ask:
            found.recommend(stream(0, 0, "recommend"))
        points.append(found.ask(stream(3, 20, "ask")))
    assert np.array_equal(*points)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"hold": 2, "skip": 2}, r"skip must be less than hold \(2\), got 2"),
        ({"acquisition": "improvement"}, "is for the scalar variant with batch=1"),
        ({"acquisition": "improvement", "batch": 1, "composite": True}, "is for the scalar variant with batch=1"),
    ],
)
def test_impossible_settings_are_refused(settings, told):
    with pytest.raises(CalibrationError, match=told):
        BayesianConfig(**settings)


def test_a_batch_is_held_on_equal_shares_of_the_places_and_its_first_episodes_are_left_out():
    held = Held(setting(), lambda count, rng: rng.random((count, 4)), hold=3, skip=1, batch=5)
    assert held.batch == 4, "16 places can't be shared by 5"
    points = held.ask(stream(0, 0, "ask"))
    assert len(np.unique(points, axis=0)) == 4
    assert held.tell(points + 1e-9, np.zeros((16, 5))) is None, "these are others"
    for turn in range(2):
        assert held.tell(points, np.full((16, 5), 100.0 * (turn == 0))) is None
        assert np.array_equal(held.ask(stream(0, turn + 1, "ask")), points)
    batch, episodes = held.tell(points, np.arange(16.0)[:, None] * np.ones(5))
    assert np.array_equal(np.repeat(batch, 4, axis=0), points)
    assert episodes.shape == (4, 8, 5), "two iterations of four places each"
    assert means(episodes)[:, 0] == pytest.approx([0.75, 2.75, 4.75, 6.75])
    assert not np.array_equal(held.ask(stream(0, 3, "ask")), points)


def test_the_mean_of_episodes_is_that_of_those_in_which_a_measure_is_defined():
    episodes = np.array([[[1.0, np.nan], [3.0, np.nan]], [[np.nan, 5.0], [2.0, 7.0]]])
    assert means(episodes) == pytest.approx(np.array([[2.0, np.nan], [2.0, 6.0]]), nan_ok=True)
