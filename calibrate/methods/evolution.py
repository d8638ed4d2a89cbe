"""CMA-ES (Hansen, 2016) on the scalar loss, by the package `cma`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Recommendation, Setting
from ..errors import CalibrationError
from .held import Held, means

Floats = npt.NDArray[np.float64]


@attrs.frozen
class EvolutionConfig:
    """What CMA-ES can be told.

    Attributes:
        hold: iterations for which each generation is played: its losses are those of mean measures.
        spread: standard deviation of the first generation in the unit cube.
    """

    hold: int = attrs.field(default=4, validator=attrs.validators.ge(1))
    spread: float = attrs.field(default=0.3, validator=attrs.validators.gt(0.0))


class Evolution:
    """A generation is as many compositions as are played side by side. Recommends the distribution's mean.

    Its state is its history: to go on, the generations are told again, which draws the same numbers.
    """

    def __init__(self, setting: Setting, config: EvolutionConfig | None = None) -> None:
        self.setting, self.config = setting, config or EvolutionConfig()
        self._history: list[tuple[Floats, Floats]] = []
        self._held = Held(setting, lambda count, rng: self._generation(rng), hold=self.config.hold)
        self._start()

    def _start(self) -> None:
        try:
            from cma import CMAEvolutionStrategy
        except ImportError:
            raise CalibrationError("CMA-ES needs the package cma: pip install 'catallaxy[calibrate]'") from None
        options = {
            "bounds": [0.0, 1.0],
            "popsize": self.setting.places,
            "randn": lambda *shape: np.zeros(shape),  # never drawn from: generations are given from outside
            "seed": np.nan,
            "verbose": -9,
            "maxiter": np.inf,
            "tolfun": 0.0,
            "tolx": 0.0,
        }
        self._strategy: Any = CMAEvolutionStrategy([0.5] * self.setting.size, self.config.spread, options)

    def ask(self, rng: Stream) -> Floats:
        """The present generation, drawn from the strategy's normal distribution."""
        return self._held.ask(rng)

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Gather what the generation shows, and let it have offspring once it has been played often enough."""
        if (told := self._held.tell(points, measures)) is not None:
            generation, episodes = told
            losses = np.nan_to_num(self.setting.targets.loss(means(episodes)), nan=1e9)
            self._history.append((generation, losses))
            self._breed(generation, losses)

    def recommend(self, rng: Stream) -> Recommendation:
        """The mean of the distribution, and draws from it."""
        mean = np.clip(np.asarray(self._strategy.mean, np.float64), 0.0, 1.0)
        return Recommendation(mean, self._generation(rng))

    def _generation(self, rng: Stream) -> Floats:
        strategy = self._strategy
        normal = rng.standard_normal((self.setting.places, self.setting.size))
        steps = strategy.sigma * np.stack([np.asarray(strategy.sm.transform(row)) for row in normal])
        return np.asarray(np.clip(strategy.mean + steps, 0.0, 1.0), np.float64)

    def _breed(self, points: Floats, losses: Floats) -> None:
        self._strategy.ask(number=0)
        self._strategy.tell(list(points), losses.tolist(), check_points=False)

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        size, places = self.setting.size, self.setting.places
        points = [points for points, _ in self._history] or [np.empty((0, size))]
        losses = [losses for _, losses in self._history] or [np.empty(0)]
        return {
            "points": np.concatenate(points).reshape(-1, places, size),
            "losses": np.concatenate(losses).reshape(-1, places),
            "held": self._held.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self._start()
        self._history = list(zip(np.asarray(state["points"]), np.asarray(state["losses"]), strict=True))
        for points, losses in self._history:
            self._breed(points, losses)
        self._held.load_state_dict(state["held"])
