"""The trajectory buffer: columns from birth, one chain of transitions for each agent and episode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from .errors import LearningError

Array = npt.NDArray[Any]

# First what is known when a decision is taken, then what only its end tells. A row that is not closed holds _UNKNOWN
# in the latter columns from the start, so that opening it need not write them.
_COLUMNS: dict[str, type] = {
    "chain": np.int64,
    "time": np.float64,
    "rate": np.float64,
    "logp": np.float32,
    "value": np.float64,
}
_OUTCOMES: dict[str, type] = {
    "reward": np.float64,
    "elapsed": np.float64,
    "next_row": np.int64,
    "last_value": np.float64,
    "closed": np.bool_,
    "terminated": np.bool_,
}
_UNKNOWN = {"next_row": -1}  # 0 in the other outcomes
_MATRICES = ("observation", "raw")


def chain_key(episode: int, agent: int) -> int:
    """Return the number of the chain of the agent with index ``agent`` in episode ``episode``."""
    return (episode << 32) | agent


@attrs.frozen(eq=False)
class Transitions:
    """Completed transitions, chain by chain and each chain in order of time: what a learner learns from.

    The order depends on nothing but what happened in each world, so not on how worlds were batched. Shapes: ``[n]``,
    ``observation`` ``[n, d]`` float32 (not normalised), ``raw`` ``[n, a]`` float32 (as sampled, before scaling).

    Attributes:
        chain: number of the chain: episode << 32 | agent's index.
        time: simulated time of the decision.
        rate: the agent's discount rate per unit of time.
        logp: log-probability of ``raw`` in the forward pass that acted.
        value: V of the observation in that same pass.
        reward: R, discounted to ``time``.
        elapsed: D, the time until the transition's end.
        next_value: V' of the decision or observation that ended it; 0 where ``terminated``.
        next_row: row of the same chain's next transition, -1 where there is none (ended, or not completed yet).
        terminated: the agent's problem ended with it.
    """

    observation: npt.NDArray[np.float32]
    raw: npt.NDArray[np.float32]
    chain: npt.NDArray[np.int64]
    time: npt.NDArray[np.float64]
    rate: npt.NDArray[np.float64]
    logp: npt.NDArray[np.float32]
    value: npt.NDArray[np.float64]
    reward: npt.NDArray[np.float64]
    elapsed: npt.NDArray[np.float64]
    next_value: npt.NDArray[np.float64]
    next_row: npt.NDArray[np.int64]
    terminated: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.chain)


class TrajectoryBuffer:
    """Transitions of one family in growing columns.

    A decision opens a row; the same chain's next decision closes it (`decide`), or its end does (`end`). Rows that are
    still open when a rollout is cut stay out of `transitions` and are kept by `carry`, with their log-probability, for
    the next rollout. The columns are reused, so memory is bounded by the largest rollout.

    Args:
        observation_size: d, numbers in an observation row (features of the type included).
        action_size: a, numbers in an action.
        capacity: rows to reserve; the columns double when they are full.
    """

    def __init__(self, observation_size: int, action_size: int, capacity: int = 1024) -> None:
        self.observation_size = observation_size
        self.action_size = action_size
        self._size = 0
        self._open: dict[int, int] = {}
        self._store: dict[str, Array] = {name: np.empty(capacity, kind) for name, kind in _COLUMNS.items()}
        for name, kind in _OUTCOMES.items():
            self._store[name] = np.full(capacity, _UNKNOWN.get(name, 0), kind)
        for name, width in zip(_MATRICES, (observation_size, action_size), strict=True):
            self._store[name] = np.empty((capacity, width), np.float32)

    def __len__(self) -> int:
        """Count all rows, open ones included."""
        return self._size

    @property
    def open(self) -> int:
        """Transitions that wait for their end."""
        return len(self._open)

    def waits(self, chain: int) -> bool:
        """Whether a chain has a transition that waits for its end."""
        return chain in self._open

    def column(self, name: str) -> Array:
        """Return the column ``name`` so far, as a view: `Transitions`' names, ``closed`` and ``last_value``."""
        return self._store[name][: self._size]

    def decide(
        self,
        chains: Sequence[int],
        observation: Array,
        raw: Array,
        logp: Array,
        value: Array,
        *,
        time: Sequence[float] | Array,
        rate: Sequence[float] | Array,
        reward: Sequence[float] | Array,
        elapsed: Sequence[float] | Array,
    ) -> None:
        """Open a row for each chain and close the row that it has open, if any, with ``reward`` R and ``elapsed`` D.

        Shapes: ``observation`` [n, d], ``raw`` [n, a], all others [n].

        Raises:
            LearningError: a chain that occurs twice.
        """
        first, count = self._size, len(chains)
        if len(set(chains)) != count:
            twice = next(chain for chain in chains if list(chains).count(chain) > 1)
            raise LearningError(
                f"agent {twice & 0xFFFFFFFF} of episode {twice >> 32} has two decisions pending at once"
            )
        get = self._open.get
        before = np.array([get(chain, -1) for chain in chains], np.int64)
        self._reserve(first + count)
        store, new = self._store, slice(first, first + count)
        rows = np.arange(first, first + count)
        known = np.flatnonzero(before >= 0)
        closing = before[known]
        store["reward"][closing] = np.asarray(reward, np.float64)[known]
        store["elapsed"][closing] = np.asarray(elapsed, np.float64)[known]
        store["next_row"][closing] = rows[known]
        store["closed"][closing] = True
        store["chain"][new] = chains
        store["observation"][new] = observation
        store["raw"][new] = raw
        store["logp"][new] = logp
        store["value"][new] = value
        store["time"][new] = time
        store["rate"][new] = rate
        self._size = first + count
        self._open.update(zip(chains, range(first, first + count), strict=True))

    def end(
        self,
        chain: int,
        *,
        reward: float,
        elapsed: float,
        terminated: bool,
        last_value: float | None = None,
    ) -> None:
        """End a chain, and close its open row, if any.

        Args:
            chain: the chain's number.
            reward: R of the open transition.
            elapsed: D of the open transition.
            terminated: the agent's problem is over and nothing follows. Otherwise it was cut short (truncated).
            last_value: V of what the agent saw at the cut; without it the transition is `unfinished`.
        """
        row = self._open.pop(chain, None)
        if row is None:
            return
        self._store["reward"][row] = reward
        self._store["elapsed"][row] = elapsed
        self._store["terminated"][row] = terminated
        self._store["last_value"][row] = 0.0 if terminated else np.nan if last_value is None else last_value
        self._store["closed"][row] = True

    def transitions(self, *, unfinished: bool = False) -> Transitions:
        """Return the completed transitions (copies), chain by chain.

        Args:
            unfinished: also those that an episode's end cut short with nothing known of what would have followed
                (`next_value` is 0). Left out, the transition before them bootstraps from the last decision's value,
                which is right for a critic; a learner that sums up an episode's rewards wants them.
        """
        closed, follower, last = self.column("closed"), self.column("next_row"), self.column("last_value")
        rows = np.flatnonzero(closed if unfinished else closed & ~np.isnan(last))
        rows = rows[np.argsort(self.column("chain")[rows], kind="stable")]
        place = np.full(self._size + 1, -1, np.int64)  # the extra entry answers next_row == -1
        place[rows] = np.arange(len(rows))
        next_row = follower[rows]
        next_value = np.where(next_row >= 0, self.column("value")[next_row], np.nan_to_num(last[rows]))
        names = ("observation", "raw", "chain", "time", "rate", "logp", "value", "reward", "elapsed", "terminated")
        columns = {name: self.column(name)[rows] for name in names}
        return Transitions(next_value=next_value, next_row=place[next_row], **columns)

    def carry(self) -> None:
        """Forget all rows but the open ones, which move to the front."""
        rows = np.fromiter(self._open.values(), np.int64, len(self._open))
        rows = np.sort(rows)
        for name, column in self._store.items():
            if name in _OUTCOMES:
                column[: self._size] = _UNKNOWN.get(name, 0)
            else:
                column[: len(rows)] = column[rows]
        self._size = len(rows)
        self._open = dict(zip(self.column("chain").tolist(), range(len(rows)), strict=True))

    def state_dict(self) -> dict[str, Any]:
        """Return the open rows, all that the next rollout needs, as arrays by column."""
        rows = np.sort(np.fromiter(self._open.values(), np.int64, len(self._open)))
        return {name: column[rows] for name, column in self._store.items() if name not in _OUTCOMES}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Start from the open rows of `state_dict`, forgetting all others."""
        missing = sorted(self._store.keys() - _OUTCOMES.keys() - state.keys())
        if missing:
            raise LearningError(f"the buffer's state lacks the columns {', '.join(missing)}")
        self._open.clear()
        self.carry()
        count = len(state["chain"])
        self._reserve(count)
        for name, column in self._store.items():
            if name not in _OUTCOMES:
                column[:count] = state[name]
        self._size = count
        self._open = dict(zip(self.column("chain").tolist(), range(count), strict=True))

    def last_raw(self, chains: Sequence[int]) -> Array:
        """Return the raw action [n, a] of each chain's open row; 0 where it has none."""
        rows = np.array([self._open.get(chain, -1) for chain in chains], np.int64)
        return np.where(rows[:, None] >= 0, self._store["raw"][rows], np.float32(0))

    def columns(self) -> dict[str, Array]:
        """Return every column so far, open rows included, as views by name."""
        return {name: column[: self._size] for name, column in self._store.items()}

    def assemble(self, parts: Sequence[Mapping[str, Array]]) -> None:
        """Hold the rows of several buffers' `columns` one part after the other, and nothing else.

        A chain must lie in one part as a whole; then `transitions` gives the same for every division into parts.
        """
        sizes = [len(part["chain"]) for part in parts]
        self._reserve(sum(sizes))
        start = 0
        for part, size in zip(parts, sizes, strict=True):
            for name, column in self._store.items():
                column[start : start + size] = part[name]
            links = self._store["next_row"][start : start + size]
            links[links >= 0] += start
            start += size
        self._size = start
        rows = np.flatnonzero(~self.column("closed"))
        self._open = dict(zip(self.column("chain")[rows].tolist(), rows.tolist(), strict=True))

    def _reserve(self, size: int) -> None:
        capacity = len(self._store["chain"])
        if size > capacity:
            capacity = max(size, 2 * capacity)
            for name, old in self._store.items():
                grown = np.full((capacity, *old.shape[1:]), _UNKNOWN.get(name, 0), old.dtype)
                grown[: self._size] = old[: self._size]
                self._store[name] = grown
