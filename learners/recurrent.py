"""A policy that remembers: a gated recurrent unit (Cho et al., 2014) in front of actor and critic.

Its memory is part of what it sees and of what it does: an observation's row ends with the memory that the agent's last
decision left, a raw action ends with the memory that this one leaves. So it travels with the transitions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import attrs
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from catallaxy.agents import LearningAgent

from .errors import LearningError
from .learner import Acted
from .mirror import BLOCK, Mirror, Single
from .moments import Moments, TypedMoments
from .policy import Evaluated, Policy, policy_for
from .spec import PolicySpec


class RecurrentMirror(Mirror):
    """Mirrors a recurrent policy: one step of its unit, then what `head` makes of the new memory.

    Args:
        spec: what the policy sees and does, memory not counted.
        head: acts on the new memory, followed by what is available, if the agents are masked.
        unit: weights of the unit: input [d, 3m], memory [m, 3m] and their biases, for reset, update and new memory.
        observations: moments by which observations are normalised.
    """

    def __init__(
        self, spec: PolicySpec, head: Mirror, unit: Sequence[npt.ArrayLike], observations: Moments | TypedMoments
    ) -> None:
        self._prepare(spec, observations)
        self.head = head
        self._weights = [np.asarray(part, np.float32) for part in unit]
        self.memory = self._weights[1].shape[0]
        self._memories: WeakKeyDictionary[LearningAgent, Single] = WeakKeyDictionary()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_memories"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _memories=WeakKeyDictionary())

    def act(self, observations: Single, noise: Single | None = None) -> Acted:
        """Answer [n, d + m] observations and memories; the raw actions [n, a + m] end with the new memories.

        Observations alone, [n, d], are those of first decisions, with nothing in memory.
        """
        size = self.spec.observation_size
        if observations.shape[1] == size:
            observations = np.hstack([observations, np.zeros((len(observations), self.memory), np.float32)])
        memory = self._step(self.normalise(observations[:, :size]), observations[:, size:])
        seen = np.hstack([memory, observations[:, size - self._flags : size]]) if self._flags else memory
        acted = self.head.act(seen, noise)
        return attrs.evolve(acted, raw=np.hstack([acted.raw, memory]))

    def __call__(self, agent: LearningAgent, observation: Any) -> npt.NDArray[np.float64]:
        """Answer one agent by its best-known action, [a], and remember."""
        memory = self._memories.get(agent, np.zeros(self.memory, np.float32))
        acted = self.act(np.hstack([self._row(agent, observation), memory[None]]))
        self._memories[agent] = acted.raw[0, -self.memory :]
        action: npt.NDArray[np.float64] = acted.actions[0]
        return action

    def _step(self, rows: Single, memory: Single) -> Single:
        """Return the memories [n, m] that normalised rows [n, d] and memories [n, m] lead to."""
        count, m = memory.shape
        blocks = -(-count // BLOCK)
        both = []
        for table in (rows, memory):
            padded = np.zeros((blocks * BLOCK, table.shape[1]), np.float32)
            padded[:count] = table
            both.append(padded.reshape(blocks, BLOCK, -1))
        seen, old = both
        inward, recurrent, bias, recurrent_bias = self._weights
        from_seen, from_old = np.matmul(seen, inward) + bias, np.matmul(old, recurrent) + recurrent_bias
        gates = np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * (from_seen + from_old)[..., : 2 * m]))
        new = np.tanh(from_seen[..., 2 * m :] + gates[..., :m] * from_old[..., 2 * m :])
        kept = gates[..., m:]
        result: Single = (new + kept * (old - new)).reshape(-1, m)[:count]
        return result

    def _choose(self, head: Single, observations: Single, noise: Single | None) -> Any:
        raise NotImplementedError("the head chooses")


class RecurrentPolicy(Policy):
    """A gated recurrent unit whose memory is what a Gaussian or categorical policy and its critic see.

    Gradients run back through at most ``window`` decisions of a chain, from the memory that it had then.

    Args:
        spec: what the policy sees and does, memory not counted.
        memory: m, numbers in the memory; a multiple of 8.
        window: decisions that gradients run back through.
        hidden: sizes of the hidden layers between memory and actor or critic.
        initial_std: see `GaussianPolicy`.
        generator: source of the initial weights.
    """

    def __init__(
        self,
        spec: PolicySpec,
        *,
        memory: int,
        window: int = 16,
        hidden: Sequence[int] = (64,),
        initial_std: float = 0.5,
        generator: torch.Generator,
    ) -> None:
        if memory % 8:
            raise LearningError(f"memory must be a multiple of 8, not {memory}")
        nn.Module.__init__(self)
        self.spec, self.hidden, self.memory, self.window = spec, tuple(hidden), memory, window
        self.by_type = 0
        self._flags = sum(spec.options) if spec.masked else 0
        inner = attrs.evolve(spec, observation_size=memory + self._flags, features=())
        self.head = policy_for(inner, hidden=hidden, initial_std=initial_std, generator=generator)
        self.unit = nn.GRUCell(spec.observation_size, memory)
        for weight in self.unit.parameters():
            nn.init.uniform_(weight, -1 / math.sqrt(memory), 1 / math.sqrt(memory), generator=generator)
        self.observations, self.returns = Moments(spec.observation_size), self.head.returns
        self.average = {}
        self.refresh()

    def prepare(self, observation: Single, next_row: npt.NDArray[np.int64]) -> Tensor:
        """Return for each transition the memory at its window's beginning, and what was seen and is valid in it."""
        n, size, length = len(observation), self.spec.observation_size, self.window
        begins = np.ones(n, bool)
        begins[next_row[next_row >= 0]] = False
        start = np.maximum.accumulate(np.where(begins, np.arange(n), 0))
        places = np.arange(n)[:, None] + np.arange(1 - length, 1)
        valid = places >= start[:, None]
        seen = self.mirror.normalise(observation[:, :size])[np.maximum(places, 0)]
        first = np.maximum(start, np.arange(n) - length + 1)
        columns = [observation[first, size:], valid.astype(np.float32), seen.reshape(n, -1)]
        return torch.from_numpy(np.hstack(columns))

    def evaluate(self, rows: Tensor, raw: Tensor, *, critic: bool = True) -> Evaluated:
        """Evaluate ``raw`` actions [n, a + m] for windows as `prepare` gives them, by the critic too or not."""
        return self.head.evaluate(self._remember(rows), raw[:, : self.spec.action_size], critic=critic)

    def value(self, rows: Tensor) -> Tensor:
        """Return the normalised value [n] for windows as `prepare` gives them."""
        return self.head.value(self._remember(rows))

    def rescale_returns(self, returns: npt.NDArray[np.float64], observations: Single) -> None:
        """See `Policy.rescale_returns`."""
        self.head.rescale_returns(returns, observations)

    def average_in(self, weight: float) -> None:
        """Refuse: an average is kept of policies without memory only."""
        raise LearningError("a policy with memory keeps no average of its weights: set averaging=None")

    def refresh(self) -> None:
        """Mirror the present weights and moments for acting."""
        self.head.refresh()
        unit = self.unit
        parts = [unit.weight_ih.T, unit.weight_hh.T, unit.bias_ih, unit.bias_hh]
        copies = [np.ascontiguousarray(part.detach().numpy()).copy() for part in parts]
        self.mirror = RecurrentMirror(self.spec, self.head.mirror, copies, self.observations)

    def save_state(self) -> dict[str, Any]:
        """Return weights, moments and what identifies the policy."""
        return super().save_state() | {"memory": self.memory, "window": self.window}

    def _remember(self, rows: Tensor) -> Tensor:
        """Run through the windows; return what the head sees."""
        memory, rest = rows[:, : self.memory], rows[:, self.memory :]
        valid, seen = rest[:, : self.window], rest[:, self.window :]
        steps = seen.reshape(len(rows), self.window, -1).unbind(1)
        for step, known in zip(steps, valid[:, :, None].unbind(1), strict=True):
            memory = torch.where(known > 0, self.unit(step, memory), memory)
        return torch.cat([memory, steps[-1][:, -self._flags :]], 1) if self._flags else memory

    def _mirror(self, actor: nn.Sequential) -> Mirror:
        raise NotImplementedError("refresh mirrors unit and head")
