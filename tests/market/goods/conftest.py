"""Playing a goods market into a run folder, and reading its tables back with plain pyarrow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pytest

from catallaxy.engine import World
from catallaxy.market.goods import GoodsScenario, build


@attrs.frozen(eq=False)
class Played:
    """A world that has been run, and its log."""

    world: World
    folder: Path

    def table(self, name: str) -> pa.Table:
        with pa.ipc.open_stream(self.folder / "events" / f"{name}.arrows") as stream:
            return stream.read_all()

    def rows(self, *tables: str) -> list[dict[str, Any]]:
        """Rows of some tables one after the other; a table that nothing was written to has none."""
        there = [name for name in tables if (self.folder / "events" / f"{name}.arrows").exists()]
        return [row for name in there for row in self.table(name).to_pylist()]


Play = Callable[..., Played]


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Run a scenario's episode of a seed with a log."""

    def run(scenario: GoodsScenario, policies: Any = None, seed: int = 1, episode: int = 0) -> Played:
        folder = tmp_path_factory.mktemp("goods") / "run"
        world = build(scenario, seed, episode, policies)
        world.run(scenario.duration, folder)
        return Played(world, folder)

    return run
