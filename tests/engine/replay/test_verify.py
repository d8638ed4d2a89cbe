"""A run is proved again, or the first event that differs is named, and why."""

import json
import math
from pathlib import Path

import pyarrow as pa
import pytest

from catallaxy.engine import (
    Agent,
    AgentError,
    EventLog,
    ExponentialLatency,
    LogError,
    Message,
    Network,
    Record,
    World,
    on,
)
from catallaxy.engine.log import StreamReader
from catallaxy.engine.replay import resume, verify


class Call(Message):
    size: float
    note: str


class Answer(Message):
    price: float
    missing: float


class Mood(Record):
    level: float
    history: tuple[float, ...]


class Shop(Agent):
    markup = 1.0

    @on(Call)
    def answer(self, call: Call) -> None:
        self.reply(call, Answer(price=self.markup * (10.0 + self.rng.random()), missing=math.nan))


class Customer(Agent):
    def run(self):
        calm = 0.0
        while True:
            yield self.sleep(self.rng.exponential(0.2))
            answers = yield self.ask(self.neighbours(Shop), Call(self.rng.random(), note=self.name), timeout=1.0)
            calm += sum(answer.price for answer in answers)
            self.record(Mood(level=calm, history=(calm, math.nan)))


class LateShop(Shop):
    """Changes its prices at t=30: a change of the code that shows late."""

    @on(Call)
    def answer(self, call: Call) -> None:
        self.markup = 1.0 if self.now < 30.0 else 1.5
        super().answer(call)


def make_world(seed: int, episode: int, shop: type[Shop] = Shop) -> World:
    agents = [shop("bakery"), shop("dairy"), *(Customer(f"customer {i}") for i in range(8))]
    return World(agents, Network.erdos_renyi(0.7, latency=ExponentialLatency(0.05)), seed=seed, episode=episode)


def late_world(seed: int, episode: int) -> World:
    return make_world(seed, episode, LateShop)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    with EventLog(tmp_path / "run", seed=3) as log:
        for episode in range(2):
            make_world(3, episode).run(until=60.0, log=log)
    return tmp_path / "run"


def rows(folder: Path, table: str) -> list[dict[str, object]]:
    return StreamReader(folder / "events" / f"{table}.arrows").read().to_pylist()


def edit(folder: Path, table: str, row: int, column: str, value: object) -> None:
    """Write the table anew with one other value."""
    path = folder / "events" / f"{table}.arrows"
    old = StreamReader(path).read()
    changed = old.to_pylist()
    changed[row][column] = value
    with pa.ipc.new_stream(path, old.schema) as writer:
        writer.write_table(pa.Table.from_pylist(changed, schema=old.schema))


def test_an_untouched_run_is_equal(run: Path):
    verdict = verify(run, make_world)
    assert verdict.equal, verdict
    manifest = json.loads((run / "manifest.json").read_text())
    assert verdict.events == sum(table["rows"] for table in manifest["tables"].values()) > 10_000
    assert str(verdict) == f"equal: {verdict.events:,} events"


def test_changed_code_is_found_at_the_first_event_that_it_changes(run: Path):
    verdict = verify(run, late_world)
    assert not verdict.equal
    assert verdict.difference is not None
    first = next(row for row in rows(run, "answers") if row["time"] >= 30.0)
    # The agents' classes are in the log too, and come first.
    assert (verdict.difference.table, verdict.difference.sequence) == ("agents", 0)
    assert "kind was 'Shop', is 'LateShop'" in str(verdict)
    assert "the code of an agent has changed" in str(verdict)
    LateShop.__name__ = "Shop"
    try:
        verdict = verify(run, late_world)
    finally:
        LateShop.__name__ = "LateShop"
    assert verdict.difference is not None
    assert (verdict.difference.table, verdict.difference.sequence) == ("answers", first["sequence"])
    assert verdict.difference.columns == ("price",)
    assert verdict.difference.recorded == pytest.approx(first, nan_ok=True)


def test_another_seed_differs_from_the_start(run: Path):
    with pytest.raises(LogError, match="has seed 3 and episode 0; the one that was made again has seed 4"):
        verify(run, lambda seed, episode: make_world(seed + 1, episode))


def test_an_edited_log_is_found_out_and_the_edited_event_named(run: Path):
    victim = rows(run, "calls")[2_000]
    edit(run, "calls", 2_000, "size", 0.5)
    verdict = verify(run, make_world)
    assert verdict.difference is not None
    assert verdict.difference.sequence == victim["sequence"]
    assert verdict.difference.columns == ("size",)
    assert verdict.reasons == ("events/calls.arrows was changed after the run: its checksum is another",)
    assert f"size was 0.5, is {victim['size']!r}" in str(verdict)


class Calm(Customer):
    troubled = False

    def run(self):
        yield self.sleep(20.0)
        if self.troubled:
            self.record(Mood(level=0.0, history=()))
        yield from super().run()


