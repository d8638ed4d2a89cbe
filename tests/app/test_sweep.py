"""Sweeps: the same episodes in every cell of a design."""

from pathlib import Path

import pytest

from catallaxy.command import main
from catallaxy.engine import CatallaxyError
from catallaxy.runs import open_run
from catallaxy.sweep import grid, read_design

SCENARIO = """
market = "dealer"
session = { horizon = 10.0 }
clients = { requests_per_day = 6000 }
price = { kind = "brownian", start = 1.2 }

[[makers]]
name = "bold"
count = 2

[training]
worlds = 4
rollout = 100
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def swept(scenario: Path, out: Path, *options: str) -> int:
    """Exit code of a sweep over two episodes."""
    try:
        main(["sweep", str(scenario), "--out", str(out), "--seeds", "2", "--quiet", *options])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def metrics(out: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((out / "metrics").iterdir())]


def test_a_grid_is_every_combination():
    cells = grid(["decisions.interval=1,2", "makers.bold.risk_aversion={uniform=[1, 2]},+10%"])
    assert [str(cell) for cell in cells] == [
        "cell 0 (decisions.interval = 1; makers.bold.risk_aversion = a table)",
        "cell 1 (decisions.interval = 1; makers.bold.risk_aversion +10 %)",
        "cell 2 (decisions.interval = 2; makers.bold.risk_aversion = a table)",
        "cell 3 (decisions.interval = 2; makers.bold.risk_aversion +10 %)",
    ]
    assert [cell.assignments[0].operand for cell in grid(["a.b=1:2:3"])] == [1.0, 1.5, 2.0]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a"], "write a path and its values"),
        (["a=1,,2"], "is no assignment"),
        (["a=1", "a=2"], "a is given twice"),
        (["a=x:2:3"], "x and 2 must be numbers"),
        (["a=1:2:1"], "at least 2 values"),
    ],
)
def test_what_is_no_grid_is_refused(texts: list[str], told: str):
    with pytest.raises(CatallaxyError, match=told):
        grid(texts)


def test_a_design_comes_from_a_table(tmp_path: Path):
    table = tmp_path / "design.csv"
    table.write_text("decisions.interval,makers.bold.count\n1,2\n\n2.5,3\n")
    assert [str(cell) for cell in read_design(table)] == [
        "cell 0 (decisions.interval = 1; makers.bold.count = 2)",
        "cell 1 (decisions.interval = 2.5; makers.bold.count = 3)",
    ]
    table.write_text("decisions.interval\n1\n2,3\n")
    with pytest.raises(CatallaxyError, match="line 3: 2 values, but the header names 1 paths"):
        read_design(table)
    with pytest.raises(CatallaxyError, match="No such file"):
        read_design(tmp_path / "none.csv")


def test_the_results_do_not_depend_on_the_number_of_processes(scenario: Path, tmp_path: Path):
    options = ("--grid", "decisions.interval=0.5,1,2", "--grid", "exchange.linear=+0%,+100%")
    assert swept(scenario, tmp_path / "one", *options) == 0
    assert swept(scenario, tmp_path / "two", *options, "--workers", "2") == 0
    assert metrics(tmp_path / "one") == metrics(tmp_path / "two")
    run = open_run(tmp_path / "one")
    assert run.metric("cells")["decisions.interval"].to_pylist() == [0.5, 0.5, 1.0, 1.0, 2.0, 2.0]
    assert run.metric("measures").num_rows == 6 * 2 * 2


def test_a_failed_cell_is_set_apart(scenario: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    assert swept(scenario, tmp_path / "out", "--grid", "makers.bold.count=1,0,2") == 1
    run = open_run(tmp_path / "out")
    assert run.complete
    assert "must be >= 1" in run.metric("cells")["error"][1].as_py()
    assert sorted(set(run.metric("measures")["cell"].to_pylist())) == [0, 2]


def test_a_broken_sweep_goes_on_where_it_was(scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    options = ("--grid", "decisions.interval=0.5,1,2,4")
    assert swept(scenario, tmp_path / "whole", *options) == 0
    from catallaxy.sweep.run import Sweep

    play = Sweep.play

    def breaks(self: Sweep, first: int = 0):
        for cell, result in play(self, first):
            if cell.number == 2:
                raise KeyboardInterrupt
            yield cell, result

    monkeypatch.setattr(Sweep, "play", breaks)
    assert swept(scenario, tmp_path / "part", *options) == 130
    monkeypatch.setattr(Sweep, "play", play)
    assert open_run(tmp_path / "part").metric("cells").num_rows == 2
    assert swept(scenario, tmp_path / "part", *options) == 2, "an earlier run is not replaced unasked"
    assert swept(scenario, tmp_path / "part", *options[:1], "decisions.interval=0.5,1,2,8", "--resume") == 2
    assert swept(scenario, tmp_path / "part", *options, "--resume") == 0
    part, whole = open_run(tmp_path / "part"), open_run(tmp_path / "whole")
    assert all(part.metric(name).equals(whole.metric(name)) for name in ("cells", "measures"))
    assert swept(scenario, tmp_path / "part", *options, "--resume") == 2, "it has come to its end"


def test_agents_learn_in_each_cell_if_asked(scenario: Path, tmp_path: Path):
    options = ("--grid", "decisions.interval=0.5,1")
    assert swept(scenario, tmp_path / "learned", *options, "--learn", "200") == 0
    assert swept(scenario, tmp_path / "baseline", *options) == 0
    assert metrics(tmp_path / "learned")[1] != metrics(tmp_path / "baseline")[1]


def test_wrong_designs_are_refused_before_anything_is_played(
    scenario: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert swept(scenario, out) == 2
    assert "say what to try" in capfd.readouterr().err
    assert swept(scenario, out, "--grid", "makers.bolt.count=1,2") == 2
    assert "did you mean 'bold'?" in capfd.readouterr().err
    assert not out.exists()
