"""The Gaussian policy that a family shares, with its critic, in torch; acting is left to its NumPy mirror."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from .errors import CheckpointError
from .mirror import Layer, Mirror
from .moments import Moments
from .spec import PolicySpec


def _perceptron(sizes: Sequence[int], last_gain: float, generator: torch.Generator) -> nn.Sequential:
    """Return tanh layers of the given sizes, orthogonal weights (gain sqrt 2, the last ``last_gain``), no biases."""
    layers: list[nn.Module] = []
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        linear = nn.Linear(inputs, outputs)
        last = index == len(sizes) - 2
        nn.init.orthogonal_(linear.weight, last_gain if last else math.sqrt(2), generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear] if last else [linear, nn.Tanh()]
    return nn.Sequential(*layers)


def _layers(network: nn.Sequential) -> list[Layer]:
    """Return weights [in, out] and biases [out] of each layer."""
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    return [(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in linear]


@attrs.frozen(eq=False)
class Evaluated:
    """What the policy thinks of n observations and raw actions: tensors of shape [n] (``value`` is normalised)."""

    logp: Tensor
    entropy: Tensor
    value: Tensor


class GaussianPolicy(nn.Module):
    """A diagonal Gaussian over raw actions, and a critic; two networks of the same hidden sizes.

    Observations are normalised by running moments, and the critic predicts normalised returns. Both sets of moments
    stand still between updates, so that acting depends on the policy's state alone.

    Args:
        spec: what the policy sees and does.
        hidden: sizes of the hidden layers.
        initial_std: standard deviation of the raw action at first; 1 is half the width of a bounded action space.
        value_memory: transitions over which the scale of returns is remembered.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        *,
        hidden: Sequence[int] = (64, 64),
        initial_std: float = 0.5,
        value_memory: float = 1e5,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.spec, self.hidden = spec, tuple(hidden)
        self.actor = _perceptron((spec.observation_size, *hidden, spec.action_size), 0.01, generator)
        self.critic = _perceptron((spec.observation_size, *hidden, 1), 0.01, generator)
        self.log_std = nn.Parameter(torch.full((spec.action_size,), math.log(initial_std)))
        self.observations = Moments(spec.observation_size)
        self.returns = Moments(1, memory=value_memory)
        self.mirror: Mirror
        self.refresh()

    def evaluate(self, rows: Tensor, raw: Tensor) -> Evaluated:
        """Evaluate ``raw`` actions [n, a] for normalised observations ``rows`` [n, d]."""
        deviation = (raw - self.actor(rows)) * torch.exp(-self.log_std)
        constant = self.log_std.sum() + 0.5 * math.log(2 * math.pi) * self.spec.action_size
        logp = -0.5 * deviation.square().sum(1) - constant
        entropy = (constant + 0.5 * self.spec.action_size).expand(len(rows))
        return Evaluated(logp, entropy, self.critic(rows).squeeze(1))

    @torch.no_grad()
    def rescale_returns(self, returns: npt.NDArray[np.float64]) -> None:
        """Take ``returns`` [n] into their moments, leaving the critic's predictions as they are (van Hasselt 2016)."""
        old_mean, old_std = float(self.returns.mean[0]), float(self.returns.deviation[0])
        self.returns.update(returns[:, None])
        mean, std = float(self.returns.mean[0]), float(self.returns.deviation[0])
        last = self.critic[-1]
        assert isinstance(last, nn.Linear)
        last.weight.mul_(old_std / std)
        last.bias.mul_(old_std).add_(old_mean - mean).div_(std)

    def refresh(self) -> None:
        """Mirror the present weights and moments for acting."""
        log_std = self.log_std.detach().numpy()
        self.mirror = Mirror(
            self.spec, _layers(self.actor), _layers(self.critic), log_std, self.observations, self.returns
        )

    def save_state(self) -> dict[str, Any]:
        """Return weights, moments and what identifies the policy."""
        return {
            "hidden": list(self.hidden),
            "weights": {name: tensor.clone() for name, tensor in self.state_dict().items()},
            "observations": self.observations.state_dict(),
            "returns": self.returns.state_dict(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Undo `save_state`.

        Raises:
            CheckpointError: hidden layers of other sizes.
        """
        if list(state["hidden"]) != list(self.hidden):
            raise CheckpointError(f"the hidden layers are {list(state['hidden'])}, not {list(self.hidden)}")
        self.load_state_dict(state["weights"])
        self.observations.load_state_dict(state["observations"])
        self.returns.load_state_dict(state["returns"])
        self.refresh()
