"""Ensemble Kalman inversion: an ensemble of compositions moved by its own covariance with what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Recommendation, Setting
from .held import Held, means

Floats = npt.NDArray[np.float64]


@attrs.frozen
class KalmanConfig:
    """What ensemble Kalman inversion can be told.

    Attributes:
        hold: iterations for which the ensemble is played before each step.
        step: how far a step goes: the noise is multiplied by 1 / step, so that many small steps take the place of one.
        spread: least standard deviation of the ensemble in the unit cube: agents are still learning, so it must go on
            looking around.
    """

    hold: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    step: float = attrs.field(default=0.5, validator=attrs.validators.gt(0.0))
    spread: float = attrs.field(default=0.03, validator=attrs.validators.ge(0.0))


class EnsembleKalman:
    """Iglesias, Law & Stuart (2013), with perturbed observations, in the logit of the unit cube.

    Works with each target's error, so any loss is taken for the weighted squared one. Recommends the mean of the
    ensemble over the last third of its steps.
    """

    def __init__(self, setting: Setting, config: KalmanConfig | None = None) -> None:
        self.setting, self.config = setting, config or KalmanConfig()
        self.ensemble: Floats = np.empty((0, setting.size))
        self.path: Floats = np.empty((0, setting.size))
        self._held = Held(setting, lambda count, rng: self.ensemble, hold=self.config.hold)

    def ask(self, rng: Stream) -> Floats:
        """The ensemble as it is."""
        if not len(self.ensemble):
            self.ensemble = np.asarray(rng.random((self.setting.places, self.setting.size)))
        return self._held.ask(rng)

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Gather what the ensemble shows, and step once it has been played often enough."""
        if (told := self._held.tell(points, measures)) is not None:
            self._move(self.setting.targets.errors(told[1]), rng)

    def _move(self, errors: Floats, rng: Stream) -> None:
        """One step, by the errors of all episodes, shape (places, hold, m).

        A measure that no episode of a member defines moves it nowhere: it is taken for what the others show.
        """
        config, mean = self.config, means(errors)
        mean = np.where(np.isfinite(mean), mean, np.nan_to_num(means(mean[None])))
        variance = np.nan_to_num(means(means((errors - mean[:, None]) ** 2)[None])[0])
        noise = np.maximum(variance / max(config.hold - 1, 1), 1e-4)
        noise = noise / (config.step * self.setting.targets.weights * len(noise))
        place = _logit(self.ensemble)
        state, shown = place - place.mean(axis=0), mean - mean.mean(axis=0)
        members = len(place) - 1
        gain = (state.T @ shown / members) @ np.linalg.inv(shown.T @ shown / members + np.diag(noise))
        wanted = np.sqrt(noise) * rng.standard_normal(mean.shape)
        moved = _cube(place + (wanted - mean) @ gain.T)
        deviation = moved.std(axis=0)
        missing = np.sqrt(np.maximum(config.spread**2 - deviation**2, 0.0))
        self.ensemble = np.clip(moved + missing * rng.standard_normal(moved.shape), 0.01, 0.99)
        self.path = np.concatenate([self.path, self.ensemble.mean(axis=0)[None]])

    def recommend(self, rng: Stream) -> Recommendation:
        """The mean over the last third of the path; the ensemble as draws."""
        if not len(self.path):
            return Recommendation(np.full(self.setting.size, 0.5), self.ensemble)
        return Recommendation(self.path[-max(1, len(self.path) // 3) :].mean(axis=0), self.ensemble)

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {"ensemble": self.ensemble, "path": self.path, "held": self._held.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self.ensemble, self.path = state["ensemble"], state["path"]
        self._held.load_state_dict(state["held"])


def _logit(points: Floats) -> Floats:
    inside = np.clip(points, 0.01, 0.99)
    return np.asarray(np.log(inside / (1.0 - inside)), np.float64)


def _cube(places: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-places)), np.float64)