@pytest.mark.parametrize("then", [True, False])
def test_an_event_that_is_lacking_or_too_many_is_named(then: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def calm_world(seed: int, episode: int) -> World:
        return World([Shop("bakery"), Calm("customer")], Network.complete(latency=0.1), seed=seed, episode=episode)

    monkeypatch.setattr(Calm, "troubled", then)
    calm_world(1, 0).run(until=30.0, log=tmp_path / "run")
    assert verify(tmp_path / "run", calm_world).equal
    monkeypatch.setattr(Calm, "troubled", not then)
    verdict = verify(tmp_path / "run", calm_world)
    assert verdict.difference is not None
    assert verdict.difference.sequence == 1
    assert (verdict.difference.recorded or verdict.difference.repeated)["time"] >= 20.0
    monkeypatch.setattr(Calm, "run", lambda self: (event for event in [self.sleep(50.0)]))
    nothing = verify(tmp_path / "run", calm_world)
    assert nothing.difference is not None
    assert (nothing.difference.sequence, nothing.difference.repeated) == (1, None)
    assert "it is in the log, but not again" in str(nothing)


def test_a_truncated_file_is_compared_as_far_as_it_goes_and_named(run: Path):
    file = run / "events" / "answers.arrows"
    file.write_bytes(file.read_bytes()[:-20_000])
    left = len(StreamReader(file, complete=False).read())
    with pytest.raises(LogError, match=r"answers\.arrows is damaged"):
        StreamReader(file).read()
    verdict = verify(run, make_world)
    assert verdict.difference is not None
    assert (verdict.difference.table, verdict.difference.recorded) == ("answers", None)
    assert verdict.events > left
    assert verdict.reasons == ("events/answers.arrows was changed after the run: its checksum is another",)


def test_a_file_that_is_missing_foreign_or_no_table_is_named(run: Path):
    file = run / "events" / "answers.arrows"
    whole = file.read_bytes()
    file.write_bytes(b"not a table")
    with pytest.raises(LogError, match=r"answers\.arrows is not an Arrow stream"):
        verify(run, make_world)
    file.unlink()
    verdict = verify(run, make_world)
    assert verdict.difference is not None
    assert verdict.difference.table == "answers"
    assert verdict.reasons == ("events/answers.arrows is missing",)
    file.write_bytes(whole)
    (run / "events" / "strange.arrows").write_bytes(whole)
    verdict = verify(run, make_world)
    assert not verdict.equal
    assert verdict.reasons == ("events/strange.arrows does not belong to the run",)


def test_other_versions_are_given_as_a_reason(run: Path):
    path = run / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["numpy"] = "0.1"
    path.write_text(json.dumps(manifest))
    assert verify(run, make_world).equal
    assert any(reason.startswith("numpy was 0.1, is ") for reason in verify(run, late_world).reasons)


def test_a_run_cut_short_is_compared_as_far_as_it_goes(run: Path):
    path = run / "manifest.json"
    manifest = json.loads(path.read_text())
    for part in (manifest["worlds"][0], manifest["worlds"][1]):
        part.pop("until", None)
        part.pop("rows", None)
    manifest.update(complete=False, tables={}, worlds=manifest["worlds"][:1])
    path.write_text(json.dumps(manifest))
    file = run / "events" / "calls.arrows"
    file.write_bytes(file.read_bytes()[:-3_000])
    verdict = verify(run, make_world)
    assert verdict.equal, verdict
    assert verdict.events > 1_000
    assert not verify(run, late_world).equal


def test_a_world_that_failed_fails_again(tmp_path: Path):
    class Fragile(Shop):
        @on(Call)
        def answer(self, call: Call) -> None:
            if self.now > 5.0:
                raise ValueError("broken")
            super().answer(call)

    def fragile_world(seed: int, episode: int) -> World:
        return make_world(seed, episode, Fragile)

    with pytest.raises(AgentError, match="broken"):
        fragile_world(1, 0).run(until=60.0, log=tmp_path / "run")
    verdict = verify(tmp_path / "run", fragile_world)
    assert verdict.equal, verdict
    assert verdict.failure is not None
    assert "broken" in verdict.failure


def test_a_world_is_resumed_where_it_was(run: Path, tmp_path: Path):
    world = resume(run, 25.0, make_world, episode=1)
    assert world.now == 25.0
    world.run(until=60.0, log=tmp_path / "rest")
    for table in ("calls", "answers", "moods"):
        later = [row for row in rows(run, table) if row["episode"] == 1 and row["time"] >= 25.0]
        assert repr(rows(tmp_path / "rest", table)) == repr(later)
        assert later


def test_what_can_t_be_resumed_is_refused(run: Path):
    with pytest.raises(LogError, match="several episodes; its episodes are \\[0, 1\\]"):
        resume(run, 25.0, make_world)
    with pytest.raises(LogError, match=r"from t=0 to t=60: it can't be resumed at t=61\.0"):
        resume(run, 61.0, make_world, episode=0)
    with pytest.raises(LogError, match="can't be resumed at t=40, its repetition is not equal"):
        resume(run, 40.0, late_world, episode=0)


def test_a_world_that_was_logged_in_pieces_is_verified(tmp_path: Path):
    with EventLog(tmp_path / "run", seed=3) as log:
        first, second = make_world(3, 0), make_world(3, 1)
        first.run(5.0)
        for until in (10.0, 20.0):
            first.run(until, log=log)
            second.run(until, log=log)
    verdict = verify(tmp_path / "run", make_world)
    assert verdict.equal, verdict
