"""What scenarios' fields have in common: validators, and numbers that may be given as distributions."""

from collections.abc import Callable
from math import inf
from typing import Any

import attrs
from attrs import validators

from catallaxy.agents import Constant, Distribution

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]

positive: Check = validators.and_(validators.gt(0.0), validators.lt(inf))
not_negative: Check = validators.and_(validators.ge(0.0), validators.lt(inf))
fraction: Check = validators.and_(validators.ge(0.0), validators.le(1.0))


def as_distribution(value: Distribution | float) -> Distribution:
    """A number stands for the distribution that always gives it."""
    return value if isinstance(value, Distribution) else Constant(value)


def within(low: float, high: float, *, above: bool = False) -> Check:
    """A validator: the distribution gives numbers in [low, high] only, or, with `above`, in (low, high]."""

    def check(_: Any, attribute: "attrs.Attribute[Any]", value: Distribution) -> None:
        least, most = value.support()
        if least < low or (above and least == low) or most > high:
            rule = (
                f"lie in {'(' if above else '['}{low:g}, {high:g}]"
                if high < inf
                else f"be {'>' if above else '>='} {low:g}"
            )
            raise ValueError(f"'{attribute.name}' must {rule}, but is drawn from [{least:g}, {most:g}]")

    return check
