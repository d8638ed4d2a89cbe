"""Scenario files: TOML in, a validated `Study` out, or one error that names everything that is wrong.

A file says which market it is about (`market = "dealer"`), how to learn (`[training]`) and how to judge
(`[evaluation]`); everything else describes the market's scenario, whose fields are documented by its class.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import attrs

from catallaxy.engine import CatallaxyError, World

from .hints import nearest
from .strict import Fault, shown, structure
from .toml_lines import key_lines, line_of

T = TypeVar("T")


class ConfigError(CatallaxyError):
    """A scenario file that can't be used; the message names every fault with its line, path, value and rule."""


@attrs.frozen
class Market:
    """A kind of market that scenario files may name: its scenario's class and what builds a world from one."""

    scenario: type
    build: Callable[[Any, int, int], World]


@attrs.frozen
class Training:
    """How to learn: the file's `[training]` table.

    Attributes:
        decisions: how many decisions to learn from, all agents together.
        worlds: how many worlds are advanced together.
        rollout: decisions gathered between two updates.
    """

    decisions: int = attrs.field(default=600_000, validator=attrs.validators.gt(0))
    worlds: int = attrs.field(default=16, validator=attrs.validators.gt(0))
    rollout: int = attrs.field(default=16_384, validator=attrs.validators.gt(0))


@attrs.frozen
class Evaluation:
    """How to judge what was learned: the file's `[evaluation]` table.

    Attributes:
        episodes: episodes played with each policy, the same seeds for all; an interval needs at least two.
    """

    episodes: int = attrs.field(default=20, validator=attrs.validators.ge(2))


@attrs.frozen
class Study:
    """A scenario file, read: the market's scenario with how to learn and how to judge."""

    path: Path
    text: str = attrs.field(repr=False)
    market: str
    scenario: Any
    training: Training
    evaluation: Evaluation

    def make_world(self, seed: int, episode: int) -> World:
        """The world of one episode."""
        return market_named(self.market).build(self.scenario, seed, episode)


_MARKETS = {"dealer": ("catallaxy.market.dealer", "DealerScenario", "build")}


def market_named(name: str) -> Market:
    """The market that scenario files call `name`; `KeyError` if there is none."""
    module, scenario, build = _MARKETS[name]
    package = import_module(module)
    return Market(getattr(package, scenario), getattr(package, build))


def load(path: str | Path) -> Study:
    """Read a scenario file.

    Raises:
        ConfigError: no such file, not TOML, or keys and values that do not fit; all of them are named at once.
    """
    path = Path(path)
    text = _read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    market = data.pop("market", None)
    if not isinstance(market, str) or market not in _MARKETS:
        raise _error(path, text, [Fault(("market",), _no_market(market))])
    training, faults = _section(data, "training", Training, path.parent)
    evaluation, more = _section(data, "evaluation", Evaluation, path.parent)
    scenario, most = structure(data, market_named(market).scenario, path.parent)
    faults += more + most
    if faults:
        raise _error(path, text, faults)
    assert training is not None
    assert evaluation is not None
    return Study(path, text, market, scenario, training, evaluation)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder: name a file in it, such as {path / 'scenario.toml'}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None


def _section(data: dict[str, Any], name: str, cls: type[T], folder: Path) -> tuple[T | None, list[Fault]]:
    value, faults = structure(data.pop(name, {}), cls, folder)
    return value, [Fault((name, *fault.path), fault.message) for fault in faults]


def _no_market(market: object) -> str:
    if market is None:
        return f"missing; valid are {', '.join(sorted(_MARKETS))}"
    if not isinstance(market, str):
        return f"{shown(market)} is not a string"
    return f"{shown(market)} is no market; {nearest(market, sorted(_MARKETS))}"


def _error(path: Path, text: str, faults: Sequence[Fault]) -> ConfigError:
    lines = key_lines(text)
    placed = sorted(((line_of(fault.path, lines), fault) for fault in faults), key=lambda item: item[0] or 0)
    told = [f"line {line}: {fault}" if line else str(fault) for line, fault in placed]
    if len(told) == 1:
        return ConfigError(f"{path}, {told[0]}" if placed[0][0] else f"{path}: {told[0]}")
    return ConfigError("\n  ".join([f"{path} has {len(told)} faults:", *told]))
