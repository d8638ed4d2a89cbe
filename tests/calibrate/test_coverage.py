"""Do intervals hold the truth as often as they say, while agents learn? On a map that is known, so that it is quick.

Six parameters, the last two of which show themselves in their sum alone; seven measures, curved, noisy, and drifting as
agents learn, with a wobble that all measurements of one time share.
"""

import numpy as np
import pytest

from catallaxy.calibrate import Parameter, Setting, Space, Target, Targets, flat_directions, local_map, make_calibrator
from catallaxy.engine import stream

SPACE = Space(tuple(Parameter(f"p{n}", 0.0, 1.0) for n in range(6)))
PLACES, ITERATIONS, BURN_IN = 24, 60, 12
SETTLED = 0.05
"""How far apart populations settle, in units of a measure's spread: targets come from another one."""

_rng = np.random.default_rng(5)
SLOPES, BENDS = _rng.standard_normal((2, 5, 7))
PHASES, LEARNED = _rng.uniform(0.0, 6.0, 7), _rng.standard_normal((5, 7))


def _seen(points):
    return np.column_stack([points[:, :4], points[:, 4:].mean(axis=1)]) - 0.5


def shows(points):
    seen = _seen(points)
    return seen @ SLOPES + 0.5 * np.sin(2.3 * (seen @ BENDS) + PHASES)


class Market:
    """What agents show while they learn."""

    def __init__(self, rng, drift):
        self.rng, self.drift, self.wobble = rng, drift, np.zeros(7)

    def measures(self, points, turn):
        self.wobble = 0.88 * self.wobble + 0.014 * self.rng.standard_normal(7)
        missing = self.drift * np.exp(-turn / (0.4 * ITERATIONS)) * np.tanh(0.5 + _seen(points) @ LEARNED)
        return shows(points) + missing + self.wobble + 0.4 * self.rng.standard_normal((len(points), 7))


def intervals(seed, *, uncertainty, drift=0.6, method="surrogate"):
    """The ends, the truth, and what is said to be flat."""
    rng = np.random.default_rng(seed)
    truth, market = rng.uniform(0.05, 0.95, 6), Market(rng, drift)
    burn_in = [rng.random((PLACES, 6)) for _ in range(BURN_IN)]
    seen = [market.measures(points, turn) for turn, points in enumerate(burn_in, 1)]
    late = np.concatenate(seen[BURN_IN // 2 :])
    spread = late.std(axis=0)
    values = shows(truth[None])[0] + np.hypot(SETTLED, uncertainty) * spread * rng.standard_normal(7)
    given = [
        Target(f"y{n}", value, uncertainty=uncertainty * unit)
        for n, (value, unit) in enumerate(zip(values, spread, strict=True))
    ]
    targets = Targets.scaled(given, late)
    found = make_calibrator(method, Setting(6, targets, PLACES, ITERATIONS), seed)
    for turn, (points, measures) in enumerate(zip(burn_in, seen, strict=True), 1):
        found.tell(points, measures, turn, stream(seed, turn, "tell"))
    for turn in range(BURN_IN + 1, ITERATIONS + 1):
        points = found.ask(stream(seed, turn, "ask"))
        found.tell(points, market.measures(points, turn), turn, stream(seed, turn, "tell"))
    answer = found.recommend(stream(seed, 0, "recommend"))
    flat = flat_directions(local_map(found.memory, answer.point, targets), answer.point, SPACE, targets)
    return *answer.interval(), truth, {name for way in flat for name in way.parts}


def covered(truths, **options):
    """Rate at which the four identifiable parameters' intervals hold, and the others', widths of both, named rate."""
    held, widths, named = [], [], []
    for seed in range(truths):
        low, high, truth, flat = intervals(seed, **options)
        held.append((low <= truth) & (truth <= high))
        widths.append(high - low)
        named.append(flat >= {"p4", "p5"})
    parts = [np.array(held), np.array(widths)]
    (told, rest), (wide, wider) = ((part[:, :4], part[:, 4:]) for part in parts)
    return told.mean(), rest.mean(), np.median(wide), np.median(wider), np.mean(named)


def test_intervals_hold_the_truth_while_agents_learn():
    told, rest, wide, wider, named = covered(16, uncertainty=0.1, drift=1.0)
    assert told > 0.92  # 64 intervals of 95 %: .984 now, .891 while the map ignored that agents learn
    assert rest > 0.9
    assert wide < 0.35
    assert wider > 0.5
    assert named > 0.7


def test_intervals_of_the_calibrator_with_a_model_are_those_of_its_map():
    told, _, wide, wider, _ = covered(4, uncertainty=0.1, method="rl-model")
    assert told > 0.9  # 16 intervals
    assert wide < 0.5 < wider


@pytest.mark.slow
def test_intervals_of_the_calibrator_with_a_model_hold_the_truth():
    told, rest, wide, wider, named = covered(60, uncertainty=0.1, method="rl-model")
    print(f"held {told:.3f} and {rest:.3f}, width {wide:.3f} and {wider:.3f}, named {named:.2f}")
    assert told > 0.92
    assert rest > 0.9
    assert wide < 0.4 < 0.5 < wider


@pytest.mark.slow
@pytest.mark.parametrize("uncertainty", [0.0, 0.1])
def test_intervals_hold_the_truth_at_their_rate(uncertainty):
    told, rest, wide, wider, named = covered(200, uncertainty=uncertainty)
    print(f"held {told:.3f} and {rest:.3f}, width {wide:.3f} and {wider:.3f}, named {named:.2f}")
    assert 0.92 < told < 0.99
    assert rest > 0.9
    assert wide < 0.3
    assert wider > 0.5
    assert named > 0.8
