"""Spaces as rows of numbers: how what an agent sees and does looks to a learner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

Row = npt.NDArray[np.float64]


@attrs.frozen(eq=False)
class Format:
    """The rows of an agent's observation and action space.

    An observation in a one-dimensional Box is its own row. Any other is flattened as Gymnasium does it: dictionaries by
    their sorted keys, discrete values one-hot. An action's row is the action itself, or the numbers chosen, for a
    Discrete or MultiDiscrete space.

    Attributes:
        plain: whether observations are rows already.
        size: numbers in an observation's row.
        options: how many there are to choose from in each component of a discrete action; none for a Box.
        low: the least of each number in an action's row.
        high: the greatest.
    """

    observations: spaces.Space[Any]
    actions: spaces.Space[Any]
    plain: bool
    size: int
    options: tuple[int, ...]
    low: Row
    high: Row

    @classmethod
    def of(cls, observations: spaces.Space[Any], actions: spaces.Space[Any]) -> Format:
        """Read the rows off two spaces.

        Raises:
            TypeError: the actions are neither in a one-dimensional Box nor Discrete or MultiDiscrete, or the
                observations can't be flattened to a fixed length.
        """
        plain = isinstance(observations, spaces.Box) and len(observations.shape) == 1
        try:
            size = spaces.flatdim(observations)
        except (ValueError, NotImplementedError, AttributeError) as error:
            raise TypeError(f"observation_space {observations!r} has no rows of fixed length: {error}") from None
        options: tuple[int, ...] = ()
        least: npt.ArrayLike
        if isinstance(actions, spaces.Box) and len(actions.shape) == 1:
            least, greatest = actions.low, np.asarray(actions.high, np.float64)
        elif isinstance(actions, spaces.Discrete):
            options, least = (int(actions.n),), [actions.start]
        elif isinstance(actions, spaces.MultiDiscrete) and actions.nvec.ndim == 1:
            options, least = tuple(actions.nvec.tolist()), actions.start
        else:
            raise TypeError(f"action_space must be a one-dimensional Box, Discrete or MultiDiscrete, not {actions!r}")
        low = np.asarray(least, np.float64)
        return cls(observations, actions, plain, size, options, low, low + options - 1 if options else greatest)

    def flat(self, observation: Any) -> list[float]:
        """Return an observation's row, [size].

        Raises:
            ValueError: it does not fit into the space.
        """
        try:
            if isinstance(self.observations, spaces.Dict):
                assert isinstance(observation, Mapping)
                if observation.keys() != self.observations.spaces.keys():
                    raise ValueError(f"it has {sorted(observation)}, not {sorted(self.observations.spaces)}")
            row = np.asarray(spaces.flatten(self.observations, observation), np.float64).tolist()
        except (AssertionError, KeyError, IndexError, TypeError, ValueError) as error:
            raise ValueError(
                f"it does not fit into {self.observations}: {str(error) or type(error).__name__}"
            ) from None
        if len(row) != self.size:
            raise ValueError(f"it has {len(row)} numbers, its space {self.size}")
        return list(row)

    def row(self, action: Any) -> Row | None:
        """Return an action's row, or None if it is not in the action space."""
        row = np.asarray(action, np.float64).reshape(-1) if self.options else np.asarray(action, np.float64)
        if row.shape != self.low.shape or not bool(np.all((row >= self.low) & (row <= self.high))):
            return None
        return None if self.options and not bool(np.all(row == np.floor(row))) else row

    def native(self, row: Row) -> Any:
        """Return the action as its space has it: a float64 array, an int, or an int64 array."""
        if not self.options:
            return row
        return int(row[0]) if isinstance(self.actions, spaces.Discrete) else np.asarray(row, np.int64)

    def mask(self, available: Sequence[bool] | Sequence[Sequence[bool]] | None) -> tuple[float, ...]:
        """Return what is available of all options, one component after the other, as 1 and 0; None: everything.

        Args:
            available: for each option whether it can be chosen; with several components, a sequence of such for each.

        Raises:
            ValueError: its length is another, or nothing is left to choose.
        """
        if available is None:
            return (1.0,) * sum(self.options)
        parts: list[Any] = [available] if isinstance(self.actions, spaces.Discrete) else list(available)
        if len(parts) != len(self.options):
            raise ValueError(f"it has {len(parts)} components, the action space {len(self.options)}")
        row: list[float] = []
        for part, count in zip(parts, self.options, strict=True):
            flags = [1.0 if flag else 0.0 for flag in part]
            if len(flags) != count or not any(flags):
                raise ValueError(f"it should say of {count} options which can be chosen, one at least, not {flags}")
            row += flags
        return tuple(row)

    def offers(self, row: Row, mask: Sequence[float]) -> bool:
        """Whether every option that an action's row chooses is available."""
        start = 0
        for value, low, count in zip(row.tolist(), self.low.tolist(), self.options, strict=True):
            if not mask[start + int(value - low)]:
                return False
            start += count
        return True
