"""The errors that Catallaxy raises on purpose: one clear message each, rebuildable from ``args``."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterable
from difflib import get_close_matches


class CatallaxyError(Exception):
    """Base of all errors that a user of Catallaxy can cause and mend."""


class AgentError(CatallaxyError):
    """An agent's own code failed; the message names the agent, the simulated time and what it was handling."""


def failure(agent: object, error: BaseException, doing: str) -> AgentError:
    """The :class:`AgentError` for an exception in ``agent``'s code, with the file and line of that code."""
    now = getattr(agent, "now", float("nan"))
    return AgentError(f"{agent} failed at t={now:g} {doing}: {type(error).__name__}: {error}{_place(error)}")


def _place(error: BaseException) -> str:
    """Where ``error`` comes from, as `` (file:line)``: the innermost frame that is neither ours nor a library's."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    for frame, line in reversed(frames):
        if not _foreign(frame.f_globals.get("__name__", ""), frame.f_code.co_filename):
            return f" ({frame.f_code.co_filename}:{line})"
    return f" ({frames[-1][0].f_code.co_filename}:{frames[-1][1]})" if frames else ""


def _foreign(module: str, file: str) -> bool:
    if module.startswith("catallaxy."):
        return module.startswith(("catallaxy.engine.", "catallaxy.agents."))
    return file.startswith(_LIBRARIES)


_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def meant(name: str, known: Iterable[str]) -> str:
    """Which of the ``known`` names was probably meant: the end of a message, or nothing."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


class DelayError(CatallaxyError, ValueError):
    """A delay or a time that is negative, infinite or not a number."""


class LinkError(CatallaxyError):
    """A message to somebody to whom the sender has no link."""


class LogError(CatallaxyError):
    """A run folder that can't be written or read."""


class NetworkError(CatallaxyError, ValueError):
    """A network that can't be drawn as described."""


class RecordError(CatallaxyError, TypeError):
    """A record or message class, or a value in one, that can't be used."""


class ViewError(CatallaxyError, AttributeError):
    """An attribute of another agent that it does not show."""


class WorldError(CatallaxyError):
    """A world that is set up or driven wrongly."""
