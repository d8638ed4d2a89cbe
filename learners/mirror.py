"""Acting without torch: the policy's weights mirrored in NumPy.

Matrix products of float32 give other last bits for other numbers of rows. So rows are worked off in blocks of 32,
padded with zeros: each product has the same shape whatever the batch, and a row's answer is the same to the last bit.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.agents import LearningAgent

from .errors import DivergenceError, LearningError
from .learner import Acted
from .moments import Moments, TypedMoments
from .spec import PolicySpec

Single = npt.NDArray[np.float32]
Layer = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]  # weights [in, out], biases [out]

BLOCK = 32
LIMIT = 10.0  # normalised observations are kept within this many standard deviations
_TILE = 8  # outputs are padded to a multiple of this: a product with one column would go another way through BLAS


class BoxActions:
    """How a Gaussian's raw sample becomes an action in a Box: scaled to its middle and half-width, then clipped.

    Unbounded entries are taken as they are.
    """

    def __init__(self, spec: PolicySpec) -> None:
        self.low, self.high = np.array(spec.low), np.array(spec.high)
        bounded = np.isfinite(self.low) & np.isfinite(self.high)
        with np.errstate(invalid="ignore"):
            self.centre = np.where(bounded, (self.low + self.high) / 2, 0.0)
            self.scale = np.where(bounded, (self.high - self.low) / 2, 1.0)

    def __call__(self, raw: Single) -> npt.NDArray[np.float64]:
        """Return the actions, [n, a], of raw samples."""
        scaled = self.centre + self.scale * raw
        np.maximum(scaled, self.low, out=scaled)  # np.clip takes three times as long on a few rows
        np.minimum(scaled, self.high, out=scaled)
        return np.asarray(scaled, np.float64)


def _side_by_side(actor: Layer, critic: Layer) -> tuple[Single, Single]:
    """Stack a layer of both networks: weights [2, in, out], biases [2, 1, out], outputs padded with zeros."""
    width = -(-max(actor[0].shape[1], critic[0].shape[1]) // _TILE) * _TILE
    weights = [np.pad(weight, ((0, 0), (0, width - weight.shape[1]))) for weight, _ in (actor, critic)]
    biases = [np.pad(bias, (0, width - len(bias)))[None] for _, bias in (actor, critic)]
    return np.stack(weights).astype(np.float32), np.stack(biases).astype(np.float32)


class Mirror(ABC):
    """Actor and critic of equal shape, run side by side in float32; subclasses say what the actor's output means.

    Attributes:
        memory: how many numbers of memory follow an observation and a raw action; see `recurrent`.

    Args:
        spec: what the policy sees and does.
        actor: weights [in, out] and biases [out] of each layer; tanh follows all but the last.
        critic: the same, with equal hidden sizes and one output.
        observations: moments by which observations are normalised.
        returns: moments by which the critic's output is scaled back.
    """

    memory = 0

    def __init__(
        self,
        spec: PolicySpec,
        actor: Sequence[Layer],
        critic: Sequence[Layer],
        observations: Moments | TypedMoments,
        returns: Moments | TypedMoments,
    ) -> None:
        self._prepare(spec, observations)
        self._layers = [_side_by_side(*pair) for pair in zip(actor, critic, strict=True)]
        self._outputs = actor[-1][0].shape[1]
        self._returns = copy.deepcopy(returns) if isinstance(returns, TypedMoments) else None
        if not isinstance(returns, TypedMoments):
            self._value_mean, self._value_std = float(returns.mean[0]), float(returns.deviation[0])

    def _prepare(self, spec: PolicySpec, observations: Moments | TypedMoments) -> None:
        """Set what normalising needs."""
        self.spec = spec
        self._flags = sum(spec.options) if spec.masked else 0
        self._typed = copy.deepcopy(observations) if isinstance(observations, TypedMoments) else None
        overall = observations.overall if isinstance(observations, TypedMoments) else observations
        self._mean = overall.mean.astype(np.float32)
        self._inverse = (1.0 / overall.deviation).astype(np.float32)

    def normalise(self, observations: Single) -> Single:
        """Return [n, d] observations in standard deviations from their mean, as the networks see them.

        What is available of an action's options stays 1 or 0.
        """
        rows = observations - self._mean
        rows *= self._inverse
        if self._typed is not None:  # the type itself stays on the scale that all types have in common
            own = slice(0, self._typed.features.start)
            mean, deviation = self._typed.at(observations)
            rows[:, own] = (observations[:, own] - mean[:, own]) / deviation[:, own]
        np.maximum(rows, -LIMIT, out=rows)
        np.minimum(rows, LIMIT, out=rows)
        if self._flags:
            rows[:, -self._flags :] = observations[:, -self._flags :]
        return rows

    def act(self, observations: Single, noise: Single | None = None) -> Acted:
        """Answer [n, d] observations with ``noise`` [n, a], or None for the best-known action.

        Raises:
            DivergenceError: the weights give actions that are not finite.
        """
        count, spec = len(observations), self.spec
        blocks = -(-count // BLOCK)
        rows = np.zeros((blocks * BLOCK, spec.observation_size), np.float32)
        rows[:count] = self.normalise(observations)
        hidden = rows.reshape(blocks, 1, BLOCK, spec.observation_size)
        for weight, bias in self._layers[:-1]:
            hidden = np.matmul(hidden, weight)
            hidden += bias
            np.tanh(hidden, out=hidden)
        weight, bias = self._layers[-1]
        output = np.matmul(hidden, weight)  # [blocks, 2, 32, a padded]
        output += bias
        if not np.isfinite(output).all():
            raise DivergenceError(f"the policy of family {spec.family!r} gives actions or values that are not finite")
        head = output[:, 0, :, : self._outputs].reshape(-1, self._outputs)[:count]
        values = output[:, 1, :, 0].reshape(-1)[:count]
        actions, raw, logp = self._choose(head, observations, noise)
        return Acted(actions, raw, logp, self._scaled_back(values, observations))

    def _scaled_back(self, values: Single, observations: Single) -> Single:
        """Return the critic's output [n] as an expectation of returns."""
        if self._returns is not None:
            mean, deviation = self._returns.at(observations)
            return np.asarray(values * deviation[:, 0] + mean[:, 0], np.float32)
        return (values * self._value_std + self._value_mean).astype(np.float32)

    @abstractmethod
    def _choose(
        self, head: Single, observations: Single, noise: Single | None
    ) -> tuple[npt.NDArray[np.float64], Single, Single]:
        """Return actions [n, a], raw actions [n, a] and log-probabilities [n], given the actor's output [n, ...]."""

    def __call__(self, agent: LearningAgent, observation: Any) -> npt.NDArray[np.float64]:
        """Answer one agent by its best-known action, [a]: a mirror can be given to an agent as its ``policy``."""
        action: npt.NDArray[np.float64] = self.act(self._row(agent, observation)).actions[0]
        return action

    def _row(self, agent: LearningAgent, observation: Any) -> Single:
        """Return what one agent sees, [1, d]."""
        row = np.array([agent.row(observation)], np.float32)
        if row.shape[1] != self.spec.observation_size:
            raise LearningError(
                f"agent {agent.name!r}: this policy of family {self.spec.family!r} sees {self.spec.observation_size} "
                f"numbers, not {row.shape[1]}"
            )
        return row


