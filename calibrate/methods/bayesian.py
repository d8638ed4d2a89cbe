"""Bayesian optimisation: Gaussian processes of the loss, or of every target's measure with the loss on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt
import torch

from catallaxy.engine import Stream

from ..calibrator import Memory, Recommendation, Setting
from ..errors import CalibrationError
from ..gaussian import GaussianProcess, fit, least
from ..surrogate import AS_GOOD, DRAWS, recency, told
from .held import Held, means

Floats = npt.NDArray[np.float64]

AT_ONCE = 8
"""Of the compositions drawn for intervals, how many are searched for side by side, for memory's sake."""
GROWTH, FEW = 1.25, 8
"""Lengths, signal and noise are fitted anew whenever so many times the compositions of the last fit have been played;
how many these are at least."""
SLOPE = 3.0
"""Prior standard deviation of a measure's slopes, in its scale; the loss has a constant mean, being least inside."""
FITTED = 160
"""Pairs they are fitted to, spread evenly over those in use."""
THOROUGH = 9
"""Rounds of the search for a recommendation."""


@attrs.frozen
class BayesianConfig:
    """What Bayesian optimisation can be told; the defaults are the strong scalar variant.

    Attributes:
        composite: whether each target's measure has a Gaussian process of its own, the loss being computed from all of
            them (Astudillo and Frazier, 2019), or the logarithm of the loss has one.
        acquisition: "thompson": the best compositions of drawn functions; "improvement": the largest expected
            improvement on the least expected loss so far, of the scalar variant, one composition at a time.
        batch: compositions at a time, each on an equal share of the places.
        hold: iterations for which a batch is played.
        skip: of these, how many are not counted at the beginning: for agents who aren't told the composition, and have
            to adapt.
        memory: part of the decisions spent by now after which a pair counts 1/e (its noise variance is e-fold): the
            agents have learned since.
        window: the most pairs that are used, the newest.
        initial: pairs before the first fit, for each parameter and one more; with few, the loss of the first valley
            is taken for the only one.
        roaming: part of Thompson sampling's proposals that come from the prior, against processes that mislead.
        offset: the scalar variant models log(loss + offset): the loss of noisy measures has a floor, and near it
            differences are noise, which a smaller offset would magnify.
    """

    composite: bool = False
    acquisition: Literal["thompson", "improvement"] = "thompson"
    batch: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    hold: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    skip: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    memory: float = attrs.field(default=2.0, validator=attrs.validators.gt(0.0))
    window: int = attrs.field(default=384, validator=attrs.validators.ge(8))
    initial: int = attrs.field(default=5, validator=attrs.validators.ge(1))
    roaming: float = attrs.field(default=0.0625, validator=attrs.validators.ge(0.0))
    offset: float = attrs.field(default=0.3, validator=attrs.validators.gt(0.0))

    def __attrs_post_init__(self) -> None:
        if self.skip >= self.hold:
            raise CalibrationError(
                f"skip must be less than hold ({self.hold}), got {self.skip}: nothing would be counted"
            )
        if self.acquisition == "improvement" and (self.composite or self.batch > 1):
            raise CalibrationError(
                "expected improvement is for the scalar variant with batch=1; use acquisition='thompson'"
            )


NAIVE = BayesianConfig(acquisition="improvement", batch=1, initial=2)
"""Expected improvement, one composition at a time."""
COMPOSITE = BayesianConfig(composite=True, memory=0.5, window=256)
"""A Gaussian process for every target."""


