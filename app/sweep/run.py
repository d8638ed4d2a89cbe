"""Playing the cells of a sweep, in order, on any number of processes."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa

from catallaxy.engine import CatallaxyError, World, stream
from catallaxy.market.measures import played

from ..config import Study
from ..display import console
from ..learning import learn_on
from ..paths import changed, value_at
from ..policies import attach, policies_for
from .design import Cell

AHEAD = 2
"""Cells handed to each process before the first of them is done."""


@attrs.frozen
class Failure:
    """A cell that could not be played, and why."""

    cell: Cell
    reason: str


@attrs.frozen
class Sweep:
    """What is done in every cell.

    Attributes:
        study: the scenario file.
        cells: the design.
        policy: checkpoint, or run folder with one, whose policies the agents follow; None for the market's baseline.
        learn: decisions from which the agents learn in each cell first: from `policy` on, or from nothing.
        episodes: how many to play in each cell, the same ones in all.
        seed: root seed.
        workers: processes; the results do not depend on it.
    """

    study: Study
    cells: Sequence[Cell]
    policy: Path | None = None
    learn: int = 0
    episodes: int = 20
    seed: int = 0
    workers: int = 1

    def parameters(self, cell: Cell) -> dict[str, float | str]:
        """The values of a cell by their paths: numbers, and anything else as JSON.

        Raises:
            PathError: the scenario does not allow them.
        """
        scenario = changed(self.study.scenario, cell.assignments)
        values = {item.path: value_at(scenario, item.path) for item in cell.assignments}
        return {
            path: float(value) if type(value) in (int, float) else json.dumps(value) for path, value in values.items()
        }

    def measure(self, cell: Cell) -> pa.Table:
        """Play a cell: the market's measures, a row for each episode and agent.

        Raises:
            CatallaxyError: the scenario does not allow its values, or an agent failed.
        """
        market, scenario = self.study.market, changed(self.study.scenario, cell.assignments)
        root = int(stream(self.seed, 0, "sweep").integers(2**32))
        if self.learn:
            study = attrs.evolve(self.study, scenario=scenario)
            learning = int(stream(self.seed, 0, "learning").integers(2**32))
            policies = learn_on(
                study,
                lambda episode: market.build(scenario, learning, episode),
                checkpoint=self.policy,
                decisions=self.learn,
                seed=self.seed,
                screen=console(quiet=True),
            )
        else:
            policies = policies_for(market, scenario, self.policy)

        def build(episode: int) -> World:
            world = market.build(scenario, root, episode)
            attach(world, policies)
            return world

        return played(build, self.episodes, scenario.duration, market.measure_worlds)

    def play(self, first: int = 0) -> Iterator[tuple[Cell, pa.Table | Failure]]:
        """Play the cells from number `first` on; they come in order, each with its measures or why it has none."""
        left = self.cells[first:]
        if self.workers == 1:
            for cell in left:
                yield cell, _attempt(self, cell)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.workers, context) as pool:
            pending: list[tuple[Cell, Future[Any]]] = []
            lean = attrs.evolve(self, cells=())
            try:
                for cell in left:
                    pending.append((cell, pool.submit(_attempt, lean, cell)))
                    if len(pending) > AHEAD * self.workers:
                        done, result = pending.pop(0)
                        yield done, result.result()
                for cell, result in pending:
                    yield cell, result.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _attempt(sweep: Sweep, cell: Cell) -> pa.Table | Failure:
    """A cell's measures; whatever goes wrong in it must not end the sweep."""
    try:
        return sweep.measure(cell)
    except CatallaxyError as error:
        return Failure(cell, str(error))
    except Exception as error:
        return Failure(cell, f"{type(error).__name__}: {error}")
