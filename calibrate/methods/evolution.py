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

    Its state is its history: to go on, the generations are drawn and told again, from the same normal numbers.
    """

    def __init__(self, setting: Setting, config: EvolutionConfig | None = None) -> None:
        self.setting, self.config = setting, config or EvolutionConfig()
        self._history: list[tuple[Floats, Floats]] = []
        self._normal: Floats = np.zeros((setting.places, setting.size))
        self._drawn: list[Floats] = []
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
            "randn": lambda *shape: self._normal.reshape(shape),  # it has no generator of its own
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
            losses = np.nan_to_num(self.setting.targets.loss(means(told[1])), nan=1e9)
            self._history.append((self._normal, losses))
            self._strategy.tell(self._drawn, losses.tolist())

    def recommend(self, rng: Stream) -> Recommendation:
        """The mean of the distribution, and draws from it."""
        strategy = self._strategy
        steps = [strategy.sigma * strategy.sm.transform(row) for row in rng.standard_normal(self._normal.shape)]
        draws = np.stack([self._inside(strategy.mean + step) for step in steps])
        return Recommendation(self._inside(strategy.mean), draws)

    def _generation(self, rng: Stream) -> Floats:
        return self._bred(rng.standard_normal(self._normal.shape))

    def _bred(self, normal: Floats) -> Floats:
        """The generation that these normal numbers give, in the unit cube."""
        self._normal = normal
        self._drawn = self._strategy.ask()
        return np.clip(np.stack(self._drawn), 0.0, 1.0)

    def _inside(self, point: Floats) -> Floats:
        """A point of the strategy's own space, which has no bounds, in the unit cube."""
        inside = self._strategy.gp.pheno(point, into_bounds=self._strategy.boundary_handler.repair)
        return np.clip(np.asarray(inside, np.float64), 0.0, 1.0)

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        size, places = self.setting.size, self.setting.places
        normals = [normal for normal, _ in self._history] or [np.empty((0, size))]
        losses = [losses for _, losses in self._history] or [np.empty(0)]
        return {
            "normals": np.concatenate(normals).reshape(-1, places, size),
            "losses": np.concatenate(losses).reshape(-1, places),
            "now": self._normal,
            "held": self._held.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self._start()
        self._history = list(zip(np.asarray(state["normals"]), np.asarray(state["losses"]), strict=True))
        for normal, losses in self._history:
            self._bred(normal)
            self._strategy.tell(self._drawn, losses.tolist())
        self._held.load_state_dict(state["held"])
        if not state["held"]["over"]:
            self._bred(np.asarray(state["now"]))
