"""Proximal policy optimisation (Schulman et al., 2017) with time-aware returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs
import numpy as np
import torch
from attrs import validators
from torch import Tensor

from .buffer import Transitions
from .policy_gradient import PolicyGradient, PolicyGradientConfig, fraction, positive
from .returns import advantages
from .spec import PolicySpec


@attrs.frozen(kw_only=True)
class PPOConfig(PolicyGradientConfig):
    """What PPO can be told, beyond `PolicyGradientConfig`."""

    lam: float = attrs.field(default=0.95, validator=fraction)
    """Lambda of the generalised advantage: 0 trusts the critic, 1 the sampled returns."""
    lam_unit: float | None = attrs.field(default=None, validator=validators.optional(positive))
    """Time after which lambda has worked once; None counts decisions."""
    value_lam: float | None = attrs.field(default=None, validator=validators.optional(fraction))
    """Lambda of the returns that the critic learns; None takes ``lam``."""
    epochs: int = attrs.field(default=4, validator=positive)
    """Passes over the transitions in each update."""
    value_epochs: int | None = attrs.field(default=None, validator=validators.optional(positive))
    """Passes of the critic, in steps of its own after those of the actor; None lets both learn in the same steps.

    Where rewards are noisy and skewed, few passes of the actor keep clipping from biasing it, and more of the critic
    let it see what is better than usual.
    """
    warmup: int = attrs.field(default=0, validator=validators.ge(0))
    """Decisions at first from which the critic alone learns, so that the actor is not led by values not yet known."""
    minibatch: int = attrs.field(default=1024, validator=positive)
    """Transitions in each gradient step, about."""
    clip: float = attrs.field(default=0.2, validator=positive)
    """The probability ratio earns nothing more outside [1 - clip, 1 + clip]."""
    value_weight: float = attrs.field(default=0.5, validator=validators.ge(0))
    """Weight of the critic's loss."""
    entropy_weight: float = attrs.field(default=0.0, validator=validators.ge(0))
    """Weight of the entropy bonus; falls to 0 on a straight line over ``decay``, if that is given."""
    bounds_weight: float = attrs.field(default=0.0, validator=validators.ge(0))
    """Weight of the squared distance of means from the action's bounds, outside of them.

    Without it a mean can drift so far outside that all actions are clipped to the bound and nothing calls it back.
    """
    target_kl: float | None = attrs.field(default=None, validator=validators.optional(positive))
    """No further epoch is begun once the policy has moved this far (KL divergence); None never stops."""
    normalise_advantages: bool = True
    """Bring each update's advantages to mean 0 and standard deviation 1; else only to the scale of returns."""


class PPO(PolicyGradient):
    """Improves the policy by several epochs of clipped policy-gradient steps on each rollout.

    Args:
        spec: what the policy sees and does.
        config: see `PPOConfig`.
        seed: root of its randomness.
    """

    algorithm: ClassVar[str] = "PPO"

    def __init__(self, spec: PolicySpec, config: PPOConfig | None = None, *, seed: int) -> None:
        self.config = config or PPOConfig()
        super().__init__(spec, self.config, seed=seed)

    def _improve(self, batch: Transitions) -> dict[str, float]:
        config = self.config
        advantage = self._advantages(batch, config.lam)
        surprise = advantage if config.value_lam is None else self._advantages(batch, config.value_lam)
        returns = surprise + batch.value
        explained = 1.0 - np.var(surprise) / np.var(returns) if np.var(returns) > 0 else float("nan")
        self.policy.rescale_returns(returns, batch.observation)
        mean, deviation = self.policy.return_scale(batch.observation)
        target = (returns - mean) / deviation
        if config.by_type or not config.normalise_advantages:
            advantage = advantage / deviation
        if config.normalise_advantages:
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        rows, raw = self._rows(batch)
        columns = (rows, raw, torch.from_numpy(batch.logp), _single(advantage), _single(target))
        if self.decisions >= config.warmup:
            policy, value, entropy, kl, clipped = self._learn_actions(columns)
            passes = config.value_epochs
        else:
            policy, value, entropy, kl, clipped = 0.0, 0.0, -float(batch.logp.mean()), 0.0, 0.0
            passes = config.value_epochs or config.epochs
        if passes is not None:
            value = self._learn_values(rows, columns[4], passes)
        return {
            "losses/policy": policy,
            "losses/value": value,
            "losses/entropy": entropy,
            "losses/approx_kl": kl,
            "losses/clip_fraction": clipped,
            "losses/explained_variance": float(explained),
        }

    def _advantages(self, batch: Transitions, lam: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return advantages(
            batch.reward, batch.elapsed, batch.value, batch.next_value, batch.next_row, batch.terminated,
            rate=batch.rate, lam=lam, unit=self.config.lam_unit,
        )  # fmt: skip

    def _learn_actions(self, columns: Sequence[Tensor]) -> list[float]:
        """Take all passes of the actor, and of the critic if it learns in the same steps; return the mean scalars."""
        config = self.config
        scalars: list[Tensor] = []
        for _ in range(config.epochs):
            epoch = [self._minibatch(*(column[part] for column in columns)) for part in self._parts(len(columns[0]))]
            scalars += epoch
            if config.target_kl is not None and float(torch.stack(epoch)[:, 3].mean()) > config.target_kl:
                break
        means: list[float] = torch.stack(scalars).mean(0).tolist()
        return means

    def _parts(self, count: int) -> tuple[Tensor, ...]:
        """Return minibatches of the rows of one pass, shuffled."""
        order = torch.randperm(count, generator=self.generator)
        return order.tensor_split(-(-count // self.config.minibatch))

    def _minibatch(self, rows: Tensor, raw: Tensor, old_logp: Tensor, advantage: Tensor, target: Tensor) -> Tensor:
        """Take one step and return policy loss, value loss, entropy, approximate KL divergence, clipped fraction."""
        config = self.config
        together = config.value_epochs is None
        now = self.policy.evaluate(rows, raw, critic=together)
        log_ratio = now.logp - old_logp
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1 - config.clip, 1 + config.clip)
        policy_loss = -torch.minimum(ratio * advantage, clipped * advantage).mean()
        value_loss = 0.5 * (now.value - target).square().mean() if together else torch.zeros(())
        entropy = now.entropy.mean()
        bonus = config.entropy_weight * self.left * entropy - config.bounds_weight * now.excess.mean()
        self._step(policy_loss + config.value_weight * value_loss - bonus)
        with torch.no_grad():
            kl = (ratio - 1 - log_ratio).mean()  # the low-variance estimate of KL(old, new): Schulman, 2020
            beyond = ((ratio - 1).abs() > config.clip).float().mean()
            return torch.stack([policy_loss, value_loss, entropy, kl, beyond])

    def _learn_values(self, rows: Tensor, target: Tensor, epochs: int) -> float:
        """Let the critic alone learn, and return its mean loss."""
        losses = []
        for _ in range(epochs):
            for part in self._parts(len(rows)):
                loss = 0.5 * (self.policy.value(rows[part]) - target[part]).square().mean()
                self._step(loss)
                losses.append(loss.detach())
        return float(torch.stack(losses).mean())


def _single(column: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Tensor:
    return torch.from_numpy(column.astype(np.float32))
