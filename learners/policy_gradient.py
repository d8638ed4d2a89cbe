"""What the policy-gradient learners have in common: a policy, its optimiser and randomness, and a way back."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt
import torch
from attrs import validators
from torch import Tensor, nn

from .buffer import TrajectoryBuffer, Transitions
from .errors import CheckpointError, DivergenceError, LearningError
from .learner import Acted
from .mirror import Mirror
from .policy import GaussianPolicy, policy_for
from .spec import PolicySpec, spec_from_state, spec_to_state

positive: Any = validators.gt(0)
fraction: Any = validators.and_(validators.ge(0), validators.le(1))


def _sizes(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class PolicyGradientConfig:
    """What every policy-gradient learner can be told."""

    learning_rate: float = attrs.field(default=3e-4, validator=positive)
    """Step size of Adam."""
    decay: int | None = attrs.field(default=None, validator=validators.optional(positive))
    """Decisions over which the step size falls to ``decay_floor`` of its beginning; None keeps it."""
    decay_power: float = attrs.field(default=1.0, validator=positive)
    """How it falls: as this power of the share of `decay` that is left, 1 is a straight line."""
    decay_floor: float = attrs.field(default=0.05, validator=fraction)
    """The step size never falls below this share of its beginning."""
    averaging: float | None = attrs.field(default=None, validator=validators.optional(validators.ge(0)))
    """Keep an average of the actor's weights over updates, the n-th with weight (1 + averaging) / (n + averaging): 0
    weighs all updates alike, larger numbers the last ones more (Shamir & Zhang, 2013); None keeps none."""
    max_gradient: float = attrs.field(default=0.5, validator=positive)
    """The gradient's norm is clipped to this."""
    hidden: tuple[int, ...] = attrs.field(default=(64, 64), converter=_sizes)
    """Sizes of the hidden layers of actor and critic."""
    memory: int = attrs.field(default=0, validator=validators.ge(0))
    """Numbers that an agent remembers from one decision to the next (see `policy_for`); 0: nothing."""
    window: int = attrs.field(default=16, validator=positive)
    """Decisions through which gradients run back, with memory."""
    by_type: int = attrs.field(default=0, validator=validators.ge(0))
    """Observations and returns are normalised apart at so many nodes along each of the type's features; 0: together.

    It weighs all types alike, however little some of them earn (see `TypedMoments`).
    """
    initial_std: float = attrs.field(default=0.5, validator=positive)
    """Standard deviation of actions in a Box at first, in half-widths of the action space."""
    initial_mean: tuple[float, ...] = attrs.field(default=(), converter=tuple)
    """Mean of each component of an action in a Box at first, in half-widths from the middle; empty: the middle."""
    min_std: tuple[float, ...] = attrs.field(default=(), converter=tuple)
    """What the standard deviation of each component never falls below, in half-widths; empty: no such limit.

    A component that acts in steps (a hedge of whole lots) teaches nothing once its noise is smaller than a step.
    """
    min_std_left: float = attrs.field(default=1.0, validator=fraction)
    """The share of ``min_std`` that is left in the end: it falls with the share of `decay` that is left, no further.

    What is best under noise need not be best without: a step that noise takes half of the time is taken or not.
    """


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch work on one thread: as fast for small networks, and its numbers don't depend on how many it has."""
    threads = torch.get_num_threads()
    if threads == 1:  # setting it anew takes longer than a minibatch
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class PolicyGradient:
    """A learner with a policy (see `policy_for`) and Adam; subclasses say how to improve it on a set of transitions.

    Args:
        spec: what the policy sees and does.
        config: see `PolicyGradientConfig`.
        seed: root of its randomness (initial weights, shuffling), together with the family's name.

    Attributes:
        policy: the policy.
        updates: how often it has learned.
        decisions: transitions that it has learned from.
    """

    algorithm: ClassVar[str]
    whole_episodes: ClassVar[bool] = False

    def __init__(self, spec: PolicySpec, config: PolicyGradientConfig, *, seed: int) -> None:
        words = np.random.SeedSequence([seed, *spec.family.encode()]).generate_state(2, np.uint64)
        self.spec = spec
        self.settings = config
        self.generator = torch.Generator().manual_seed(int(words[0] >> np.uint64(1)))
        with one_thread():
            self.policy = policy_for(
                spec, hidden=config.hidden, initial_std=config.initial_std, memory=config.memory, window=config.window,
                by_type=config.by_type, generator=self.generator,
            )  # fmt: skip
        self.updates = 0
        self.decisions = 0
        self._set_distribution()
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=config.learning_rate, eps=1e-5)

    @property
    def memory(self) -> int:
        """How many numbers of memory follow an observation and a raw action."""
        return self.settings.memory

    def act(self, observations: npt.NDArray[np.float32], noise: npt.NDArray[np.float32] | None = None) -> Acted:
        """Answer [n, d] observations, exploring with ``noise`` [n, a] or, without it, by the best-known action."""
        return self.policy.mirror.act(observations, noise)

    def actor(self) -> Mirror:
        """Return what acts like this learner until its next update, and needs no torch."""
        return self.policy.mirror

    def best(self) -> Mirror:
        """Return the policy with the average of its weights over updates; with the present ones if none is kept."""
        return self.policy.averaged()

    def update(self, buffer: TrajectoryBuffer) -> dict[str, float]:
        """Improve the policy on the buffer's transitions and return the scalars ``losses/...``.

        Raises:
            LearningError: there are no transitions.
            DivergenceError: a loss or a weight is not finite; the learner is left as before the update.
        """
        batch = self._batch(buffer)
        if not len(batch):
            raise LearningError(
                f"family {self.spec.family!r}: no transition was completed in this rollout; gather more decisions, or "
                f"call terminate() where an agent's problem ends"
            )
        before = self.state_dict()
        self._set_learning_rate()
        seen = batch.observation[:, : self.spec.observation_size]
        if not self.policy.observations.count:  # the first rollout sets the scale before anything is learned from it
            self.policy.observe(seen)
            self.policy.refresh()
            observed = True
        else:
            observed = False
        try:
            with one_thread():
                scalars = self._improve(batch)
            if not all(bool(torch.isfinite(weight).all()) for weight in self.policy.parameters()):
                raise DivergenceError(
                    f"family {self.spec.family!r}: a weight is not finite after update {self.updates + 1}"
                )
        except DivergenceError as error:
            self.load_state_dict(before)
            rate = self.settings.learning_rate
            raise DivergenceError(
                f"{error}; the weights of update {self.updates} are kept. Lower learning_rate (now {rate:g}) or check "
                f"the size of rewards (here up to {np.abs(batch.reward).max():g})"
            ) from None
        if not observed:
            self.policy.observe(seen)
        self.policy.refresh()
        self.updates += 1
        if (eta := self.settings.averaging) is not None:
            self.policy.average_in((1 + eta) / (self.updates + eta))
        self.decisions += len(batch)
        return scalars

    def state_dict(self) -> dict[str, Any]:
        """Return policy, optimiser, random state and counters as they are now; later updates leave it alone."""
        return {
            "algorithm": self.algorithm,
            "spec": spec_to_state(self.spec),
            "policy": self.policy.save_state(),
            "optimizer": _copied(self.optimizer.state_dict()),
            "generator": self.generator.get_state(),
            "updates": self.updates,
            "decisions": self.decisions,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`.

        Raises:
            CheckpointError: it is another algorithm's, another family's, or of other sizes; says what differs.
        """
        differences = self.spec.differences(spec_from_state(state["spec"]))
        if state["algorithm"] != self.algorithm:
            differences.insert(0, f"algorithm is {state['algorithm']!r}, not {self.algorithm!r}")
        if list(state["policy"]["hidden"]) != list(self.policy.hidden):
            differences.append(f"hidden layers are {list(state['policy']['hidden'])}, not {list(self.policy.hidden)}")
        if differences:
            raise CheckpointError(f"this state can't be loaded into {self.spec.family!r}: {'; '.join(differences)}")
        self.policy.load_state(state["policy"])
        self.optimizer.load_state_dict(_copied(state["optimizer"]))
        self.generator.set_state(state["generator"])
        self.updates, self.decisions = int(state["updates"]), int(state["decisions"])

    def _batch(self, buffer: TrajectoryBuffer) -> Transitions:
        return buffer.transitions()

    def _improve(self, batch: Transitions) -> dict[str, float]:
        raise NotImplementedError

    def _rows(self, batch: Transitions) -> tuple[Tensor, Tensor]:
        """Return the normalised observations and the raw actions as tensors."""
        return self.policy.prepare(batch.observation, batch.next_row), torch.from_numpy(batch.raw)

    def _step(self, loss: Tensor) -> None:
        """Take one step down the gradient of ``loss``."""
        if not bool(torch.isfinite(loss)):
            raise DivergenceError(
                f"family {self.spec.family!r}: the loss is {loss.item()} in update {self.updates + 1}"
            )
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.policy.parameters(), self.settings.max_gradient)
        self.optimizer.step()
        self._keep_exploring()

    def _set_distribution(self) -> None:
        """Start from the means, and keep to the least deviations, that the settings ask for."""
        for name in ("initial_mean", "min_std"):
            values = getattr(self.settings, name)
            if values and not (isinstance(self.policy, GaussianPolicy) and len(values) == self.spec.action_size):
                raise LearningError(
                    f"family {self.spec.family!r}: {name} = {values} needs actions in a Box of {len(values)} "
                    f"components, not {self.spec.action_size}{' discrete ones' if self.spec.options else ''}"
                )
        self._least = torch.tensor(self.settings.min_std).log() if self.settings.min_std else None
        if self.settings.initial_mean:
            last = self.policy.actor[-1]
            assert isinstance(last, nn.Linear)
            with torch.no_grad():
                last.bias.copy_(torch.tensor(self.settings.initial_mean))
        self._keep_exploring()
        self.policy.refresh()

    @torch.no_grad()
    def _keep_exploring(self) -> None:
        if self._least is not None and isinstance(self.policy, GaussianPolicy):
            self.policy.log_std.clamp_(min=self._least + math.log(max(self.settings.min_std_left, self.left, 1e-6)))

    @property
    def left(self) -> float:
        """Share of `decay` that is still to come, 1 without it."""
        return 1.0 if self.settings.decay is None else max(0.0, 1.0 - self.decisions / self.settings.decay)

    def _set_learning_rate(self) -> None:
        settings = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = settings.learning_rate * max(settings.decay_floor, self.left**settings.decay_power)


def _copied(state: Any) -> Any:
    """Copy a state; `copy.deepcopy` takes ten times as long for a tensor."""
    if isinstance(state, Tensor):
        return state.clone()
    if isinstance(state, dict):
        return {key: _copied(value) for key, value in state.items()}
    return copy.deepcopy(state)
