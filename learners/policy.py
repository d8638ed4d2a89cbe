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

from .errors import CheckpointError, LearningError
from .mirror import CategoricalMirror, GaussianMirror, Layer, Mirror
from .moments import Moments, TypedMoments
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


_NODES = 256
_Mirrored = tuple[PolicySpec, list[Layer], list[Layer], Moments | TypedMoments, Moments | TypedMoments]


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
        by_type: nodes along each of the type's features at which scales are kept (see `TypedMoments`); 0: one for all.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        outputs: int,
        *,
        hidden: Sequence[int] = (64, 64),
        value_memory: float = 1e5,
        by_type: int = 0,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.spec, self.hidden = spec, tuple(hidden)
        self.actor = _perceptron((spec.observation_size, *hidden, outputs), 0.01, generator)
        self.critic = _perceptron((spec.observation_size, *hidden, 1), 0.01, generator)
        self.average: dict[str, Tensor] = {}
        self.by_type = by_type
        self.observations: Moments | TypedMoments = Moments(spec.observation_size)
        self.returns: Moments | TypedMoments = Moments(1, memory=value_memory)
        if by_type:
            columns = _features(spec, by_type)
            self.observations = TypedMoments(spec.observation_size, columns, by_type)
            self.returns = TypedMoments(1, columns, by_type, memory=value_memory)
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

    def observe(self, observations: npt.NDArray[np.float32]) -> None:
        """Take ``observations`` [n, d] into their moments."""
        if isinstance(self.observations, TypedMoments):
            self.observations.update(observations, observations)
        else:
            self.observations.update(observations)

    def return_scale(
        self, observations: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return mean and standard deviation of returns, [n] or [1] each, for who observes ``observations`` [n, d]."""
        if isinstance(self.returns, TypedMoments):
            mean, deviation = self.returns.at(observations)
            return mean[:, 0], deviation[:, 0]
        return self.returns.mean, self.returns.deviation

    @torch.no_grad()
    def rescale_returns(self, returns: npt.NDArray[np.float64], observations: npt.NDArray[np.float32]) -> None:
        """Take ``returns`` [n] of who observed ``observations`` [n, d] into their moments.

        With one scale for all types the critic's predictions stay as they are (van Hasselt 2016).
        """
        if isinstance(self.returns, TypedMoments):
            self.returns.update(returns[:, None], observations)
            return
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
            "by_type": self.by_type,
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
        if state.get("by_type", 0) != self.by_type:
            raise CheckpointError(f"scales by_type are {state.get('by_type', 0)}, not {self.by_type}")
        self.load_state_dict(state["weights"])
        self.observations.load_state_dict(state["observations"])
        self.returns.load_state_dict(state["returns"])
        self.average = {name: tensor.clone() for name, tensor in state["average"].items()}
        self.refresh()

    def _mirrored(self, actor: nn.Sequential) -> _Mirrored:
        return self.spec, _layers(actor), _layers(self.critic), self.observations, self.returns


class GaussianPolicy(Policy):
    """A diagonal Gaussian over raw actions, for actions in a Box.

    Args:
        spec: what the policy sees and does.
        hidden: sizes of the hidden layers.
        initial_std: standard deviation of the raw action at first; 1 is half the width of a bounded action space.
        by_type: see `Policy`.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        *,
        hidden: Sequence[int] = (64, 64),
        initial_std: float = 0.5,
        by_type: int = 0,
        generator: torch.Generator,
    ) -> None:
        super().__init__(spec, spec.action_size, hidden=hidden, by_type=by_type, generator=generator)
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
        by_type: see `Policy`.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        *,
        hidden: Sequence[int] = (64, 64),
        by_type: int = 0,
        generator: torch.Generator,
    ) -> None:
        super().__init__(spec, sum(spec.options), hidden=hidden, by_type=by_type, generator=generator)
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
    by_type: int = 0,
    generator: torch.Generator,
) -> Policy:
    """Return the policy that suits the actions: categorical for discrete ones, else Gaussian; recurrent with memory."""
    if memory and by_type:
        raise LearningError("a policy with memory keeps one scale for all types: set by_type = 0, or memory = 0")
    if memory:
        from .recurrent import RecurrentPolicy

        return RecurrentPolicy(
            spec, memory=memory, window=window, hidden=hidden, initial_std=initial_std, generator=generator
        )
    if spec.options:
        return CategoricalPolicy(spec, hidden=hidden, by_type=by_type, generator=generator)
    return GaussianPolicy(spec, hidden=hidden, initial_std=initial_std, by_type=by_type, generator=generator)


def _features(spec: PolicySpec, nodes: int) -> slice:
    """Return which columns of an observation hold the type's features, for a grid of ``nodes`` along each."""
    count = len(spec.features)
    if not count or nodes < 2 or nodes**count > _NODES:
        raise LearningError(
            f"family {spec.family!r}: by_type = {nodes} wants at least 2 nodes along each of the type's features, and "
            f"at most {_NODES} in all; the type's features are {', '.join(spec.features) or 'not named'}"
        )
    end = spec.observation_size - (sum(spec.options) if spec.masked else 0)
    return slice(end - count, end)
