"""Playing a world into a run folder, and reading its tables back with plain pyarrow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pytest

from catallaxy.engine import World
from catallaxy.market.dealer import DealerScenario, build
from catallaxy.market.dealer.build import Policies


@attrs.frozen(eq=False)
class Played:
    """A world that has been run, and its log."""

    world: World
    folder: Path

    def table(self, name: str) -> pa.Table:
        with pa.ipc.open_stream(self.folder / "events" / f"{name}.arrows") as stream:
            return stream.read_all()

    def rows(self, *tables: str) -> list[dict[str, Any]]:
        return [row for name in tables for row in self.table(name).to_pylist()]


Play = Callable[[DealerScenario, Policies, int], Played]


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Run a scenario's episode 0 of a seed with a log."""

    def run(scenario: DealerScenario, policies: Policies, seed: int) -> Played:
        folder = tmp_path_factory.mktemp("dealer") / "run"
        world = build(scenario, seed, 0, policies)
        world.run(scenario.duration, folder)
        return Played(world, folder)

    return run
