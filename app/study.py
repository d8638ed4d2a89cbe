"""For studies in Python: let the agents of a scenario learn, play episodes, and keep what is found as a page.

A study is a script with one command, as those in `examples/`::

    from catallaxy.config import load
    from catallaxy.study import Notes, learn, play

    scenario = load("examples/fx_dealer/scenario.toml").scenario
    learned = learn(scenario, seed=0, decisions=200_000)           # a policy for each family
    table = play(scenario, learned, seed=1, episodes=40)           # a row for each episode and agent
    with Notes(Path("runs/mine"), "My study", command="...") as notes:
        notes.say("What was found.")
        notes.table(["maker", "objective"], rows)
        with notes.figure("objective.png", 6.4, 4.2) as figure:
            figure.subplots().plot(...)

`Notes` writes `results.md`, `results.json` and the figures. Equal seeds of `play` mean equal luck whatever policies are
played, so that differences between them can be taken episode by episode (`catallaxy.market.measures.interval`).
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import attrs
import pyarrow as pa

from catallaxy.agents import LearningAgent, Policy
from catallaxy.engine import EventLog, World
from catallaxy.market.measures import Interval, played

from .display import console
from .markets import MARKETS
from .plots.canvas import figure_file
from .policies import undecided
from .progress import following

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallaxy.learners import PPO, Mirror, PPOConfig

_NOBODY: Mapping[str, Policy] = MappingProxyType({})


def command_of(script: str, **options: object) -> str:
    """The command that repeats a study: options that are None or False are left out, True stands as a flag."""
    given = (
        f"--{name}" if value is True else f"--{name} {value}"
        for name, value in options.items()
        if value is not None and value is not False
    )
    return " ".join(["python", script, *given])


def recipe(decisions: int, **changes: Any) -> PPOConfig:
    """How makers learn from some ten or hundred thousand decisions: small rollouts, several passes over each.

    Rewards are skewed (most decisions bring little, a few a large trade), so the actor clips late, or clipping would
    cut off the good news first, and the critic learns from longer returns than the actor. Means are kept within their
    bounds, and the noise of single updates is averaged away: `learn` returns the average.

    Args:
        decisions: to learn from; the step size falls towards the end.
        changes: fields of `PPOConfig` to be otherwise.
    """
    from catallaxy.learners import PPOConfig

    base = PPOConfig(
        learning_rate=3e-3,
        decay=decisions,
        decay_power=2.0,
        decay_floor=0.01,
        averaging=10.0,
        initial_std=0.15,
        lam=0.5,
        value_lam=0.95,
        epochs=4,
        value_epochs=4,
        minibatch=512,
        clip=0.5,
        bounds_weight=10.0,
    )
    return attrs.evolve(base, **changes)


def learn(
    scenario: Any,
    *,
    market: str = "dealer",
    seed: int,
    decisions: int,
    config: PPOConfig | None = None,
    rollout: int = 2048,
    worlds: int = 16,
    workers: int = 1,
    given: Mapping[str, Policy] = _NOBODY,
    separate: Collection[str] = (),
    watch: Callable[[int, dict[str, Mirror]], object] | None = None,
    label: str = "learning",
    quiet: bool = False,
) -> dict[str, Mirror]:
    """Let the agents of a scenario learn; a policy for each family that does.

    Args:
        scenario: the market's scenario.
        market: the kind of market.
        seed: root seed.
        decisions: to learn from, all agents together.
        config: of PPO; by default the `recipe`.
        rollout: decisions between two updates.
        worlds: worlds that are advanced together.
        workers: processes; what is learned does not depend on it.
        given: policies by agent's, group's or family's name; whoever has one does not learn.
        separate: families whose agents share nothing: each learns a policy of its own, known by its name.
        watch: told after every update how many decisions there have been, and the policies as they are now.
        label: what is learned, for the progress bar.
        quiet: whether to show nothing.

    Raises:
        CatallaxyError: an agent failed, or learning diverged.
    """
    from catallaxy.learners import PPO, Trainer, policy_specs

    make = partial(make_world, market, scenario, seed, dict(given))
    settings = config or recipe(decisions)
    specs = policy_specs(make(0), separate=separate)
    learners = {name: PPO(spec, settings, seed=seed) for name, spec in specs.items()}
    trainer = Trainer(
        make,
        learners,
        horizon=scenario.duration,
        decisions=decisions,
        rollout=min(rollout, decisions),
        worlds=worlds,
        workers=workers,
    )
    screen = console(quiet=quiet)
    if not screen.is_terminal:
        screen.print(f"{label}: {decisions:,} decisions, seed {seed}", style="dim")
    with following(trainer, screen) as updates:
        for update in updates:
            if watch is not None:
                watch(update.decisions, _policies(learners))
    return _policies(learners)


def _policies(learners: Mapping[str, PPO]) -> dict[str, Mirror]:
    return {name: learner.policy.averaged() for name, learner in learners.items()}


def play(
    scenario: Any,
    policies: Mapping[str, Policy] = _NOBODY,
    *,
    market: str = "dealer",
    seed: int,
    episodes: int,
    log: EventLog | None = None,
) -> pa.Table:
    """Play episodes 0, 1, ... of a seed, and measure them: a row for each episode and agent.

    Args:
        scenario: the market's scenario.
        policies: by agent's, group's or family's name, in this order; a group's own script goes after its name.
        market: the kind of market.
        seed: root seed.
        episodes: how many.
        log: where their events go, if anywhere.
    """
    build = partial(make_world, market, scenario, seed, policies)
    return played(build, episodes, scenario.duration, MARKETS[market].measure_worlds, log=log)


def make_world(market: str, scenario: Any, seed: int, policies: Mapping[str, Policy], episode: int) -> World:
    """The world of an episode, its agents with the policies given by their, their group's or their family's name.

    A function of what can be sent to another process.
    """
    world = MARKETS[market].build(scenario, seed, episode)
    for agent in world.agents.values():
        if isinstance(agent, LearningAgent):
            for name in (agent.name, getattr(agent, "group", agent.name)):
                if name in policies:
                    agent.policy = policies[name]
                    break
    for agent in undecided(world):
        agent.policy = policies.get(agent.family)
    return world


def remembering(policy: Policy) -> Policy:
    """The same policy, which works out its answer to an observation once: for learned ones, where few are seen."""
    return _Remembering(policy)


class _Remembering:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[tuple[float, ...], Any] = {}

    def __call__(self, agent: LearningAgent, observation: Any) -> Any:
        seen = (*observation, *agent.features)
        if seen not in self._known:
            self._known[seen] = self._policy(agent, observation)
        return self._known[seen]


class Notes:
    """What a study finds: text, tables and figures in `results.md`, numbers in `results.json`.

    Args:
        out: folder, made if need be.
        title: of the page.
        command: that repeats the study.
        quick: whether this was the quick variant, which the page says.

    Attributes:
        numbers: what goes into `results.json`; intervals become mean, low and high.
    """

    def __init__(self, out: Path, title: str, *, command: str, quick: bool = False) -> None:
        self.out = out
        out.mkdir(parents=True, exist_ok=True)
        self.numbers: dict[str, Any] = {}
        self._screen = console(quiet=False)
        self._lines: list[str] = []
        self._start = time.perf_counter(), _cpu_time()
        self.say(f"# {title}")
        self.say(f"`{command}`" + (", the quick variant: too short to be quoted." if quick else ""))

    def say(self, text: str) -> None:
        """A paragraph."""
        self._lines += [text, ""]
        self.print(text + "\n")

    def print(self, text: str) -> None:
        """A line for who watches, which the page does not keep."""
        self._screen.print(text, markup=False, highlight=False)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; numbers to four digits, intervals as mean ± half their width."""
        cells = [[shown(value) for value in row] for row in rows]
        lines = [head, ["---"] * len(head), *cells]
        self.say("\n".join(f"| {' | '.join(line)} |" for line in lines))

    @contextmanager
    def figure(self, name: str, width: float, height: float) -> Iterator[Figure]:
        """A matplotlib figure of so many inches, which the page shows.

        Raises:
            PlotError: matplotlib is not installed.
        """
        with figure_file(self.out / name, width, height) as figure:
            yield figure
        self.say(f"![{name}]({name})")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Write the page, with how long it took and by what versions, unless the study has failed."""
        if error is not None:
            return
        wall, cpu = time.perf_counter() - self._start[0], _cpu_time() - self._start[1]
        packages = ", ".join(f"{name} {metadata.version(name)}" for name in ("catallaxy", "numpy", "simpy", "torch"))
        self.say(f"{wall:.0f} s of wall time, {cpu:.0f} s of CPU time; Python {platform.python_version()}, {packages}.")
        self.numbers |= {"wall_seconds": wall, "cpu_seconds": cpu}
        (self.out / "results.md").write_text("\n".join(self._lines).rstrip() + "\n", encoding="utf-8")
        text = json.dumps(self.numbers, indent=2, default=_plain)
        (self.out / "results.json").write_text(text + "\n", encoding="utf-8")


def _cpu_time() -> float:
    """Of this process and those that it has started and seen end."""
    return sum(os.times()[:4])


def shown(value: object) -> str:
    """A number to four digits, an interval as mean ± half its width, anything else as it is."""
    match value:
        case Interval(mean=mean, low=low, high=high):
            reach = (high - low) / 2.0
            if reach <= 1e-9 * abs(mean):
                return f"{shown(mean)} ± 0"
            digits = _digits(reach, 2)
            return f"{mean:.{digits}f} ± {reach:.{digits}f}"
        case float():
            return f"{value:.{_digits(value, 4)}f}" if value == value else "-"
        case _:
            return str(value)


def _digits(value: float, significant: int) -> int:
    """Decimal places that show so many digits of a number."""
    if value == 0.0 or value != value:
        return 1
    exponent = int(f"{abs(value):e}".rpartition("e")[2])
    return max(significant - 1 - exponent, 0)


def _plain(value: Any) -> Any:
    """What JSON does not know: attrs classes, arrays, NumPy's numbers."""
    if attrs.has(type(value)):
        return attrs.asdict(value)
    return value.tolist() if hasattr(value, "tolist") else str(value)
