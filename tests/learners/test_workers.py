from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from catallaxy.engine import AgentError
from catallaxy.learners import PPO, LearningError, PolicySpec, PPOConfig, Trainer, WorkerError

HERE = Path(__file__).parent


@pytest.fixture
def worlds(monkeypatch) -> Iterator[ModuleType]:
    """Give the module of worlds under a name that worker processes can import."""
    monkeypatch.syspath_prepend(HERE)
    yield importlib.import_module("worker_worlds")
    del sys.modules["worker_worlds"]


def trainer(make_world, **changes) -> Trainer:
    spec = PolicySpec("pacers", 2, (-1.0,), (1.0,))
    learner = PPO(spec, PPOConfig(epochs=2, hidden=(16,)), seed=4)
    settings = {"horizon": 20.0, "decisions": 20 * 160, "rollout": 160, "worlds": 16}
    return Trainer(make_world, {"pacers": learner}, **settings | changes)


def weights(trainer: Trainer) -> bytes:
    return b"".join(weight.detach().numpy().tobytes() for weight in trainer.learners["pacers"].policy.parameters())


def test_weights_are_the_same_to_the_last_bit_for_any_division_and_resumed_with_another(worlds, tmp_path) -> None:
    alone = trainer(worlds.pacers)
    history = [(report.decisions, report.episodes, report.rewards, report.losses) for report in alone]
    assert alone.updates >= 18
    for workers in (2, 4):
        divided = trainer(worlds.guarded, workers=workers)
        seen = []
        for report in divided:
            seen.append((report.decisions, report.episodes, report.rewards, report.losses))
            if report.update == 15 and workers == 4:
                divided.save(tmp_path / "four.pt")
        divided.close()
        assert seen == history
        assert weights(divided) == weights(alone)
    resumed = trainer(worlds.pacers, workers=2)
    resumed.resume(tmp_path / "four.pt")
    assert [(r.decisions, r.episodes, r.rewards, r.losses) for r in resumed] == history[15:]
    assert weights(resumed) == weights(alone)


def test_a_worker_that_dies_is_named_with_its_worlds_and_the_others_end(worlds) -> None:
    run = trainer(worlds.fatal, workers=2, worlds=4)
    processes = [worker.process for worker in run.fleet._all]
    with pytest.raises(WorkerError, match=r"worker 1 \(process \d+, worlds 2 to 3\) ended with exit code 17"):
        list(run)
    assert [process.is_alive() for process in processes] == [False, False]
    with pytest.raises(WorkerError, match="have been closed"):
        list(run)


def test_an_agents_failure_comes_back_from_the_worker(worlds) -> None:
    run = trainer(worlds.faulty, workers=2, worlds=4)
    with pytest.raises(AgentError, match=r"'b'.*reward rate nan") as failure:
        list(run)
    assert failure.value.__notes__ == ["in worker 1, which has worlds 2 to 3"]


def test_worlds_that_cannot_be_sent_are_refused(worlds) -> None:
    with pytest.raises(
        WorkerError, match=r"make_world=<function .*lambda.* can't be sent to worker processes: .*module"
    ):
        trainer(lambda episode: worlds.pacers(episode), workers=2)
    with pytest.raises(LearningError, match="4 worlds can't be divided among 5 workers"):
        trainer(worlds.pacers, workers=5, worlds=4)


def test_worlds_that_a_worker_cannot_import_are_refused(worlds, monkeypatch) -> None:
    run = trainer(worlds.pacers, workers=2)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if Path(path) != HERE])
    with pytest.raises(WorkerError, match=r"can't be loaded in a worker process: No module named 'worker_worlds'"):
        list(run)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_its_parent(how, tmp_path) -> None:
    told = tmp_path / "workers"
    parent = subprocess.Popen(
        [sys.executable, HERE / "worker_worlds.py", told], start_new_session=True, stderr=subprocess.DEVNULL
    )
    while not (told.exists() and told.read_text()):
        assert parent.poll() is None
        time.sleep(0.05)
    processes = [int(number) for number in told.read_text().split()]
    assert len(processes) == 2
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)  # as a terminal does
    else:
        parent.send_signal(how)
    assert parent.wait(timeout=30) != 0
    deadline = time.monotonic() + 30
    while any(map(alive, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
