"""The fair score of a recommendation: frozen, learned from scratch on fresh seeds, measured on held-out ones."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import stream
from catallaxy.market.measures import Interval, interval

from .problem import Population, Problem
from .targets import Targets

Floats = npt.NDArray[np.float64]


@attrs.frozen
class Protocol:
    """How recommendations are judged, the same for every method.

    Attributes:
        decisions: from which agents learn at the recommended composition, from nothing.
        places: worlds side by side.
        episodes: measured after learning, of another seed.
        trainings: of each recommendation, with seeds of their own.
    """

    decisions: int = 400_000
    places: int = 16
    episodes: int = 64
    trainings: int = 3


@attrs.frozen(eq=False)
class Settled:
    """What a composition shows in its equilibrium.

    Attributes:
        measures: of each training, shape (trainings, m).
        losses: of each training, shape (trainings,).
    """

    measures: Floats
    losses: Floats

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(self.losses.mean())

    @property
    def interval(self) -> Interval:
        """Of the loss, over trainings."""
        return interval(self.losses)


def judge(problem: Problem, point: Floats, targets: Targets, protocol: Protocol, seed: int) -> Settled:
    """Freeze a composition, train agents from scratch a few times, and measure each time.

    Args:
        problem: the market.
        point: the composition, shape (d,).
        targets: with their scale.
        protocol: how often and how long.
        seed: none that the calibration has used.
    """
    seeds = [int(stream(seed, turn, "verdict").integers(2**31)) for turn in range(protocol.trainings)]
    measures = np.stack([_measured(problem, point, protocol, each) for each in seeds])
    return Settled(measures, targets.loss(measures))


def settle(problem: Problem, point: Floats, protocol: Protocol, seed: int) -> Population:
    """Agents who have learned to live in one composition, from nothing."""
    population = problem.populate(places=protocol.places, seed=seed, conditioned=False)
    points = np.repeat(point[None], protocol.places, axis=0)
    while population.decisions < protocol.decisions:
        population.explore(points)
    return population


def _measured(problem: Problem, point: Floats, protocol: Protocol, seed: int) -> Floats:
    population = settle(problem, point, protocol, seed)
    return population.evaluate(point, protocol.episodes, int(stream(seed, 0, "settled").integers(2**31)))


def score(loss: float, floor: float, prior: float) -> float:
    """(loss - floor) / (prior - floor): 0 is what the planted truth itself reaches, 1 the middle of the prior."""
    return (loss - floor) / (prior - floor)
