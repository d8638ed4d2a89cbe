"""What an agent may see of another: the attributes that the other's class declares visible, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import ViewError

if TYPE_CHECKING:
    from .agent import Agent


class View:
    """Reads the ``visible`` attributes of an agent, as they are at the moment of reading; can't change anything."""

    __slots__ = ("__seen", "__seer")

    def __init__(self, seer: Agent, seen: Agent) -> None:
        object.__setattr__(self, "_View__seer", seer)
        object.__setattr__(self, "_View__seen", seen)

    def __getattr__(self, name: str) -> Any:
        seer, seen = self.__seer, self.__seen
        if name in seen.visible:
            return getattr(seen, name)
        shown = ", ".join(seen.visible) or "nothing"
        raise ViewError(
            f"{seer} can't see {name!r} of {seen} at t={seer.now:g}: what it shows is {shown} "
            f"({type(seen).__name__}.visible)"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        raise ViewError(f"{self.__seer} can't set {name!r} of {self.__seen}: a view is for reading; send a message")

    def __dir__(self) -> list[str]:
        return list(self.__seen.visible)

    def __repr__(self) -> str:
        return f"<View of {self.__seen}>"
