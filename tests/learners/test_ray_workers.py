"""Worlds on a Ray cluster of two nodes on this machine: the same weights to the last bit, also if workers die."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from catallaxy.engine import AgentError
from catallaxy.learners import PPO, PolicySpec, PPOConfig, Trainer, WorkerError

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def worlds() -> Iterator[ModuleType]:
    sys.path.insert(0, str(HERE))
    os.environ["PYTHONPATH"] = f"{HERE}:{os.environ.get('PYTHONPATH', '')}"  # where Ray's workers find the module
    yield importlib.import_module("worker_worlds")
    sys.path.remove(str(HERE))
    os.environ["PYTHONPATH"] = os.environ["PYTHONPATH"].removeprefix(f"{HERE}:")
    del sys.modules["worker_worlds"]


@pytest.fixture
def cluster(worlds: ModuleType) -> Iterator[Any]:
    """Two nodes with two CPUs each."""
    pytest.importorskip("ray")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 2, "object_store_memory": 100 * 2**20}
        made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        made.other = made.add_node(**node)
        yield made
        import ray

        ray.shutdown()
        made.shutdown()


def trainer(make_world: Any, **changes: Any) -> Trainer:
    spec = PolicySpec("pacers", 2, (-1.0,), (1.0,))
    learner = PPO(spec, PPOConfig(epochs=2, hidden=(16,)), seed=4)
    settings = {"horizon": 20.0, "decisions": 8 * 160, "rollout": 160, "worlds": 8}
    return Trainer(make_world, {"pacers": learner}, **settings | changes)


def weights(trainer: Trainer) -> bytes:
    return b"".join(weight.detach().numpy().tobytes() for weight in trainer.learners["pacers"].policy.parameters())


def history(run: Trainer, after: Any = lambda update: None) -> list[Any]:
    told = []
    for report in run:
        told.append((report.decisions, report.episodes, report.rewards, report.losses))
        after(report.update)
    run.close()
    return told


def actors_by_node(run: Trainer) -> dict[str, list[int]]:
    import ray

    found: dict[str, list[int]] = {}
    for member in run.fleet._members:

        def where(_: Any) -> tuple[str, int]:
            return ray.get_runtime_context().get_node_id(), os.getpid()

        node, process = ray.get(member.actor.__ray_call__.remote(where))
        found.setdefault(node, []).append(process)
    return found


def test_weights_are_those_of_one_process_though_workers_and_a_node_die(worlds, cluster, tmp_path) -> None:
    alone = trainer(worlds.pacers)
    expected = history(alone)
    run = trainer(worlds.guarded, workers=4, ray=cluster.address)

    def disturb(update: int) -> None:
        if update == 1:
            nodes = actors_by_node(run)
            assert sorted(map(len, nodes.values())) == [2, 2]
            run.save(tmp_path / "one.pt")
        if update == 2:
            os.kill(next(iter(actors_by_node(run).values()))[0], signal.SIGKILL)
        if update == 4:
            cluster.remove_node(cluster.other)
        if update == 6:
            assert len(actors_by_node(run)) == 1

    assert history(run, disturb) == expected
    assert weights(run) == weights(alone)
    resumed = trainer(worlds.pacers, workers=2, ray=cluster.address)
    resumed.resume(tmp_path / "one.pt")
    assert history(resumed) == expected[1:]
    assert weights(resumed) == weights(alone)


def test_what_can_not_go_well_is_told(worlds, cluster) -> None:
    with pytest.raises(AgentError, match=r"'b'.*reward rate nan") as failed:
        history(trainer(worlds.faulty, workers=2, ray=cluster.address, worlds=4))
    assert failed.value.__notes__ == ["in worker 1, which has worlds 2 to 3"]
    with pytest.raises(WorkerError, match=r"worker 1 \(worlds 2 to 3\) died 4 times over the same rollout"):
        history(trainer(worlds.fatal, workers=2, ray=cluster.address, worlds=4))
    with pytest.raises(WorkerError, match="has 4 CPUs, too few for 8 workers"):
        trainer(worlds.pacers, workers=8, ray=cluster.address)


def test_a_cluster_that_is_not_there_is_refused(worlds) -> None:
    pytest.importorskip("ray")
    with pytest.raises(WorkerError, match="there is no Ray cluster at 'auto'"):
        trainer(worlds.pacers, workers=2, ray="auto")


def test_the_command_trains_on_a_cluster_of_its_own(tmp_path) -> None:
    pytest.importorskip("ray")
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(
        'market = "dealer"\n[[makers]]\nname = "Z"\n[session]\nhorizon = 5.0\n'
        "[training]\ndecisions = 40\nrollout = 20\nworlds = 2\n[evaluation]\nepisodes = 2\nsearch_episodes = 1\n"
    )
    for name, options in {"ray": ["--ray", "local"], "alone": []}.items():
        command = ["-m", "catallaxy", "train", str(scenario), "--out", str(tmp_path / name), "--quiet", *options]
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert (tmp_path / "ray" / "results.json").read_text() == (tmp_path / "alone" / "results.json").read_text()
