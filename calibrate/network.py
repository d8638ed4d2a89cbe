"""A map from compositions to measures over the whole cube: an ensemble of small networks."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from .surrogate import Residuals, to_learn
from .targets import Targets

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]

MEMBERS, HIDDEN = 8, 32
UPDATES, BATCH, LEARNING_RATE = 1000, 256, 1e-2


@attrs.frozen(eq=False)
class Ensemble:
    """Networks of two hidden layers that differ by their first weights and by a Bayesian bootstrap of the pairs.

    What a network sees beside the composition is how much the agents had still to learn (`to_learn`); it is asked for
    the map as of now. Where the pairs leave the map open, members disagree (Lakshminarayanan et al. 2017; for weights
    drawn from the exponential distribution, Rubin 1981).

    Attributes:
        layers: weights and biases of each layer for all e members, shapes (e, inputs, outputs) and (e, 1, outputs).
    """

    layers: tuple[tuple[Floats, Floats], ...]

    @classmethod
    def fit(
        cls, points: Floats, measures: Floats, weights: Floats, spent: Floats, targets: Targets, rng: Stream
    ) -> Ensemble:
        """Fit to pairs by least squares; arguments as `Quadratic.fit` has them."""
        import torch

        mean = np.average(measures, axis=0, weights=weights)
        inputs = _tensor(np.column_stack([2.0 * points - 1.0, to_learn(spent)]))
        wanted = _tensor((measures - mean) / targets.scale)
        counted = _tensor(weights * rng.exponential(size=(MEMBERS, len(points))) / weights.mean())
        sizes = (inputs.shape[1], HIDDEN, HIDDEN, wanted.shape[1])
        layers = [
            (
                _tensor(rng.standard_normal((MEMBERS, first, second)) / np.sqrt(first)).requires_grad_(),
                torch.zeros((MEMBERS, 1, second), requires_grad=True),
            )
            for first, second in pairwise(sizes)
        ]
        parameters = [parameter for layer in layers for parameter in layer]
        optimiser = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=1e-3)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, UPDATES)
        for _ in range(UPDATES):
            chosen = torch.from_numpy(rng.integers(len(points), size=min(BATCH, len(points))))
            shown = inputs[chosen].expand(MEMBERS, -1, -1)
            for weight, bias in layers[:-1]:
                shown = torch.tanh(torch.baddbmm(bias, shown, weight))
            shown = torch.baddbmm(layers[-1][1], shown, layers[-1][0])
            loss = (counted[:, chosen, None] * (shown - wanted[chosen]) ** 2).mean(dim=(1, 2)).sum()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            falling.step()
        *hidden, (last, offset) = [(_array(weight), _array(bias)) for weight, bias in layers]
        return cls((*hidden, (last * targets.scale, offset * targets.scale + mean)))

    def __call__(self, points: Floats, learning: float = 0.0) -> tuple[Floats, Floats]:
        """Expected measures at each member's own compositions (e, k, d): (e, k, m), and slopes (e, k, m, d).

        Args:
            points: in the unit cube.
            learning: how much agents have still to learn (`to_learn`).
        """
        (first, _), *_ = self.layers
        shown = np.concatenate([2.0 * points - 1.0, np.full((*points.shape[:2], 1), learning)], axis=2)
        slope = np.broadcast_to(2.0 * first[:, None, :-1], (*points.shape, first.shape[2]))
        for place, (weight, bias) in enumerate(self.layers):
            if place:
                slope = slope @ weight[:, None]
            shown = shown @ weight + bias
            if place + 1 < len(self.layers):
                shown = np.tanh(shown)
                slope = slope * (1.0 - shown**2)[:, :, None]
        return shown, np.asarray(slope.swapaxes(2, 3), np.float64)

    def mean(self, points: Floats, learning: float = 0.0) -> tuple[Floats, Floats]:
        """The members' mean at compositions (k, d): measures (k, m) and slopes (k, m, d)."""
        shown, slope = self(np.broadcast_to(points, (MEMBERS, *points.shape)), learning)
        return np.asarray(shown.mean(axis=0), np.float64), np.asarray(slope.mean(axis=0), np.float64)

    def drift(self, point: Floats) -> Floats:
        """How measures at a composition (d,) move by what agents have learned lately, per unit of `to_learn`, (m,)."""
        return np.asarray((self.mean(point[None], 0.5)[0] - self.mean(point[None])[0])[0] / 0.5, np.float64)

    def residuals(self, aims: Floats, targets: Targets) -> Residuals:
        """Weighted errors from aims, shape (e, k, m), for `descend` over e k compositions: those of each member."""

        def residuals(points: Floats) -> tuple[Floats, Floats]:
            shown, slope = self(points.reshape(*aims.shape[:2], -1))
            return _rooted(
                targets, (shown - aims).reshape(len(points), -1), slope.reshape(len(points), len(shown[0, 0]), -1)
            )

        return residuals

    def mean_residuals(self, targets: Targets) -> Residuals:
        """Weighted errors of the members' mean, for `descend`."""

        def residuals(points: Floats) -> tuple[Floats, Floats]:
            shown, slope = self.mean(points)
            return _rooted(targets, shown - targets.values, slope)

        return residuals


def _rooted(targets: Targets, missed: Floats, slope: Floats) -> tuple[Floats, Floats]:
    """Roots of the loss and their slopes in the composition, from measures less aims (k, m) and slopes (k, m, d)."""
    found, turn = targets.roots(missed / targets.scale)
    return found, turn[..., None] * slope / targets.scale[:, None]


def _tensor(values: Floats) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.asarray(values, np.float32))


def _array(values: torch.Tensor) -> Floats:
    return np.asarray(values.detach().numpy(), np.float64)
