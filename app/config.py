"""Scenario files: TOML in, a validated `Study` out, or one error that names everything that is wrong.

A file says which market it is about (`market = "dealer"`), how to learn (`[training]`) and how to judge
(`[evaluation]`); everything else describes the market's scenario, whose fields are documented by its class. It may
extend another file (`extends = "base.toml"`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import attrs

from catallaxy.engine import CatallaxyError

from .hints import nearest
from .inheritance import KEY, inherited
from .markets import MARKETS, Evaluation, Market
from .strict import Fault, plain, shown, structure
from .toml_lines import key_lines, line_of

if TYPE_CHECKING:
    from catallaxy.learners import PolicyGradientConfig

T = TypeVar("T")

ROOT_KEYS = (KEY, "market", "training", "evaluation")
"""What stands in a file's root beside the fields of the market's scenario."""


ALGORITHMS = {"ppo": "PPO", "a2c": "A2C", "reinforce": "REINFORCE"}
"""What `[training]` may name, and the learner's class; its settings are those of the class ...Config."""


class ConfigError(CatallaxyError):
    """A scenario file that can't be used; the message names every fault with its line, path, value and rule."""


@attrs.frozen
class Training:
    """How to learn: the file's `[training]` table. `[training.ppo]` holds what `PPOConfig` takes, and so on.

    Attributes:
        algorithm: which learner every family gets; its settings are in the table of its name.
        separate: families whose agents share nothing: each learns a policy of its own.
        decisions: how many decisions to learn from, all agents together.
        rollout: decisions between two updates.
        worlds: worlds that are advanced together.
        workers: processes among which the worlds are divided; what is learned does not depend on it.
        anneal: whether the step size falls to a twentieth towards the end.
    """

    algorithm: Literal["ppo", "a2c", "reinforce"] = "ppo"
    separate: tuple[str, ...] = attrs.field(default=(), converter=tuple)
    decisions: int = attrs.field(default=600_000, validator=attrs.validators.gt(0))
    rollout: int = attrs.field(default=16_384, validator=attrs.validators.gt(0))
    worlds: int = attrs.field(default=16, validator=attrs.validators.gt(0))
    workers: int = attrs.field(default=1, validator=attrs.validators.gt(0))
    anneal: bool = True


@attrs.frozen
class Study:
    """A scenario file, read: a market's scenario with how to learn and how to judge.

    Attributes:
        path: the file.
        text: what it says.
        market: the kind of market.
        scenario: its scenario.
        training: how to learn.
        learner: what the algorithm is told; None unless the file was read for learning.
        evaluation: how to judge.
    """

    path: Path
    text: str = attrs.field(repr=False)
    market: Market
    scenario: Any
    training: Training
    learner: PolicyGradientConfig | None
    evaluation: Evaluation

    def describe(self) -> dict[str, Any]:
        """The study for a run's manifest: the file as it was written, and all that follows from it."""
        return {
            "file": str(self.path.resolve()),
            "toml": self.text,
            "market": self.market.name,
            "scenario": plain(self.scenario),
            "training": plain(self.training)
            | ({} if self.learner is None else {self.training.algorithm: plain(self.learner)}),
            "evaluation": plain(self.evaluation),
        }


def load(path: str | Path, *, learning: bool = False) -> Study:
    """Read a scenario file.

    Args:
        path: the file. Paths in it are relative to its folder.
        learning: whether to read the algorithm's settings too, for which torch has to be loaded.

    Raises:
        ConfigError: no such file, not TOML, or keys and values that do not fit; all of them are named at once.
    """
    path = Path(path)
    text, data = _parse(path)
    try:
        data = inherited(path, data, _parse)
    except ValueError as error:
        raise _error(path, text, [Fault((KEY,), str(error))]) from None
    name = data.pop("market", None)
    if not isinstance(name, str) or name not in MARKETS:
        raise _error(path, text, [Fault(("market",), _no_market(name))])
    market = MARKETS[name]
    sections = _Sections(path.parent)
    training, evaluation = data.pop("training", {}), data.pop("evaluation", {})
    tables = {name: training.pop(name) for name in ALGORITHMS if name in training} if isinstance(training, dict) else {}
    scenario = sections.read_root(data, market.scenario_class())
    study = Study(
        path=path,
        text=text,
        market=market,
        scenario=scenario,
        training=sections.read(training, Training, "training"),
        learner=sections.read_learner(training, tables) if learning else None,
        evaluation=sections.read(evaluation, Evaluation, "evaluation"),
    )
    if sections.faults:
        raise _error(path, text, sections.faults)
    return study


