"""The errors that Catallaxy raises on purpose: one clear message each, rebuildable from ``args``."""

from __future__ import annotations

import traceback


class CatallaxyError(Exception):
    """Base of all errors that a user of Catallaxy can cause and mend."""


class AgentError(CatallaxyError):
    """An agent's own code failed; the message names the agent, the simulated time and what it was handling."""


def failure(agent: object, error: BaseException, doing: str) -> AgentError:
    """The :class:`AgentError` for an exception in ``agent``'s code, with the file and line that raised it."""
    place = traceback.extract_tb(error.__traceback__)
    where = f" ({place[-1].filename}:{place[-1].lineno})" if place else ""
    now = getattr(agent, "now", float("nan"))
    return AgentError(f"{agent} failed at t={now:g} {doing}: {type(error).__name__}: {error}{where}")


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


class WorldError(CatallaxyError):
    """A world that is set up or driven wrongly."""