class GaussianMirror(Mirror):
    """Mirrors a Gaussian policy: the actor's output is the mean of the raw action.

    Args:
        spec: what the policy sees and does.
        actor: see `Mirror`.
        critic: see `Mirror`.
        observations: see `Mirror`.
        returns: see `Mirror`.
        log_std: [a], logarithm of the standard deviation of the raw action.
    """

    def __init__(
        self,
        spec: PolicySpec,
        actor: Sequence[Layer],
        critic: Sequence[Layer],
        observations: Moments | TypedMoments,
        returns: Moments | TypedMoments,
        log_std: npt.ArrayLike,
    ) -> None:
        super().__init__(spec, actor, critic, observations, returns)
        self._actions = BoxActions(spec)
        log_deviation = np.asarray(log_std, np.float32)
        self._std: Single = np.exp(log_deviation).astype(np.float32)
        self._constant = np.float32(-log_deviation.sum() - 0.5 * math.log(2 * math.pi) * spec.action_size)

    def _choose(
        self, head: Single, observations: Single, noise: Single | None
    ) -> tuple[npt.NDArray[np.float64], Single, Single]:
        """Take ``noise`` as standard normals."""
        if noise is None:
            return self._actions(head), head, np.full(len(head), self._constant)
        raw = head + self._std * noise
        return self._actions(raw), raw, self._constant - np.float32(0.5) * np.add.reduce(noise * noise, axis=1)


class CategoricalMirror(Mirror):
    """Mirrors a categorical policy: the actor's output is a logit for each option, one component after the other."""

    def _choose(
        self, head: Single, observations: Single, noise: Single | None
    ) -> tuple[npt.NDArray[np.float64], Single, Single]:
        """Take ``noise`` as uniforms; a raw action counts each component's options from 0."""
        spec = self.spec
        if self._flags:
            head = np.where(observations[:, -self._flags :] > 0, head, -np.inf)
        raw = np.empty((len(head), spec.action_size), np.float32)
        logp = np.zeros(len(head), np.float32)
        rows = np.arange(len(head))
        start = 0
        for place, count in enumerate(spec.options):
            logits = head[:, start : start + count].astype(np.float64)
            logits -= logits.max(1, keepdims=True)
            weights = np.exp(logits)
            sums = weights.cumsum(1)
            if noise is None:
                chosen = logits.argmax(1)
            else:  # float32 may have rounded a uniform up to 1
                level = np.minimum(noise[:, place].astype(np.float64), 1 - 1e-9) * sums[:, -1]
                chosen = (sums > level[:, None]).argmax(1)
            raw[:, place] = chosen
            logp += (logits[rows, chosen] - np.log(sums[:, -1])).astype(np.float32)
            start += count
        return raw + np.array(spec.low), raw, logp
