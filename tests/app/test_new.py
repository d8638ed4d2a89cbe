"""`catallaxy new`: what it writes runs at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from catallaxy.command import main


def test_a_new_study_runs_and_passes_its_own_tests(tmp_path: Path):
    folder = tmp_path / "study"
    main(["new", str(folder), "--quiet"])
    main(["check", str(folder / "scenario.toml"), "--quiet"])
    main(["run", str(folder / "scenario.toml"), "--out", str(folder / "runs" / "one"), "--quiet"])
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert files == ["README.md", "learner.py", "maker.py", "scenario.toml", "test_study.py"]


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "maker.py").write_text("precious")
    with pytest.raises(SystemExit) as ended:
        main(["new", str(tmp_path)])
    assert ended.value.code == 2
    assert "has maker.py already" in capsys.readouterr().err
    assert (tmp_path / "maker.py").read_text() == "precious"
    main(["new", str(tmp_path), "--force", "--quiet"])
    assert "class Mine" in (tmp_path / "maker.py").read_text()
