"""The command serves a run until Ctrl-C, and says what is wrong in one sentence."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from catallaxy.command import main

pytest.importorskip("uvicorn", reason="the viewer needs uvicorn")


def test_the_command_serves_a_run_until_it_is_interrupted(folder: Path):
    command = [sys.executable, "-u", "-m", "catallaxy", "view", str(folder), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            told = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", told)
            assert found, told
            direct = build_opener(ProxyHandler({}))
            with direct.open(found[0] + "api/run", timeout=30) as answer:
                assert json.load(answer)["name"] == "run"
            with direct.open(found[0], timeout=30) as answer:
                assert b"<canvas" in answer.read()
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["view", str(tmp_path), "--no-browser"])
    assert stopped.value.code == 2
    assert "is no run" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(folder: Path, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit) as stopped:
            main(["view", str(folder), "--no-browser", "--port", port])
    assert stopped.value.code == 2
    assert f"port {port} of 127.0.0.1 can't be had" in capsys.readouterr().err
