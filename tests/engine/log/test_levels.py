"""How much a log holds is chosen once for the log, and said once by each record class."""

from pathlib import Path

import pytest

from catallaxy.engine import Agent, EventLog, LogError, Message, Record, RecordError, World, on, read_manifest


class Probe(Message):
    size: float


class Deal(Message, level="trades"):
    price: float


class HedgeDeal(Deal):
    venue: str


class Choice(Record, level="decisions"):
    action: float


class Party(Agent):
    def run(self):
        for _ in range(3):
            yield self.sleep(1.0)
            for message in (Probe(1.0), Deal(2.0), HedgeDeal(3.0, venue="x")):
                self.send("b" if self.name == "a" else "a", message)
            self.record(Choice(0.5))

    @on(Probe, Deal)
    def take(self, message: Message) -> None:
        pass


@pytest.mark.parametrize(
    ("level", "tables"),
    [
        ("off", set()),
        ("decisions", {"agents", "links", "choices"}),
        ("trades", {"agents", "links", "choices", "deals", "hedge_deals"}),
        ("all", {"agents", "links", "choices", "deals", "hedge_deals", "probes"}),
    ],
)
def test_each_level_has_what_the_ones_below_it_have(level: str, tables: set[str], tmp_path: Path):
    with EventLog(tmp_path / "run", seed=0, level=level) as log:
        World([Party("a"), Party("b")], seed=0).run(10.0, log=log)
    assert {path.stem for path in (tmp_path / "run" / "events").iterdir()} == tables
    manifest = read_manifest(tmp_path / "run")
    assert manifest["level"] == level
    assert set(manifest["tables"]) == tables


def test_a_level_that_there_is_not_is_refused(tmp_path: Path):
    with pytest.raises(LogError, match="level must be one of off, decisions, trades, all, got 'some'"):
        EventLog(tmp_path / "run", seed=0, level="some")
    assert not (tmp_path / "run").exists()
    with pytest.raises(RecordError, match="Odd: level must be one of decisions, trades, all, got 'off'"):

        class Odd(Record, level="off"):
            pass


def test_a_subclass_is_of_its_base_s_level_unless_it_says_otherwise():
    class Whisper(Deal, level="all"):
        pass

    assert (HedgeDeal.__level__, Whisper.__level__, Probe.__level__) == ("trades", "all", "all")
