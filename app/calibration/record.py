"""A contest of calibrators, kept as it goes, so that it can be stopped and goes on, also with further methods."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import attrs
import cattrs

from catallaxy.calibrate import Contest, Entry, Planted
from catallaxy.calibrate.calibrator import called
from catallaxy.calibrate.ranking import Contender

from ..runs import RunError


class Record:
    """What a contest has found so far, in a folder: `ground.json`, `truths.jsonl`, `entries.jsonl`.

    Args:
        out: the folder, made if need be.
        contest: what is played.

    Raises:
        RunError: the folder is another contest's; says what differs.
    """

    def __init__(self, out: Path, contest: Contest) -> None:
        self.out, self.contest = out, contest
        out.mkdir(parents=True, exist_ok=True)
        self.ground = self._ground()
        self.planted = [cattrs.structure(row, Planted) for row in self._rows("truths")]
        self.entries = [cattrs.structure(row, Entry) for row in self._rows("entries")]

    def _ground(self) -> dict[str, Any]:
        path = self.out / "ground.json"
        plan = {"budgets": list(self.contest.budgets), "seed": self.contest.seed}
        plan["protocol"] = attrs.asdict(self.contest.protocol)
        if not path.is_file():
            path.write_text(json.dumps({**plan, **self.contest.ground()}) + "\n", encoding="utf-8")
        ground: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if other := [name for name in plan if ground[name] != plan[name]]:
            raise RunError(f"{path} is of another contest: its {other[0]} is {ground[other[0]]}; choose another --out")
        return ground

    def _rows(self, name: str) -> list[dict[str, Any]]:
        path = self.out / f"{name}.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []

    def add(self, found: Planted | Sequence[Entry]) -> None:
        """Keep a truth, or a method's entries for one."""
        if isinstance(found, Planted):
            self.planted.append(found)
        else:
            self.entries += found
        rows, name = ([found], "truths") if isinstance(found, Planted) else (found, "entries")
        with (self.out / f"{name}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(cattrs.unstructure(row)) + "\n" for row in rows)

    def missing(self, truths: int, contenders: Sequence[Contender]) -> list[tuple[Planted, Contender]]:
        """What is still to be played, truth by truth."""
        known = {(entry.truth, entry.method, entry.agents) for entry in self.entries}
        planted = sorted((truth for truth in self.planted if truth.number < truths), key=lambda truth: truth.number)
        return [(truth, who) for truth in planted for who in contenders if (truth.number, *who) not in known]

    def play(
        self, truths: int, contenders: Sequence[Contender], *, workers: int, say: Callable[[str], None] = print
    ) -> None:
        """Plant what is not yet planted, and let everybody look for it who has not yet.

        Args:
            truths: how many, from number 0 on.
            contenders: methods, and how agents follow them.
            workers: processes.
            say: told of every result as it comes.
        """
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            try:
                self._play(pool, truths, contenders, say)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # or the error would be told after everything else
                raise

    def _play(
        self, pool: ProcessPoolExecutor, truths: int, contenders: Sequence[Contender], say: Callable[[str], None]
    ) -> None:
        new = set(range(truths)) - {truth.number for truth in self.planted}
        planting = [pool.submit(self.contest.plant, number, self.ground) for number in sorted(new)]
        for planted in as_completed(planting):
            self.add(planted.result())
        cells = self.missing(truths, contenders)
        entering = [pool.submit(self.contest.enter, truth, self.ground, *who) for truth, who in cells]
        for done, entered in enumerate(as_completed(entering), start=1):
            self.add(entries := entered.result())
            say(f"{done} of {len(cells)}: {called(entries[0].method, entries[0].agents)}, {entries[0].truth}")
