"""Model-based calibration: a local map of every measure, and Thompson sampling around the best estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Memory, Recommendation, Setting
from ..surrogate import DRAWS, Quadratic, local_map

Floats = npt.NDArray[np.float64]


@attrs.frozen
class SurrogateConfig:
    """What the model-based calibrator can be told.

    Attributes:
        width: of the neighbourhood in which the map is fitted, as a part of the cube, once enough pairs lie in it.
        memory: part of the decisions spent by now after which a pair counts 1/e: the agents have learned since.
        jitter: standard deviation of what is added to proposals.
        roaming: part of the proposals that come from the prior, against a map that misleads.
        central: whether it recommends the middle of the compositions that are as good as the best, or the best by the
            expected map.
    """

    width: float = attrs.field(default=0.3, validator=attrs.validators.gt(0.0))
    memory: float = attrs.field(default=0.5, validator=attrs.validators.gt(0.0))
    jitter: float = attrs.field(default=0.04, validator=attrs.validators.ge(0.0))
    roaming: float = attrs.field(default=0.0625, validator=attrs.validators.ge(0.0))
    central: bool = True


class Surrogate:
    """Fits a quadratic map of each measure to all pairs, and plays what drawn maps say is best.

    Every episode of every composition teaches the map, whatever it was played for; targets enter only when the map is
    searched. Pairs are weighted by how recent they are (agents learn) and how near (a quadratic holds locally).
    Recommends the middle of the compositions that are as good as the best; see `Quadratic.central`.
    """

    def __init__(self, setting: Setting, config: SurrogateConfig | None = None) -> None:
        self.setting, self.config = setting, config or SurrogateConfig()
        self.memory = Memory(setting.size, len(setting.targets.targets))
        self.centre: Floats = np.full(setting.size, 0.5)

    def ask(self, rng: Stream) -> Floats:
        """Thompson sampling: the best composition of as many drawn maps, jittered; the centre moves to the best."""
        setting, config = self.setting, self.config
        shape, targets = (setting.places, setting.size), setting.targets
        if len(self.memory) < 2:
            return np.asarray(rng.random(shape))
        model = self.model()
        self.centre = self._expected(model, rng)
        points = model.best(model.draw(setting.places, rng), np.tile(targets.values, (setting.places, 1)), targets, rng)
        points = points + config.jitter * rng.standard_normal(shape)
        roaming = rng.random(setting.places) < config.roaming
        points = np.where(roaming[:, None], rng.random(shape), points)
        return np.asarray(np.clip(points, 0.0, 1.0), np.float64)

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Add pairs; the map is fitted when it is asked for."""
        self.memory.add(points, measures, spent)

    def recommend(self, rng: Stream) -> Recommendation:
        """The middle of what is as good as the best; draws by maps and targets as uncertain as they are."""
        if len(self.memory) < 2:
            return Recommendation(np.full(self.setting.size, 0.5), np.asarray(rng.random((DRAWS, self.setting.size))))
        model, targets = self.model(), self.setting.targets
        maps, draws = model.plausible(targets, rng)
        best = self._expected(model, rng)
        if not self.config.central:
            return Recommendation(best, draws)
        return Recommendation(model.central(np.concatenate([best[None], draws]), maps, targets), draws)

    def model(self) -> Quadratic:
        """The map as it is now."""
        config = self.config
        return local_map(self.memory, self.centre, self.setting.targets, width=config.width, forgetting=config.memory)

    def _expected(self, model: Quadratic, rng: Stream) -> Floats:
        targets = self.setting.targets
        return np.asarray(model.best(model.coefficients[None], targets.values[None], targets, rng, candidates=512)[0])

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {"memory": self.memory.state_dict(), "centre": self.centre}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self.memory.load_state_dict(state["memory"])
        self.centre = np.asarray(state["centre"], np.float64)
