"""`catallaxy verify` and `catallaxy replay`."""

from pathlib import Path

import pytest

from catallaxy import EventLog, World, open_run
from catallaxy.command import main

STUDY = """
from catallaxy import Agent, Message, Network, World, on

class Enquiry(Message, table="enquiries"):
    size: float

class Reply(Message, table="replies"):
    price: float

class Desk(Agent):
    price = 1.0

    @on(Enquiry)
    def answer(self, enquiry):
        self.reply(enquiry, Reply(price=self.price + self.rng.random()))

class DearDesk(Desk):
    price = 5.0

class Visitor(Agent):
    def run(self):
        while True:
            yield self.sleep(self.rng.exponential(1.0))
            yield self.ask("desk", Enquiry(size=1.0))

def make_world(seed, episode):
    return World([Desk("desk"), Visitor("a"), Visitor("b")], Network.complete(latency=0.1), seed=seed, episode=episode)

def changed_world(seed, episode):
    return World([DearDesk("desk"), Visitor("a"), Visitor("b")], Network.complete(latency=0.1), seed=seed)
"""


LEARNED = """
market = "dealer"

[[makers]]
name = "shy"
count = 1
risk_aversion = 1e-2
initial_inventory = { uniform = [-20, 20] }

[session]
horizon = 15.0

[training]
decisions = 300
rollout = 150
worlds = 1
ppo = { epochs = 1, minibatch = 64 }

[evaluation]
episodes = 2
search_episodes = 1
"""
LOGGED = ("all", "trades")
"""Levels at which trades are logged."""


