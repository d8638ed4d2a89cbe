"""Reading runs."""

import json
from pathlib import Path

import pytest

from catallaxy import CatallaxyError, open_run
from catallaxy.runs import check_vacant


def test_a_run_gives_its_manifest_and_tables(run_folder: Path):
    run = open_run(run_folder)
    assert run.complete
    assert run.manifest["seed"] == 1
    assert run.tables == ("agents", "greetings", "links")
    greetings = run.events("greetings")
    assert greetings.num_rows == 18
    assert greetings.column("size").to_pylist()[:4] == [1.0, 1.0, 2.0, 2.0]
    assert run.metrics == ()


def test_a_table_that_is_not_there_is_answered_with_those_that_are(run_folder: Path):
    run = open_run(run_folder)
    with pytest.raises(CatallaxyError, match="no table 'fills' in events; it has agents, greetings, links"):
        run.events("fills")
    with pytest.raises(CatallaxyError, match="no table 'training' in metrics; it has none"):
        run.metric("training")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path):
    with pytest.raises(CatallaxyError, match=r"is no run: there is no manifest\.json in it"):
        open_run(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": "other"}')
    with pytest.raises(CatallaxyError, match="is not the manifest of a Catallaxy run"):
        open_run(tmp_path)


def test_a_log_that_breaks_off_is_read_up_to_its_last_batch_if_the_run_was_cut_short(run_folder: Path):
    file = run_folder / "events" / "greetings.arrows"
    file.write_bytes(file.read_bytes()[:-300])
    with pytest.raises(CatallaxyError, match=r"greetings\.arrows is damaged"):
        open_run(run_folder).events("greetings")
    manifest = run_folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"complete": False}))
    run = open_run(run_folder)
    assert not run.complete
    assert run.events("greetings").num_rows == 0
    assert run.sql("SELECT count(*) FROM greetings").fetchall() == [(0,)]


def test_a_run_is_replaced_only_when_told_to(run_folder: Path, tmp_path: Path):
    check_vacant(tmp_path / "new", force=False)
    check_vacant(run_folder, force=True)
    with pytest.raises(CatallaxyError, match="holds an earlier run: choose another folder, or replace it with --force"):
        check_vacant(run_folder, force=False)


def test_sql_reads_a_table_as_often_as_a_query_names_it(run_folder: Path):
    query = "SELECT count(*), sum(a.size) FROM greetings a JOIN greetings b USING (sequence) WHERE a.sender = 'A'"
    assert open_run(run_folder).sql(query).fetchall() == [(9, 45.0)]


def test_a_prompt_shows_what_is_in_a_run(run_folder: Path):
    shown = repr(open_run(run_folder)).splitlines()
    assert shown[0] == f"{run_folder}: 1 world, seed 1"
    assert shown[2].split()[:3] == ["greetings", "18", "episode,"]


def test_rows_come_in_batches_and_as_frames(run_folder: Path):
    run = open_run(run_folder)
    assert sum(batch.num_rows for batch in run.batches("greetings")) == 18
    for name, call in (("pandas", run.to_pandas), ("polars", run.to_polars)):
        try:
            frame = call("greetings")
        except CatallaxyError as missing:
            assert f"pip install {name}" in str(missing)  # noqa: PT017 (both ways are right: it may not be installed)
        else:
            assert frame["size"].sum() == 90.0
