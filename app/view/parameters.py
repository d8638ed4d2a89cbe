"""What a request may ask: each parameter is checked, and a wrong one is named."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from catallaxy.engine import CatallaxyError

from ..hints import nearest
from .history import Cursor, History

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)


class QueryError(CatallaxyError):
    """A request with a wrong parameter, or for something that the log has not."""

    @property
    def status(self) -> int:
        """The HTTP status that says so."""
        return 404 if "has no" in str(self) else 400


class Query:
    """The parameters of a request, as (name, value) pairs.

    Raises:
        QueryError: one is not known, wrong, or given twice; of any method that reads one, too.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]], known: Sequence[str], history: History) -> None:
        self._values: dict[str, str] = {}
        self._kinds: list[str] = []
        self._history = history
        for name, value in pairs:
            if name not in known:
                raise QueryError(f"unknown parameter {_shown(name)}; {nearest(name[:50], tuple(known))}")
            if name == "kind":
                self._kinds.append(value)
            elif name in self._values:
                raise QueryError(f"{name} is given twice")
            else:
                self._values[name] = value

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        text = self._text(name, default)
        if text is None:
            assert default is not None
            return default
        value = float(text) if _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            raise QueryError(f"{name} must be a number, got {_shown(text)}")
        return value

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from ``low`` to ``high``."""
        text = self._text(name, default)
        if text is None:
            assert default is not None
            return default
        if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
            raise QueryError(f"{name} must be a whole number from {low} to {high}, got {_shown(text)}")
        return int(text)

    def choice(self, name: str, among: Sequence[str]) -> str:
        """One of some words."""
        text = self._text(name, None) or ""
        if text not in among:
            raise QueryError(f"{name} must be one of {', '.join(among)}, got {_shown(text)}")
        return text

    def episode(self) -> int:
        """An episode that the log has."""
        episode = self.whole("episode", 0, 2**31 - 1)
        known = self._history.episodes
        if episode not in known:
            has = f"those from {known[0]} to {known[-1]}" if known else "none yet"
            raise QueryError(f"the log has no episode {episode}; it has {has}")
        return episode

    def cursor(self) -> Cursor:
        """A point in an episode: `episode`, `t` and, if an event is meant, `sequence`."""
        sequence = self.whole("sequence", 0, 10**18) if "sequence" in self._values else None
        return Cursor(self.episode(), self.number("t"), sequence)

    def interval(self) -> tuple[float, float]:
        """Two ordered times, `start` and `end`."""
        start, end = self.number("start"), self.number("end")
        if not start < end or not math.isfinite(end - start):
            raise QueryError(f"start must be less than end, got {start!r} and {end!r}")
        return start, end

    def agent(self) -> str | None:
        """The name of an agent that the log knows, or None for all."""
        name = self._values.get("agent")
        if name is not None and name not in self._history.names.codes:
            raise QueryError(f"the log has no agent {_shown(name)}")
        return name

    def one_agent(self) -> str:
        """The name of an agent that the log knows."""
        self._text("agent", None)
        return str(self.agent())

    def kinds(self) -> list[str]:
        """Tables of what happens: those named, or all."""
        known = self._history.kinds
        for name in self._kinds:
            if name not in known:
                raise QueryError(f"the log has no kind of event {_shown(name)}; {nearest(name[:50], known)}")
        return list(dict.fromkeys(self._kinds)) or known

    def _text(self, name: str, default: object) -> str | None:
        if name not in self._values and default is None:
            raise QueryError(f"{name} is missing")
        return self._values.get(name)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
