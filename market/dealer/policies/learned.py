"""Makers without a script."""

from typing import Literal

import attrs


@attrs.frozen
class Learned:
    """No script: the group's makers are left to a learner."""

    kind: Literal["learned"] = "learned"