def load_as(path: str | Path, cls: type[T], *, whole: bool = True) -> T:
    """Read a file that is one `cls`; if `whole`, it must give every field, even those that have a default.

    Raises:
        ConfigError: no such file, not TOML, or keys and values that do not fit; all of them are named at once.
    """
    path = Path(path)
    text, data = _parse(path)
    value, faults = structure(data, cls, path.parent)
    told = {fault.path[:1] for fault in faults}
    for field in attrs.fields(cls):  # type: ignore[arg-type]
        if whole and field.name not in data and (field.name,) not in told:
            faults.append(Fault((field.name,), "missing"))
    if faults:
        raise _error(path, text, faults)
    return cast(T, value)


class _Sections:
    """Reads the tables of a file and gathers what is wrong with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[Fault] = []

    def read(self, data: object, cls: type[T], *path: str) -> T:
        """`data` as a `cls`. If it has faults there is none, which nobody sees: the file is refused."""
        value, faults = structure(data, cls, self.folder)
        self.faults += [Fault((*path, *fault.path), fault.message) for fault in faults]
        return cast(T, value)

    def read_learner(self, training: object, tables: Mapping[str, object]) -> PolicyGradientConfig:
        """The settings of the algorithm that `[training]` names; there may be none for another."""
        import catallaxy.learners

        named = training.get("algorithm", "ppo") if isinstance(training, Mapping) else "ppo"
        chosen = named if named in ALGORITHMS else "ppo"
        for name in tables:
            if name != chosen:
                self.faults.append(Fault(("training", name), f'nothing reads it: algorithm is "{chosen}"'))
        config: type[PolicyGradientConfig] = getattr(catallaxy.learners, ALGORITHMS[chosen] + "Config")
        return self.read(tables.get(chosen, {}), config, "training", chosen)

    def read_root(self, data: dict[str, Any], cls: type[T]) -> T:
        """The scenario, which shares the file's root with the tables that have been taken out of it."""
        own = [field.name for field in attrs.fields(cls)]  # type: ignore[arg-type]
        for key in [key for key in data if key not in own]:
            del data[key]
            self.faults.append(Fault((key,), f"unknown key; {nearest(key, [*own, *ROOT_KEYS])}"))
        return self.read(data, cls)


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    """What a TOML file says, as text and as data."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except FileNotFoundError:
        there = [file.name for file in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise ConfigError(f"{path}: no such file{f'; {nearest(path.name, there)}' if there else ''}") from None
    except IsADirectoryError:
        raise ConfigError(f"{path} is a folder: name a file in it, such as {path / 'scenario.toml'}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        if path.suffix == ".py":
            raise ConfigError(f"{path} is a program, not a scenario: run it with `python {path}`") from None
        raise ConfigError(f"{path} is not valid TOML: {error}") from None


def _no_market(market: object) -> str:
    if market is None:
        return f"missing; valid are {', '.join(sorted(MARKETS))}"
    if not isinstance(market, str):
        return f"{shown(market)} is not a string"
    return f"{shown(market)} is no market; {nearest(market, sorted(MARKETS))}"


def _error(path: Path, text: str, faults: Sequence[Fault]) -> ConfigError:
    lines = key_lines(text)
    placed = sorted(((line_of(fault.path, lines), fault) for fault in faults), key=lambda item: item[0] or 0)
    told = [f"line {line}: {fault}" if line else str(fault) for line, fault in placed]
    if len(told) == 1:
        return ConfigError(f"{path}, {told[0]}" if placed[0][0] else f"{path}: {told[0]}")
    return ConfigError("\n  ".join([f"{path} has {len(told)} faults:", *told]))