class Bayesian:
    """Recommends the composition with the least loss by the processes' means.

    Single episodes of the burn-in teach the measures, but not the loss: that of one episode's noisy measures is too
    large on average, and can't be compared with that of mean measures. The scalar variant begins with random batches.
    """

    def __init__(self, setting: Setting, config: BayesianConfig | None = None) -> None:
        self.setting, self.config = setting, config or BayesianConfig()
        measures = len(setting.targets.targets)
        self.single, self.played = Memory(setting.size, measures), Memory(setting.size, measures)
        self.centre: Floats = np.full(setting.size, 0.5)
        self._logs: Floats = np.empty((0, setting.size + 2))
        self._fitted = 0
        self._known: GaussianProcess | None = None
        hold, skip, batch = self.config.hold, self.config.skip, self.config.batch
        self._held = Held(setting, self._propose, hold=hold, skip=skip, batch=batch)

    def ask(self, rng: Stream) -> Floats:
        """The batch in play, or the next one."""
        return self._held.ask(rng)

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Gather what the batch shows; once it has been played, add it to the pairs, and move the centre."""
        if not self._held.plays(points):
            self.single.add(points, measures, spent)
            self._known = None
        elif (shown := self._held.tell(points, measures)) is not None:
            self.played.add(shown[0], means(shown[1]), spent)
            self._known = None
            if (model := self.model()) is not None:
                self.centre = self._expected(model, rng)

    def recommend(self, rng: Stream) -> Recommendation:
        """The composition of least expected loss; draws by functions and targets as uncertain as they are."""
        if (model := self.model()) is None:
            return Recommendation(np.full(self.setting.size, 0.5), np.empty((0, self.setting.size)))
        point = self._expected(model, rng, rounds=THOROUGH)
        draws = [self._plausible(model, AT_ONCE, rng) for _ in range(0, DRAWS, AT_ONCE)]
        return Recommendation(point, np.concatenate(draws))

    def model(self) -> GaussianProcess | None:
        """The processes given all pairs; None as long as there are too few."""
        if self._known is not None:
            return self._known
        points, measures, weights = self._pairs()
        if len(points) < min(self.config.initial * (self.setting.size + 1), self.config.window):
            return None
        values, slope = self._values(measures), SLOPE * self.config.composite
        if not len(self._logs) or len(self.played) >= GROWTH * max(self._fitted, FEW):
            some = np.linspace(0, len(points) - 1, min(len(points), FITTED)).astype(int)
            start = self._logs if len(self._logs) else None
            self._logs = fit(points[some], values[some], weights[some], slope, start)
            self._fitted = len(self.played)
        self._known = GaussianProcess.given(points, values, weights, self._logs, slope)
        return self._known

    def _propose(self, count: int, rng: Stream) -> Floats:
        if (model := self.model()) is None:
            return np.asarray(rng.random((count, self.setting.size)))
        if self.config.acquisition == "improvement":
            return self._improving(model, rng)
        drawn = model.draw(count, rng)
        points = least(lambda points: self._loss(drawn(points)), self._promising(), rng)
        roaming = rng.random(count) < self.config.roaming
        return np.where(roaming[:, None], rng.random(points.shape), points)

    def _pairs(self) -> tuple[Floats, Floats, Floats]:
        """Compositions, mean measures and weights in use: batches, and before these episodes of the burn-in."""
        config, played, single = self.config, self.played, self.single
        episodes = (config.hold - config.skip) * (self.setting.places // self._held.batch)
        kept = min(len(played), config.window)
        early = min(len(single), config.window - kept) if config.composite else 0
        parts = [(single, early, 1.0), (played, kept, float(episodes))]
        points, measures, spent = (
            np.concatenate([getattr(memory, name)[len(memory) - count :] for memory, count, _ in parts])
            for name in ("points", "measures", "spent")
        )
        counts = np.repeat([size for _, _, size in parts], [count for _, count, _ in parts])
        return points, measures, counts * recency(spent, config.memory) if len(spent) else counts

    def _values(self, measures: Floats) -> Floats:
        """What the processes model, shape (n, m) or (n, 1)."""
        targets = self.setting.targets
        if self.config.composite:
            return targets.errors(measures)
        return np.log(targets.loss(measures) + self.config.offset)[:, None]

    def _loss(self, values: Floats) -> Floats:
        """The loss, shape (...), for what the processes model, shape (..., m) or (..., 1)."""
        targets = self.setting.targets
        if self.config.composite:
            return targets.loss(targets.values + targets.scale * values)
        return np.asarray(np.exp(values[..., 0]) - self.config.offset)

    def _expected(self, model: GaussianProcess, rng: Stream, *, rounds: int = 5) -> Floats:
        """The composition of least expected loss, shape (d,)."""
        points = least(lambda points: self._loss(model(points)), self._promising(), rng, rounds=rounds)
        return np.asarray(points[0], np.float64)

    def _promising(self) -> Floats:
        """The centre, and what was played last, shape (n, d)."""
        return np.concatenate([self.centre[None], self.played.points[-16:]])

    def _improving(self, model: GaussianProcess, rng: Stream) -> Floats:
        """The composition with the largest expected improvement, shape (1, d)."""
        best = model(self.played.points).min()

        def score(points: Floats) -> Floats:
            deviation = np.maximum(model.deviation(points)[..., 0], 1e-9)
            return np.asarray(-_log_improvement((best - model(points)[..., 0]) / deviation) - np.log(deviation))

        return least(score, self._promising(), rng)

    def _plausible(self, model: GaussianProcess, count: int, rng: Stream) -> Floats:
        """For each drawn function a composition as good as its best: anywhere, if the targets don't notice."""
        size, targets = self.setting.size, self.setting.targets
        drawn = model.draw(count, rng)
        known = told(targets, np.zeros(len(targets.scale))) / targets.scale
        aims = known * rng.standard_normal((count, 1, len(known))) if self.config.composite else 0.0

        def score(points: Floats) -> Floats:
            return self._loss(drawn(points) - aims)

        best = least(score, self._promising(), rng)
        other = least(score, rng.random((16, size)), rng)
        as_good = score(other[:, None]) <= score(best[:, None]) + AS_GOOD
        return np.where(as_good, other, best)

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {
            "single": self.single.state_dict(),
            "played": self.played.state_dict(),
            "held": self._held.state_dict(),
            "centre": self.centre,
            "logs": self._logs,
            "fitted": self._fitted,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        for memory, name in ((self.single, "single"), (self.played, "played"), (self._held, "held")):
            memory.load_state_dict(state[name])
        self.centre, self._logs = np.asarray(state["centre"]), np.asarray(state["logs"])
        self._fitted = int(state["fitted"])


def _log_improvement(z: Floats) -> Floats:
    """log(phi(z) + z Phi(z)); far below zero by its asymptote (Ament et al., 2023)."""
    x = torch.from_numpy(np.maximum(z, -5.0))
    near = torch.log(torch.exp(-0.5 * x**2) / (2.0 * np.pi) ** 0.5 + x * torch.special.ndtr(x)).numpy()
    far = np.minimum(z, -5.0)
    return np.where(z > -5.0, near, -0.5 * far**2 - 0.5 * np.log(2.0 * np.pi) - 2.0 * np.log(-far))
