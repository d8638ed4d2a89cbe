from __future__ import annotations

import numpy as np
import pytest
import torch

from catallaxy.learners import (
    A2C,
    PPO,
    CheckpointError,
    LearningError,
    PolicySpec,
    PPOConfig,
    Trainer,
    load_checkpoint,
    load_policies,
    policy_specs,
    save_checkpoint,
)

SETTINGS = {"horizon": 20.0, "decisions": 600, "rollout": 100, "worlds": 3}


def trainer(walkers, **changes) -> Trainer:
    learner = PPO(policy_specs(walkers(0))["walkers"], PPOConfig(epochs=2), seed=4)
    return Trainer(walkers, {"walkers": learner}, **SETTINGS | changes)


def weights(trainer: Trainer) -> bytes:
    return b"".join(weight.detach().numpy().tobytes() for weight in trainer.learners["walkers"].policy.parameters())


def test_every_update_reports_progress(walkers) -> None:
    reports = list(trainer(walkers))
    assert [report.update for report in reports] == [1, 2, 3, 4, 5, 6]
    assert reports[-1].decisions >= reports[-1].target == 600
    assert reports[-1].rewards["walkers"] < 0
    row = reports[0].scalars()
    assert {"charts/reward", "charts/decisions", "losses/policy", "losses/approx_kl", "losses/entropy"} < row.keys()


def test_training_twice_gives_the_same_weights(walkers) -> None:
    first, second = trainer(walkers), trainer(walkers)
    assert [report.losses for report in first] == [report.losses for report in second]
    assert weights(first) == weights(second)


def test_training_goes_on_from_a_checkpoint_to_the_last_bit(walkers, tmp_path) -> None:
    whole = trainer(walkers)
    list(whole)
    halted = trainer(walkers, checkpoints=tmp_path)
    for report in halted:
        if report.update == 3:
            halted.stop()
    assert halted.updates == 3
    resumed = trainer(walkers)
    resumed.resume(tmp_path / "latest.pt")
    assert [report.update for report in resumed] == [4, 5, 6]
    assert weights(resumed) == weights(whole)
    assert resumed.fleet.decisions == whole.fleet.decisions


def test_checkpoints_come_every_so_many_updates(walkers, tmp_path) -> None:
    run = trainer(walkers, checkpoints=tmp_path, checkpoint_every=2)
    steps = iter(run)
    next(steps)
    assert not (tmp_path / "latest.pt").exists()
    next(steps)
    assert load_checkpoint(tmp_path / "latest.pt", run.learners)["updates"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["latest.pt"]


def test_frozen_families_do_not_learn(walkers) -> None:
    run = trainer(walkers, frozen=["walkers"])
    before = weights(run)
    assert all(report.losses == {"walkers": {}} for report in run)
    assert weights(run) == before
    with pytest.raises(LearningError, match="frozen: there is no learner for makers"):
        trainer(walkers, frozen=["makers"])


def test_a_family_that_never_decides_is_named(walkers, steady) -> None:
    run = trainer(walkers)
    run = Trainer(walkers, run.learners | {"ghosts": steady()}, **SETTINGS)
    with pytest.raises(LearningError, match="no agent of family ghosts decided"):
        list(run)


def test_a_loaded_policy_acts_alone_and_serves_as_an_agents_policy(walkers, tmp_path) -> None:
    run = trainer(walkers, checkpoints=tmp_path)
    list(run)
    policy = load_policies(tmp_path / "latest.pt")["walkers"]
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    assert policy.act(rows).actions.tobytes() == run.learners["walkers"].act(rows).actions.tobytes()
    world = walkers(0)
    for agent in world.agents.values():
        agent.policy = policy
    world.run(until=20.0)
    np.testing.assert_array_equal(
        policy(world.agents["a"], (0.0, 0.1)), policy.act(np.float32([[0, 0.1, 0.5]])).actions[0]
    )
    agent = world.agents["a"]
    agent.features = (0.5, 0.2)
    with pytest.raises(LearningError, match=r"agent 'a'.*sees 3 numbers, not 4"):
        policy(agent, (0.0, 0.1))


def learner(**changes) -> PPO:
    spec = {"family": "makers", "observation_size": 3, "low": (-1.0,), "high": (1.0,), "features": ("gamma",)}
    return PPO(PolicySpec(**spec | changes), PPOConfig(), seed=0)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (lambda: learner(observation_size=4), "observation_size is 3, not 4"),
        (lambda: learner(high=(2.0,)), r"high is \(1.0,\), not \(2.0,\)"),
        (lambda: learner(features=("size",)), r"features is \('gamma',\), not \('size',\)"),
        (lambda: A2C(learner().spec, seed=0), "algorithm is 'PPO', not 'A2C'"),
        (lambda: PPO(learner().spec, PPOConfig(hidden=(32,)), seed=0), r"hidden layers are \[64, 64\], not \[32\]"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused_by_what_differs(tmp_path, other, difference) -> None:
    save_checkpoint(tmp_path / "c.pt", {"makers": learner()})
    with pytest.raises(CheckpointError, match=difference):
        load_checkpoint(tmp_path / "c.pt", {"makers": other()})


def test_a_checkpoint_of_other_families_is_refused(tmp_path) -> None:
    save_checkpoint(tmp_path / "c.pt", {"makers": learner()})
    with pytest.raises(CheckpointError, match="families makers, not takers"):
        load_checkpoint(tmp_path / "c.pt", {"takers": learner()})


def test_damaged_and_foreign_files_are_refused(tmp_path) -> None:
    path = tmp_path / "c.pt"
    with pytest.raises(CheckpointError, match="no such file"):
        load_policies(path)
    save_checkpoint(path, {"makers": learner()})
    whole = path.read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 30):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"c\.pt"):
            load_policies(path)
    torch.save({"weights": torch.zeros(2)}, path)
    with pytest.raises(CheckpointError, match="not written as a checkpoint of this package"):
        load_policies(path)
    torch.save({"format": Exception}, path)
    with pytest.raises(CheckpointError, match="can't be read as a checkpoint"):
        load_policies(path)


def test_what_is_not_plain_is_not_saved(tmp_path) -> None:
    with pytest.raises(CheckpointError, match=r"progress\.seen\[1\]: a object can't be saved"):
        save_checkpoint(tmp_path / "c.pt", {}, {"seen": [1, object()]})
    assert list(tmp_path.iterdir()) == []


def test_errors_survive_being_rebuilt_from_their_arguments() -> None:
    error = CheckpointError("x")
    assert type(error)(*error.args).args == error.args
