"""A run folder, read for replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from hashlib import file_digest
from heapq import merge
from math import inf, nextafter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import LogError
from ..log import StreamReader, read_manifest, versions

if TYPE_CHECKING:
    from ..world import World

WorldMaker = Callable[[int, int], "World"]
"""Makes the world of (seed, episode), not begun, its learning agents with their policies."""


@attrs.frozen
class Session:
    """A stretch of one world's time that a run has recorded.

    Attributes:
        episode: the world's episode.
        seed: its seed.
        start: where its recording began.
        end: where it ended, not included; infinity if it was cut short.
        rows: how many rows each table got; ``None`` if it was cut short.
        skipped: how many each table had before.
    """

    episode: int
    seed: int
    start: float
    end: float
    rows: Mapping[str, int] | None
    skipped: Mapping[str, int]


@attrs.frozen(eq=False)
class Difference:
    """The first event in which a run and its repetition are not the same.

    Attributes:
        table: the kind of event.
        recorded: the row in the log; ``None`` if it has none there.
        repeated: the row in the repetition; ``None`` if it has none there.
    """

    table: str
    recorded: dict[str, Any] | None
    repeated: dict[str, Any] | None

    @property
    def sequence(self) -> int:
        """Its place in the order of events."""
        return int(min(row["sequence"] for row in (self.recorded, self.repeated) if row is not None))

    @property
    def columns(self) -> tuple[str, ...]:
        """Where both have the event, the columns in which they differ."""
        one, other = self.recorded, self.repeated
        if one is None or other is None or one["sequence"] != other["sequence"]:
            return ()
        return tuple(name for name in {**one, **other} if not same(one.get(name), other.get(name)))

    def __str__(self) -> str:
        row = min((r for r in (self.recorded, self.repeated) if r is not None), key=lambda row: row["sequence"])
        place = f"event {row['sequence']} (table {self.table}, t={row['time']:g}, episode {row['episode']})"
        if self.columns:
            assert self.recorded is not None
            assert self.repeated is not None
            told = [f"{name} was {self.recorded.get(name)!r}, is {self.repeated.get(name)!r}" for name in self.columns]
            return f"{place}: {'; '.join(told)}"
        where = "the log, but not again" if row is self.recorded else "the repetition, but not in the log"
        return f"{place}: it is in {where}: {row}"


class Recording:
    """A run folder, read for replay.

    Args:
        folder: the run's folder.

    Raises:
        LogError: it is no run, or one of a version that can't be read here.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest = read_manifest(self.folder)
        self.complete = bool(self.manifest["complete"])
        files = sorted((self.folder / "events").glob("*.arrows"))
        # What is damaged is read as far as it goes; what is lacking then is a difference.
        self.tables = {path.stem: StreamReader(path, complete=False) for path in files if path.stat().st_size}

    @property
    def sessions(self) -> list[Session]:
        """What was recorded, in order.

        Raises:
            LogError: the manifest does not say.
        """
        found: list[Session] = []
        skipped: Counter[str] = Counter()
        try:
            for entry in self.manifest["worlds"]:
                rows, end = entry.get("rows"), entry.get("until", inf)
                found.append(Session(entry["episode"], entry["seed"], entry["from"], end, rows, dict(skipped)))
                skipped.update(rows or {})
        except (KeyError, TypeError, AttributeError):
            raise LogError(f"{self.folder / 'manifest.json'} does not say which worlds were recorded") from None
        return found

    def session(self, episode: int | None) -> Session:
        """The recording of an episode, from its beginning; of the only one if ``episode`` is ``None``.

        Raises:
            LogError: there is none, or it is not clear which.
        """
        found = [session for session in self.sessions if episode in (None, session.episode)]
        episodes = sorted({session.episode for session in self.sessions})
        if len(found) != 1:
            said = "several episodes" if episode is None and found else f"{len(found) or 'no'} recordings of {episode}"
            raise LogError(f"{self.folder} has {said}; its episodes are {episodes}: name one that was recorded once")
        if found[0].start > 0:
            raise LogError(f"{self.folder}: the recording begins at t={found[0].start:g}, not with its world")
        return found[0]

    def end(self, session: Session) -> float:
        """Until when to run a world to have all that was recorded of it.

        That is a moment after its end if it failed, and a moment after the last event that can be read if it was
        killed.
        """
        if self.complete:
            return session.end
        return nextafter(self._last_time() if session.end == inf else session.end, inf)

    def _last_time(self) -> float:
        batches = (batch for table in self.tables.values() for batch in table.batches())
        return max((batch["time"][-1].as_py() for batch in batches if len(batch)), default=0.0)

    def damage(self) -> list[str]:
        """What is not as the run left it: files that are missing, changed, or not its own."""
        if not self.complete:
            return []
        found = []
        listed = self.manifest["tables"]
        for name, entry in listed.items():
            path = self.folder / "events" / f"{name}.arrows"
            if not path.is_file():
                found.append(f"events/{name}.arrows is missing")
            else:
                with path.open("rb") as file:
                    if file_digest(file, "sha256").hexdigest() != entry["sha256"]:
                        found.append(f"events/{name}.arrows was changed after the run: its checksum is another")
        return found + [
            f"events/{name}.arrows does not belong to the run" for name in self.tables if name not in listed
        ]

    def other_versions(self) -> list[str]:
        """The packages whose versions are not those of the run."""
        then, now = self.manifest.get("versions", {}), versions()
        return [f"{name} was {then[name]}, is {now.get(name)}" for name in then if then[name] != now.get(name)]

    def events(self, session: Session, leave_out: frozenset[str] = frozenset()) -> Iterator[tuple[str, dict[str, Any]]]:
        """The (table, row) of everything that happened in a session, in order; in bounded memory."""
        tables = {name: table for name, table in self.tables.items() if name not in leave_out}
        streams = [self._rows(name, table, session) for name, table in tables.items()]
        yield from ((name, row) for _, name, row in merge(*streams, key=lambda event: event[0]))

    def _rows(self, name: str, table: StreamReader, session: Session) -> Iterator[tuple[int, str, dict[str, Any]]]:
        start = session.skipped.get(name, 0)
        stop = inf if session.rows is None else start + session.rows.get(name, 0)
        place = 0
        for batch in table.batches():
            first, place = place, place + len(batch)
            if place > start:
                for row in batch.slice(max(0, start - first), int(min(stop, place)) - max(start, first)).to_pylist():
                    if row["episode"] == session.episode:
                        yield row["sequence"], name, row
            if place >= stop:
                return


def same(one: Any, other: Any) -> bool:
    """Whether two values of a log are the same; NaN is NaN."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other or (one != one and other != other))
