"""Exports of a run's events: each holds what the log holds."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from catallaxy import CatallaxyError, open_run
from catallaxy.command import main


def log(*arguments: object) -> int:
    try:
        main(["log", *map(str, arguments)])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_parquet_holds_every_row(run_folder: Path, tmp_path: Path):
    assert log(run_folder, "--export", "parquet", "--out", tmp_path / "out") == 0
    run = open_run(run_folder)
    for table in run.tables:
        found, logged = parquet.read_table(tmp_path / "out" / f"{table}.parquet"), run.events(table)
        assert found.to_pylist() == logged.to_pylist()
    assert parquet.read_schema(tmp_path / "out" / "greetings.parquet").field("sender").type == pa.string()


def test_csv_holds_every_row(run_folder: Path, tmp_path: Path):
    open_run(run_folder).export(tmp_path / "out", "csv")
    found = csv.read_csv(tmp_path / "out" / "greetings.csv").to_pylist()
    logged = open_run(run_folder).events("greetings").to_pylist()
    assert [(row["time"], row["sender"], row["size"]) for row in found] == [
        (row["time"], row["sender"], row["size"]) for row in logged
    ]


def test_a_trace_has_a_slice_at_both_ends_of_a_message_and_an_arrow_between(run_folder: Path, tmp_path: Path):
    assert log(run_folder, "--export", "perfetto", "--out", tmp_path / "trace.json") == 0
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    slices = [event for event in events if event["ph"] == "X"]
    assert len(slices) == 2 * 18
    assert {(event["pid"], event["tid"]) for event in slices} == {(0, 1), (0, 2)}
    starts, ends = ({e["id"]: e for e in events if e["ph"] == kind} for kind in ("s", "f"))
    assert len(starts) == len(ends) == 18
    assert all(starts[number]["ts"] <= ends[number]["ts"] for number in starts)
    assert all(starts[number]["tid"] != ends[number]["tid"] for number in starts)
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert sorted(names.values()) == ["A", "B"]
    first = min(slices, key=lambda event: event["ts"])
    assert (first["ts"], first["args"]["size"]) == (1e6, 1.0)


def test_a_packed_trace_is_the_same_and_the_same_again(run_folder: Path, tmp_path: Path):
    run = open_run(run_folder)
    plain = run.export(tmp_path / "trace.json", "perfetto").read_bytes()
    packed = [run.export(tmp_path / name, "perfetto").read_bytes() for name in ("a.json.gz", "b.json.gz")]
    assert packed[0] == packed[1]
    assert gzip.decompress(packed[0]) == plain


def test_nothing_is_overwritten_and_both_options_are_needed(
    run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.txt").write_text("mine")
    assert log(run_folder, "--export", "csv", "--out", tmp_path / "here") == 2
    assert "is there already: choose another place" in capsys.readouterr().err
    assert log(run_folder, "--export", "csv") == 2
    assert "give both" in capsys.readouterr().err
    assert log(run_folder, "SELECT 1", "--export", "csv", "--out", tmp_path / "new") == 2
    assert "use --csv or --json" in capsys.readouterr().err
    with pytest.raises(CatallaxyError, match="not exported as 'parket'; did you mean 'parquet'"):
        open_run(run_folder).export(tmp_path / "new", "parket")  # type: ignore[arg-type]
