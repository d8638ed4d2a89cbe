"""What a learner is: anything that acts on rows of observations and learns from a trajectory buffer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np
import numpy.typing as npt

from .buffer import TrajectoryBuffer


@attrs.frozen(eq=False)
class Acted:
    """What a learner answers to n observations.

    Attributes:
        actions: [n, a] float64, in the action space's units and within its bounds; whole numbers for a discrete one.
        raw: [n, a] float32, what was sampled, in the policy's own units; the log-probability is that of ``raw``.
        logp: [n] float32, log-probability (density) of ``raw``.
        values: [n] float32, the critic's expectation; 0 for a learner that has none.
    """

    actions: npt.NDArray[np.float64]
    raw: npt.NDArray[np.float32]
    logp: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]


class Actor(Protocol):
    """The half of a `Learner` that acts."""

    def act(self, observations: npt.NDArray[np.float32], noise: npt.NDArray[np.float32] | None = None) -> Acted:
        """See `Learner.act`."""
        ...


@runtime_checkable
class Learner(Protocol):
    """The four methods that a fleet and a trainer call; there is nothing to inherit.

    A learner that needs whole episodes sets ``whole_episodes = True``: rollouts are then cut only where episodes end.
    One with an attribute ``memory`` > 0 finds that many numbers at the end of each observation: those at the end of the
    raw action of the same agent's last decision, 0 at its first.
    One that acts in other processes may have a method ``actor()``, see `actor_of`.
    """

    def act(self, observations: npt.NDArray[np.float32], noise: npt.NDArray[np.float32] | None = None) -> Acted:
        """Answer [n, d] observations; None for ``noise`` asks for the best-known action.

        ``noise`` [n, a] holds standard normals, or uniforms in [0, 1) where actions are discrete.

        A row's answer must not depend on the rows beside it, to the last bit.
        """
        ...

    def update(self, buffer: TrajectoryBuffer) -> dict[str, float]:
        """Learn from what was gathered and return scalars, named as ``losses/policy``."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on: tensors, arrays, numbers, strings and nests of these."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`."""
        ...


def actor_of(learner: Learner) -> Actor:
    """Return what acts for ``learner`` in another process: what its ``actor()`` gives if it has one, else itself.

    An actor is pickled once a rollout, so it should hold what acting needs and no more; the policy-gradient learners
    give their NumPy mirror, with which the other process needs no torch.
    """
    make: Callable[[], Actor] | None = getattr(learner, "actor", None)
    return learner if make is None else make()


def best_of(learner: Learner) -> Actor:
    """Return what acts by the best that ``learner`` knows: what its ``best()`` gives if it has one, else `actor_of`.

    The policy-gradient learners give the policy with the average of its weights, if they keep one.
    """
    make: Callable[[], Actor] | None = getattr(learner, "best", None)
    return actor_of(learner) if make is None else make()
