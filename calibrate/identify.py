"""What the targets can tell: what they pin down, what they can't tell apart, and which of them are in reach."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from .space import Space
from .surrogate import RESOLUTION, Quadratic, told
from .targets import Targets

Floats = npt.NDArray[np.float64]

PRIOR = 12.0**-0.5
"""Standard deviation of a uniform parameter in the unit interval."""
NAMED = 0.3
"""Parameters with at least this part in a flat direction are named."""


@attrs.frozen(eq=False)
class FlatDirection:
    """A way to change the composition that the targets hardly notice.

    Attributes:
        parts: change of each parameter, by name, in the unit cube; the largest named only.
        left: how much of the prior's width along it is left, 1 being all.
    """

    parts: dict[str, float]
    left: float

    def __str__(self) -> str:
        names = list(self.parts)
        if len(names) == 1:
            return f"the targets say little about {names[0]}: {100 * self.left:.0f} % of its range is left"
        ways = ", ".join(f"{name} {'up' if part > 0 else 'down'}" for name, part in self.parts.items())
        return f"the targets can't tell {' and '.join(names)} apart ({ways} together: {100 * self.left:.0f} % is left)"


@attrs.frozen(eq=False)
class Fit:
    """A target against what the recommended composition shows, by the map fitted to all pairs.

    Attributes:
        measure: its name.
        target: the value wanted.
        shown: the value expected.
        deviation: standard deviation of that expectation.
        reached: whether both agree within their uncertainty; if not, `shown` is the nearest value in reach.
    """

    measure: str
    target: float
    shown: float
    deviation: float
    reached: bool


def flat_directions(
    model: Quadratic, point: Floats, space: Space, targets: Targets, *, half: float = 0.5
) -> list[FlatDirection]:
    """Directions along which at least the part `half` of the prior's width is left.

    The posterior's covariance in the linearised problem, (J' R^-1 J + 1/prior^2)^-1, by its principal axes; R holds
    what the targets can tell, and the map's own uncertainty.
    """
    slope = model.jacobian(point) / np.hypot(told(targets, model.drift), model.deviation(point))[:, None]
    information, axes = np.linalg.eigh(slope.T @ slope)
    found = []
    for value, axis in zip(information, axes.T, strict=True):
        left = float((1.0 + max(value, 0.0) * PRIOR**2) ** -0.5)
        if left >= half:
            axis = axis * np.sign(axis[np.abs(axis).argmax()])
            order = [int(place) for place in np.argsort(-np.abs(axis)) if abs(axis[place]) >= NAMED]
            found.append(FlatDirection({space.names[place]: float(axis[place]) for place in order}, left))
    return found


def fits(model: Quadratic, point: Floats, targets: Targets) -> list[Fit]:
    """Each target against what the composition is expected to show."""
    shown, deviation = model(point[None])[0], model.deviation(point)
    found = []
    for place, target in enumerate(targets.targets):
        allowed = 2.0 * np.hypot(deviation[place], target.uncertainty) + RESOLUTION * targets.scale[place]
        reached = abs(shown[place] - target.value) <= allowed
        found.append(Fit(target.measure, target.value, float(shown[place]), float(deviation[place]), bool(reached)))
    return found


def unreachable(found: Sequence[Fit]) -> list[Fit]:
    """The targets that no composition can reach together with the others."""
    return [fit for fit in found if not fit.reached]