def code_of(*arguments: str) -> int:
    try:
        main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A file with a market of its own."""
    path = tmp_path / "study_of_desks.py"
    path.write_text(STUDY)
    return path


@pytest.fixture
def run(study: Path, tmp_path: Path) -> Path:
    from catallaxy.replay import named

    named(f"{study}:make_world")(4, 0).run(until=20.0, log=tmp_path / "run")
    return tmp_path / "run"


def test_a_run_of_a_scenario_is_verified_without_being_told_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    scenario = Path(__file__).parents[2] / "examples" / "fx_hourly" / "scenario.toml"
    out = str(tmp_path / "run")
    assert code_of("run", str(scenario), "--out", out, "--quiet") == 0
    assert code_of("verify", out) == 0
    assert capsys.readouterr().out.startswith("equal: ")
    assert code_of("replay", out, "--live", "exchange", "--out", str(tmp_path / "again")) == 0
    assert "exchange acted anew" in capsys.readouterr().out
    for table in ("quotes", "fills"):
        assert open_run(tmp_path / "again").events(table).num_rows == open_run(out).events(table).num_rows


def test_what_a_run_of_training_has_recorded_is_verified_with_what_was_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    scenario, out = tmp_path / "scenario.toml", str(tmp_path / "run")
    scenario.write_text(LEARNED)
    assert code_of("train", str(scenario), "--out", out, "--quiet") == 0
    assert code_of("verify", out) == 0
    told = capsys.readouterr().out
    assert told.startswith("equal: ")
    assert int(told.split()[1].replace(",", "")) == sum(
        row["rows"] for row in open_run(out).manifest["tables"].values()
    )
    assert code_of("replay", out, "--live", "shy_1", "--episode", "1", "--out", str(tmp_path / "again")) == 0
    assert "shy_1 acted anew" in capsys.readouterr().out


@pytest.mark.parametrize("level", ["all", "trades", "decisions", "off"])
def test_a_reduced_log_says_what_it_is_good_for(level: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    scenario, out = tmp_path / "scenario.toml", str(tmp_path / "run")
    scenario.write_text(LEARNED)
    assert code_of("run", str(scenario), "--out", out, "--log", level) == 0
    told = capsys.readouterr().out
    assert open_run(out).manifest["level"] == level
    assert ("quotes" in open_run(out).tables, "fills" in open_run(out).tables) == (level == "all", level in LOGGED)
    assert code_of("verify", out) == (2 if level == "off" else 0)
    verified = capsys.readouterr()
    assert code_of("replay", out, "--live", "shy_1", "--out", str(tmp_path / "again")) == (0 if level == "all" else 2)
    replayed = capsys.readouterr()
    assert code_of("log", out, "SELECT count(*) FROM quotes") == (0 if level == "all" else 2)
    assert level == "all" or f"it was logged with level '{level}'" in capsys.readouterr().err
    if level == "off":
        assert "nothing of what happened" in told
        assert "was recorded with level 'off': there are no events to compare" in verified.err
    elif level != "all":
        assert f"log of level {level}" in told
        assert f"all that a log of level '{level}' holds" in verified.out
    if level != "all":
        assert f"was recorded with level '{level}': only a log of everything can be played" in replayed.err


def test_nothing_is_replaced_before_the_arguments_are_known_to_be_right(
    study: Path, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    arguments = ["replay", str(run), "--world", f"{study}:make_world", "--out", str(out), "--force"]
    assert code_of(*arguments, "--live", "desk") == 0
    before = open_run(out).events("replies")
    assert code_of(*arguments, "--live", "dask") == 2
    assert "'dask' is not in this world at t=0; did you mean 'desk'?" in capsys.readouterr().err
    assert open_run(out).events("replies") == before


def test_a_run_of_one_s_own_world_is_verified(study: Path, run: Path, capsys: pytest.CaptureFixture[str]):
    assert code_of("verify", str(run), "--world", f"{study}:make_world") == 0
    assert code_of("verify", str(run), "--world", f"{study}:changed_world") == 1
    assert "the first event that differs is event 0 (table agents" in capsys.readouterr().out


def test_a_new_class_meets_the_recorded_flow(study: Path, run: Path, tmp_path: Path):
    arguments = ["replay", str(run), "--world", f"{study}:make_world", "--out", str(tmp_path / "dear")]
    assert code_of(*arguments, "--live", f"desk={study}:DearDesk") == 0
    dear = open_run(tmp_path / "dear")
    assert min(dear.events("replies")["price"].to_pylist()) >= 5.0
    assert dear.events("enquiries") == open_run(run).events("enquiries")
    assert dear.manifest["scenario"]["live"] == {"desk": f"{study}:DearDesk"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "{run}"], "does not say how its worlds are made"),
        (["verify", "{run}", "--world", "make_world"], "must be module:name"),
        (["verify", "{run}", "--world", "no_such_module:f"], "no_such_module can't be imported"),
        (["verify", "{run}", "--world", "{study}:nothing"], "has no function or class 'nothing'"),
        (["verify", "{tmp}/nowhere", "--world", "{study}:make_world"], "nowhere is no run"),
        (["replay", "{run}", "--world", "{study}:make_world", "--live", "x", "--out", "{tmp}/o"], "'x' is not in this"),
        (["replay", "{run}", "--live", "desk", "--out", "{run}", "--force"], "is the recorded run itself"),
        (["replay", "{run}", "--live", "desk", "--out", "{run}"], "holds an earlier run"),
    ],
)
def test_what_the_caller_can_mend_is_told(
    arguments: list[str], message: str, run: Path, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    filled = [text.format(run=run, study=study, tmp=tmp_path) for text in arguments]
    assert code_of(*filled) == 2
    assert message in capsys.readouterr().err


def test_a_scenario_that_no_longer_fits_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    described = {"policy": None, "market": "dealer", "scenario": {"durations": 1}}
    with EventLog(tmp_path / "run", seed=0, scenario=described) as log:
        World([], seed=0).run(1.0, log=log)
    assert code_of("verify", str(tmp_path / "run")) == 2
    err = capsys.readouterr().err
    assert "no longer fits" in err
    assert "durations" in err
