"""`catallaxy verify` and `catallaxy replay`: a recorded run proved again, or played with some agents acting anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from catallaxy.engine import Agent, EventLog, World, read_manifest
from catallaxy.engine.replay import Replayed, Verdict, WorldMaker, stage, verify

from .config import ConfigError
from .markets import MARKETS, Market
from .named import named
from .policies import attach
from .runs import CHECKPOINT, RunError, check_vacant
from .strict import structure


def prove(directory: Path, *, world: str | None) -> Verdict:
    """Run again what a run has recorded, and compare; prints what came of it."""
    verdict = verify(directory, world_maker(directory, world))
    print(verdict)
    return verdict


def replay(
    directory: Path, *, live: Mapping[str, str], out: Path, world: str | None, episode: int | None, force: bool
) -> Replayed:
    """Play a run with some agents acting anew, into the run folder `out`; prints what came of it.

    Args:
        directory: the recorded run.
        live: for each agent that acts anew its class, as `module:Class`, or an empty string for the one it has.
        out: run folder.
        world: what makes the world again, as `module:function`; None for a run of a scenario.
        episode: which episode; needed if the run has several.
        force: whether an earlier run in `out` may be replaced.

    Raises:
        CatallaxyError: the run can't be played, or a live agent failed.
    """
    check_vacant(out, force=force)
    if out.resolve() == directory.resolve():
        raise RunError(f"{out} is the recorded run itself: choose another folder")
    agents = {name: _live(text) for name, text in live.items()}
    make_world = world_maker(directory, world)
    manifest = read_manifest(directory)
    scenario = {"replay_of": str(directory), "live": dict(live), "scenario": manifest["scenario"]}
    staged = stage(directory, agents, make_world, episode=episode)  # before an earlier run is replaced
    with EventLog(out, seed=manifest["seed"], scenario=scenario, overwrite=force) as log:
        replayed = staged.play(log=log)
    print(replayed)
    return replayed


def world_maker(directory: Path, world: str | None) -> WorldMaker:
    """What makes a run's worlds again: the function named `module:function`, or the scenario in its manifest.

    Raises:
        LogError: the folder is no run.
        RunError: its manifest does not say how its worlds are made, or there is no such function.
        ConfigError: the scenario no longer fits the market.
    """
    described = read_manifest(directory)["scenario"]
    if world is not None:
        return cast(WorldMaker, named(world))
    if not isinstance(described, Mapping) or not {"policy", "training"} & described.keys():
        raise RunError(
            f"{directory} does not say how its worlds are made: only what `catallaxy run` or `train` has written does. "
            f"Name a function of (seed, episode) that makes them, with --world module:function"
        )
    market, scenario = recorded_scenario(directory)
    checkpoint = described.get("policy", CHECKPOINT)
    if "policy" not in described:  # learned: the log holds the episodes in which that was judged
        scenario = market.judged(scenario)
    if checkpoint is None:
        policies: Any = market.baseline(scenario)
    else:
        from catallaxy.learners import load_policies

        policies = load_policies(directory / checkpoint)

    def make_world(seed: int, episode: int) -> World:
        made = market.build(scenario, seed, episode)
        attach(made, policies)
        return made

    return make_world


def recorded_scenario(directory: Path) -> tuple[Market, Any]:
    """The market and the scenario in a run's manifest.

    Raises:
        LogError: the folder is no run.
        RunError: its manifest holds no scenario.
        ConfigError: the scenario no longer fits the market.
    """
    described = read_manifest(directory)["scenario"]
    if not isinstance(described, Mapping) or described.get("market") not in MARKETS or "scenario" not in described:
        raise RunError(f"{directory} is no run of a scenario file: its manifest does not say what was played")
    market = MARKETS[described["market"]]
    # Data files are named relative to the scenario file.
    folder = Path(described.get("file", directory / "scenario.toml")).parent
    scenario, faults = structure(described["scenario"], market.scenario_class(), folder)
    if faults:
        raise ConfigError(f"the scenario of {directory} no longer fits: {'; '.join(map(str, faults))}")
    return market, scenario


def _live(text: str) -> Callable[[str], Agent] | None:
    return named(text) if text else None
