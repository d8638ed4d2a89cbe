"""Types and supertypes: who an agent is, and the distribution that it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from catallaxy.engine import CatallaxyError, Stream

from .distributions import Constant, Distribution

T = TypeVar("T")


class Supertype(Generic[T]):
    """A distribution of types, shared by a group of agents; what calibration adjusts.

    Args:
        make: the type's class (an attrs class, say); called with one number a parameter.
        parameters: a distribution, or a number, for each of its parameters by name. They are drawn independently,
            in the order given.

    Example::

        cautious = Supertype(MakerType, risk_aversion=LogUniform(1e-3, 1e-2), connectivity=0.8)
        cautious.draw(rng)  # MakerType(risk_aversion=0.0034..., connectivity=0.8)
    """

    def __init__(self, make: Callable[..., T], **parameters: Distribution | float) -> None:
        self.make = make
        self.parameters: Mapping[str, Distribution] = {
            name: value if isinstance(value, Distribution) else Constant(value) for name, value in parameters.items()
        }

    def draw(self, rng: Stream) -> T:
        """One type.

        Raises:
            CatallaxyError: the type does not take these parameters.
        """
        drawn = {name: distribution.draw(rng) for name, distribution in self.parameters.items()}
        try:
            return self.make(**drawn)
        except TypeError as error:
            raise CatallaxyError(f"a supertype of {self.make.__name__} with {', '.join(drawn)}: {error}") from None
