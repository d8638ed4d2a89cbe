"""The policies that families share, with their critics, in torch; acting is left to their NumPy mirrors."""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from .errors import CheckpointError
from .mirror import CategoricalMirror, GaussianMirror, Layer, Mirror
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
    """What the policy thinks of n observations and raw actions: tensors of shape [n].

    Attributes:
        logp: log-probability of the raw action.
        entropy: of the raw action.
        excess: how far the mean lies outside the action's bounds: squared, in half-widths, summed over the action.
        value: the critic's expectation, normalised; 0 if it was not asked for.
    """

    logp: Tensor
    entropy: Tensor
    excess: Tensor
    value: Tensor


class Policy(nn.Module, ABC):
    """An actor and a critic, two networks of the same hidden sizes; subclasses say what the actor's output means.

    Observations are normalised by running moments, and the critic predicts normalised returns. Both sets of moments
    stand still between updates, so that acting depends on the policy's state alone.

    An average of the actor's weights over the updates can be kept beside the present ones: noise of the updates cancels
    in it, so that it often does better (Polyak & Juditsky, 1992).

    Args:
        spec: what the policy sees and does.
        outputs: of the actor.
        hidden: sizes of the hidden layers.
        value_memory: transitions over which the scale of returns is remembered.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        outputs: int,
        *,
        hidden: Sequence[int] = (64, 64),
        value_memory: float = 1e5,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.spec, self.hidden = spec, tuple(hidden)
        self.actor = _perceptron((spec.observation_size, *hidden, outputs), 0.01, generator)
        self.critic = _perceptron((spec.observation_size, *hidden, 1), 0.01, generator)
        self.average: dict[str, Tensor] = {}
        self.observations = Moments(spec.observation_size)
        self.returns = Moments(1, memory=value_memory)
        self.mirror: Mirror

    def prepare(self, observation: npt.NDArray[np.float32], next_row: npt.NDArray[np.int64]) -> Tensor:
        """Return what `evaluate` and `value` want of transitions' ``observation`` [n, d] and ``next_row`` [n]."""
        return torch.from_numpy(self.mirror.normalise(observation))

    @abstractmethod
    def evaluate(self, rows: Tensor, raw: Tensor, *, critic: bool = True) -> Evaluated:
        """Evaluate ``raw`` actions [n, a] for normalised observations ``rows`` [n, d], by the critic too or not."""

    @abstractmethod
    def _mirror(self, actor: nn.Sequential) -> Mirror:
        """Mirror the policy with the weights of ``actor``."""

    def refresh(self) -> None:
        """Mirror the present weights and moments for acting."""
        self.mirror = self._mirror(self.actor)

    def averaged(self) -> Mirror:
        """Return the policy with the average of the actor's weights; with the present ones if none is kept."""
        if not self.average:
            return self.mirror
        actor = copy.deepcopy(self.actor)
        actor.load_state_dict(self.average)
        return self._mirror(actor)

    def value(self, rows: Tensor) -> Tensor:
        """Return the normalised value [n] of normalised observations ``rows`` [n, d]."""
        return torch.squeeze(self.critic(rows), 1)

    @torch.no_grad()
    def average_in(self, weight: float) -> None:
        """Move the average of the actor's weights by ``weight`` of the way to the present ones."""
        for name, tensor in self.actor.state_dict().items():
            known = self.average.setdefault(name, tensor.clone())
            known.add_((tensor - known) * weight)

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

    def save_state(self) -> dict[str, Any]:
        """Return weights, moments and what identifies the policy."""
        return {
            "hidden": list(self.hidden),
            "weights": {name: tensor.clone() for name, tensor in self.state_dict().items()},
            "observations": self.observations.state_dict(),
            "returns": self.returns.state_dict(),
            "average": {name: tensor.clone() for name, tensor in self.average.items()},
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
        self.average = {name: tensor.clone() for name, tensor in state["average"].items()}
        self.refresh()

    def _mirrored(self, actor: nn.Sequential) -> tuple[PolicySpec, list[Layer], list[Layer], Moments, Moments]:
        return self.spec, _layers(actor), _layers(self.critic), self.observations, self.returns


class GaussianPolicy(Policy):
    """A diagonal Gaussian over raw actions, for actions in a Box.

    Args:
        spec: what the policy sees and does.
        hidden: sizes of the hidden layers.
        initial_std: standard deviation of the raw action at first; 1 is half the width of a bounded action space.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        *,
        hidden: Sequence[int] = (64, 64),
        initial_std: float = 0.5,
        generator: torch.Generator,
    ) -> None:
        super().__init__(spec, spec.action_size, hidden=hidden, generator=generator)
        self.log_std = nn.Parameter(torch.full((spec.action_size,), math.log(initial_std)))
        bounded = [math.isfinite(low) and math.isfinite(high) for low, high in zip(spec.low, spec.high, strict=True)]
        self._edge = torch.tensor([1.0 if known else math.inf for known in bounded])
        self.refresh()

    def evaluate(self, rows: Tensor, raw: Tensor, *, critic: bool = True) -> Evaluated:
        """Evaluate ``raw`` actions [n, a] for normalised observations ``rows`` [n, d], by the critic too or not."""
        mean = self.actor(rows)
        deviation = (raw - mean) * torch.exp(-self.log_std)
        constant = self.log_std.sum() + 0.5 * math.log(2 * math.pi) * self.spec.action_size
        logp = -0.5 * deviation.square().sum(1) - constant
        entropy = (constant + 0.5 * self.spec.action_size).expand(len(rows))
        excess = (mean.abs() - self._edge).clamp(min=0.0).square().sum(1)
        return Evaluated(logp, entropy, excess, self.value(rows) if critic else raw.new_zeros(len(rows)))

    def _mirror(self, actor: nn.Sequential) -> Mirror:
        return GaussianMirror(*self._mirrored(actor), self.log_std.detach().numpy())


class CategoricalPolicy(Policy):
    """Independent categorical distributions, one for each component of a discrete action.

    What is not available has probability 0.

    Args:
        spec: what the policy sees and does.
        hidden: sizes of the hidden layers.
        generator: source of the initial weights.
    """

    def __init__(self, spec: PolicySpec, *, hidden: Sequence[int] = (64, 64), generator: torch.Generator) -> None:
        super().__init__(spec, sum(spec.options), hidden=hidden, generator=generator)
        self.refresh()

    def evaluate(self, rows: Tensor, raw: Tensor, *, critic: bool = True) -> Evaluated:
        """Evaluate ``raw`` actions [n, a] for normalised observations ``rows`` [n, d], by the critic too or not."""
        logits = self.actor(rows)
        if self.spec.masked:
            logits = logits.masked_fill(rows[:, -logits.shape[1] :] <= 0, -1e9)
        logp, entropy = torch.zeros(len(rows)), torch.zeros(len(rows))
        for part, chosen in zip(logits.split(self.spec.options, 1), raw.long().unbind(1), strict=True):
            each = part.log_softmax(1)
            logp = logp + each.gather(1, chosen[:, None]).squeeze(1)
            entropy = entropy - (each.exp() * each).sum(1)
        nothing = raw.new_zeros(len(rows))
        return Evaluated(logp, entropy, nothing, self.value(rows) if critic else nothing)

    def _mirror(self, actor: nn.Sequential) -> Mirror:
        return CategoricalMirror(*self._mirrored(actor))


def policy_for(
    spec: PolicySpec,
    *,
    hidden: Sequence[int],
    initial_std: float = 0.5,
    memory: int = 0,
    window: int = 16,
    generator: torch.Generator,
) -> Policy:
    """Return the policy that suits the actions: categorical for discrete ones, else Gaussian; recurrent with memory."""
    if memory:
        from .recurrent import RecurrentPolicy

        return RecurrentPolicy(
            spec, memory=memory, window=window, hidden=hidden, initial_std=initial_std, generator=generator
        )
    if spec.options:
        return CategoricalPolicy(spec, hidden=hidden, generator=generator)
    return GaussianPolicy(spec, hidden=hidden, initial_std=initial_std, generator=generator)
