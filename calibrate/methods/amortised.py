"""Amortised calibration: agents and a map of the measures learn the whole prior, and targets are looked up at the end.

Hence one calibration serves any values of the same targets: nothing that is played depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Memory, Recommendation, Setting
from ..network import MEMBERS, Ensemble
from ..surrogate import descend, nearest, recency, told

Floats = npt.NDArray[np.float64]

DRAWS = 12
"""Compositions drawn from each network for a recommendation's intervals."""
FEWEST = 32
"""Pairs below which no network is fitted."""
CANDIDATES = 512


@attrs.frozen
class AmortisedConfig:
    """What the amortised calibrator can be told.

    Attributes:
        memory: part of the decisions spent by now after which a pair counts 1/e: the agents have learned since.
    """

    memory: float = attrs.field(default=0.5, validator=attrs.validators.gt(0.0))


class Amortised:
    """Plays draws from the prior for the whole budget, then fits an ensemble of networks and inverts it.

    Recommends the composition of least loss by the networks' mean. Draws are the best compositions by each network
    and by aims as uncertain as the targets are. Losses other than the squared one are taken for it.
    """

    def __init__(self, setting: Setting, config: AmortisedConfig | None = None) -> None:
        self.setting, self.config = setting, config or AmortisedConfig()
        self.memory = Memory(setting.size, len(setting.targets.targets))

    def ask(self, rng: Stream) -> Floats:
        """Draws from the prior."""
        return np.asarray(rng.random((self.setting.places, self.setting.size)))

    def tell(self, points: Floats, measures: Floats, spent: int, rng: Stream) -> None:
        """Add pairs."""
        self.memory.add(points, measures, spent)

    def recommend(self, rng: Stream) -> Recommendation:
        """Fit the networks to all pairs, the recent ones counting most, and invert them."""
        targets, memory, size = self.setting.targets, self.memory, self.setting.size
        if len(memory) < FEWEST:
            return Recommendation(np.full(size, 0.5), np.asarray(rng.random((MEMBERS * DRAWS, size))))
        weights = recency(memory.spent, self.config.memory)
        model = Ensemble.fit(memory.points, memory.measures, weights, memory.spent, targets, rng)
        candidates = np.asarray(rng.random((CANDIDATES, size)))
        start = candidates[targets.loss(model.mean(candidates)[0]).argmin()]
        point = descend(start[None], model.mean_residuals(targets))[0]
        return Recommendation(point, self._plausible(model, candidates, told(targets, model.drift(point)), rng))

    def _plausible(self, model: Ensemble, candidates: Floats, known: Floats, rng: Stream) -> Floats:
        """Compositions that agree with a network and with aims drawn within what is known, shape (n, d)."""
        targets = self.setting.targets
        aims = targets.values + known * rng.standard_normal((MEMBERS, DRAWS, len(known)))
        shown, _ = model(np.broadcast_to(candidates, (MEMBERS, *candidates.shape)))
        losses = targets.loss(shown[:, None] + (targets.values - aims)[:, :, None])
        residuals = model.residuals(aims, targets)
        best = descend(candidates[losses.argmin(axis=2).ravel()], residuals)
        return nearest(best, rng.random(best.shape), residuals)

    def state_dict(self) -> dict[str, Any]:
        """See `Calibrator`."""
        return {"memory": self.memory.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Calibrator`."""
        self.memory.load_state_dict(state["memory"])
