"""The command line as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

import catallaxy.simulate
from catallaxy import CatallaxyError
from catallaxy.command import main


def code_of(*arguments: str) -> int:
    try:
        main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.mark.parametrize("verb", ["run", "train", "log"])
def test_every_verb_explains_itself_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]):
    assert code_of(verb, "--help") == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"Usage: catallaxy {verb}" in out
    assert f"Example: catallaxy {verb}" in out


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "catallaxy", "--help"], capture_output=True, text=True, check=True)
    assert all(verb in done.stdout for verb in ("run", "train", "log"))
    done = subprocess.run([sys.executable, "-m", "catallaxy", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{__import__('catallaxy').__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lag"], 'Unknown command "lag"'),
        (["run", "s.toml"], "--out"),
        (["run", "s.toml", "--out", "x", "--seed", "one"], "--seed"),
        (["run", "s.toml", "--out", "x", "--seed", "-1"], "--seed"),
        (["run", "s.toml", "--out", "x", "--episodes", "0"], "--episodes"),
        (["train", "s.toml", "--out", "x", "--decisions", "0"], "--decisions"),
        (["run", "s.toml", "--out", "x", "--sede", "1"], "--sede"),
        (["run", "nowhere.toml", "--out", "x"], "catallaxy: nowhere.toml: no such file"),
        (["train", "nowhere.toml", "--out", "x"], "catallaxy: nowhere.toml: no such file"),
    ],
)
def test_what_the_caller_can_mend_gets_one_message_and_exit_code_2(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)
    assert code_of(*arguments) == 2
    captured = capsys.readouterr()
    assert message in " ".join((captured.err + captured.out).split())
    assert "Traceback" not in captured.err
    assert list(tmp_path.iterdir()) == []


def test_our_errors_have_no_traceback_and_others_keep_theirs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail(error: BaseException):
        def simulate(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(catallaxy.simulate, "simulate", simulate)

    fail(CatallaxyError("maker 3 at t=5: no price"))
    assert code_of("run", "s.toml", "--out", "x") == 2
    assert capsys.readouterr().err == "catallaxy: maker 3 at t=5: no price\n"
    fail(KeyboardInterrupt())
    assert code_of("run", "s.toml", "--out", "x") == 130
    fail(ZeroDivisionError("a defect of ours"))
    with pytest.raises(ZeroDivisionError):
        main(["run", "s.toml", "--out", "x"])


def test_shells_learn_to_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    main(["--install-completion", "--shell", "bash"])
    (script,) = tmp_path.rglob("completions/catallaxy")
    assert "whatif" in script.read_text()
