"""`catallaxy log`: SQL over a run."""

import json
import sys
from pathlib import Path

import pytest

from catallaxy.command import main


def log(*arguments: object) -> int:
    try:
        main(["log", *map(str, arguments)])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_a_query_is_answered_by_a_table(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    assert log(run_folder, "SELECT sender, count(*) AS n, avg(size) AS mean FROM greetings GROUP BY 1 ORDER BY 1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "│" in line] == [
        ["│", "A", "│", "9", "│", "5", "│"],
        ["│", "B", "│", "9", "│", "5", "│"],
    ]


def test_a_long_answer_says_that_it_is_not_all(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    assert log(run_folder, "SELECT * FROM greetings", "--limit", 3) == 0
    assert "the first 3 rows; --limit 0 prints all" in capsys.readouterr().out
    assert log(run_folder, "SELECT sequence FROM greetings", "--limit", 0) == 0
    out = capsys.readouterr().out
    assert "--limit" not in out
    assert len(out.splitlines()) == 18 + 4


def test_without_a_query_the_tables_are_listed(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    assert log(run_folder) == 0
    out = capsys.readouterr().out
    assert "greetings" in out
    assert "polite bool" in out
    assert "18" in out


def test_csv_and_json_are_for_programs(run_folder: Path, capfd: pytest.CaptureFixture[str]):
    query = "SELECT sender, size, polite, NULL AS nothing FROM greetings LIMIT 2"
    assert log(run_folder, query, "--csv") == 0
    assert capfd.readouterr().out == '"sender","size","polite","nothing"\n"A",1,true,\n"B",1,false,\n'
    assert log(run_folder, query, "--json") == 0
    assert json.loads(capfd.readouterr().out) == [
        {"sender": "A", "size": 1.0, "polite": True, "nothing": None},
        {"sender": "B", "size": 1.0, "polite": False, "nothing": None},
    ]
    assert log(run_folder, "SELECT * FROM greetings WHERE size > 99", "--json") == 0
    assert json.loads(capfd.readouterr().out) == []
    assert log(run_folder, query, "--json", "--csv") == 2
    assert "choose one of --csv and --json" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT * FROM greeting", "there is no table 'greeting'; did you mean 'greetings'?"),
        ("SELEC 1", 'Parser Error: syntax error at or near "SELEC"'),
        ("SELECT colour FROM greetings", 'Referenced column "colour" not found'),
        ("SELECT CAST(sender AS INT) FROM greetings", "Conversion Error: Could not convert string 'A' to INT32"),
        ("", "a log is read by one SELECT, and never changed; this is an empty query"),
        ("SELECT 1; SELECT 2", "a log is read by one SELECT, and never changed; this is 2 statements"),
        ("COPY greetings TO 'out.csv'", "a log is read by one SELECT, and never changed; this is a COPY statement"),
        ("SELECT * FROM 'pyproject.toml'", "the tables of"),
        ("SELECT * FROM read_csv('pyproject.toml')", "Permission Error"),
        ("SELECT * FROM connection", "there is no table 'connection'"),
    ],
)
def test_a_query_that_fails_gets_one_message(
    run_folder: Path, capsys: pytest.CaptureFixture[str], query: str, message: str
):
    assert log(run_folder, query) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    if "SELECT, and" not in message:
        assert error.splitlines()[-1].endswith("are: agents, greetings, links")


def test_a_run_that_was_cut_short_says_so(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    manifest = run_folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"complete": False}))
    assert log(run_folder, "SELECT count(*) FROM greetings") == 0
    captured = capsys.readouterr()
    assert "18" in captured.out
    assert "was not finished" in captured.err


def test_a_folder_without_a_run_gets_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert log(tmp_path / "nowhere", "SELECT 1") == 2
    assert capsys.readouterr().err == f"catallaxy: {tmp_path / 'nowhere'} is no run: there is no manifest.json in it\n"


def test_without_duckdb_the_message_says_what_to_install(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert log(run_folder, "SELECT 1") == 2
    assert capsys.readouterr().err == "catallaxy: SQL needs DuckDB: pip install 'catallaxy[sql]'\n"


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT count(*) AS n FROM greetings", [{"n": 18}]),
        ("SELECT count(*) AS n FROM greetings WHERE polite AND size > 8", [{"n": 1}]),
        ("SELECT a.* FROM (SELECT sender, size FROM greetings) a LIMIT 1", [{"sender": "A", "size": 1.0}]),
        (
            "WITH g AS (SELECT sender AS who, time FROM greetings) "
            "SELECT who, max(g.time) AS last, count(l.up) AS links "
            "FROM g JOIN links l ON l.agent = g.who GROUP BY ALL ORDER BY who",
            [{"who": "A", "last": 9.0, "links": 9}, {"who": "B", "last": 9.0, "links": 9}],
        ),
        ("SELECT greetings.size + 0 AS size FROM greetings ORDER BY greetings.sequence DESC LIMIT 1", [{"size": 9.0}]),
        ("SELECT (greetings).polite AS p FROM greetings ORDER BY sequence LIMIT 1", [{"p": True}]),
    ],
)
def test_only_the_columns_that_a_query_needs_are_read_and_the_answer_is_the_same(
    run_folder: Path, capsys: pytest.CaptureFixture[str], query: str, answer: list[dict[str, object]]
):
    assert log(run_folder, query, "--json") == 0
    assert json.loads(capsys.readouterr().out) == answer
