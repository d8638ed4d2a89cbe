"""`catallaxy evaluate`: what a run's policy achieves in fresh episodes."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from catallaxy import open_run
from catallaxy.command import main
from catallaxy.evaluate import summary

SCENARIO = """
market = "dealer"

[[makers]]
name = "bold"
count = 2
risk_aversion = 1e-3

[[makers]]
name = "shy"
count = 1
risk_aversion = { log_uniform = [1e-2, 2e-2] }

[session]
horizon = 15.0

[decisions]
max_half_spread = 1.0
max_skew = 1.0

[training]
decisions = 200
rollout = 100
worlds = 2
ppo = { epochs = 1, minibatch = 64 }

[evaluation]
episodes = 2
search_episodes = 1
"""


def code_of(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    (folder / "scenario.toml").write_text(SCENARIO)
    main(["train", str(folder / "scenario.toml"), "--out", str(folder / "run"), "--quiet"])
    return folder / "run"


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert code_of("evaluate", *arguments, "--json") == 0
    found: dict = json.loads(capsys.readouterr().out)
    return found


def test_every_group_and_agent_has_every_measure_with_its_interval(trained: Path, capsys: pytest.CaptureFixture[str]):
    found = evaluated(capsys, trained, "--episodes", 4)
    assert list(found["groups"]) == ["bold", "shy"]
    assert list(found["agents"]) == ["bold_1", "bold_2", "shy_1"]
    assert found["episodes"] == 4
    objective = found["groups"]["bold"]["objective"]
    assert objective["low"] < objective["mean"] < objective["high"]
    both = [found["agents"][name]["objective"]["mean"] for name in ("bold_1", "bold_2")]
    assert objective["mean"] == pytest.approx(np.mean(both))
    assert found["agents"]["shy_1"]["objective"] == found["groups"]["shy"]["objective"]


def test_the_same_seed_gives_the_same_episodes_and_another_seed_others(
    trained: Path, capsys: pytest.CaptureFixture[str]
):
    once = evaluated(capsys, trained, "--episodes", 3)
    assert evaluated(capsys, trained, "--episodes", 3, "--policy", trained / "checkpoints" / "latest.pt") == once
    other = evaluated(capsys, trained, "--episodes", 3, "--seed", 1)
    assert other["groups"]["shy"]["risk_aversion"] != once["groups"]["shy"]["risk_aversion"]


def test_the_table_shows_groups_or_agents(trained: Path, capsys: pytest.CaptureFixture[str]):
    assert code_of("evaluate", trained, "--episodes", 2) == 0
    told = capsys.readouterr().out
    assert "bold" in told
    assert "bold_1" not in told
    assert "market share" in told
    assert code_of("evaluate", trained, "--episodes", 2, "--by", "agent") == 0
    assert "bold_1" in capsys.readouterr().out


def test_the_episodes_can_be_kept_as_a_run_that_can_be_proved(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "judged"
    found = evaluated(capsys, trained, "--episodes", 2, "--out", out)
    run = open_run(out)
    assert run.complete
    assert run.metric("evaluation").num_rows == 6
    assert json.loads((out / "results.json").read_text()) == found
    assert set(run.events("decisions")["episode"].to_pylist()) == {0, 1}
    assert code_of("verify", out) == 0
    assert code_of("evaluate", trained, "--out", out) == 2
    assert "holds an earlier run" in capsys.readouterr().err
    assert code_of("evaluate", trained, "--out", trained, "--force") == 2
    assert "would be replaced" in capsys.readouterr().err


def test_what_does_not_fit_is_refused_by_what_differs(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def refusal(*arguments: object) -> str:
        assert code_of(*arguments) == 2
        return capsys.readouterr().err

    other = tmp_path / "other.toml"
    other.write_text(SCENARIO.replace("max_skew = 1.0", "max_skew = 2.0"))
    assert code_of("train", other, "--out", tmp_path / "other", "--decisions", 100, "--quiet") == 0
    told = refusal("evaluate", trained, "--policy", tmp_path / "other")
    assert "does not suit agent 'bold_1': low is (0.0, -2.0, 0.0), not (0.0, -1.0, 0.0)" in told
    assert "does not suit" in refusal("run", other, "--out", tmp_path / "no", "--policy", trained)
    assert code_of("run", other, "--out", tmp_path / "plain", "--quiet") == 0
    assert "no such file" in refusal("evaluate", tmp_path / "plain")
    assert "is no run" in refusal("evaluate", tmp_path)


def test_agents_of_one_group_and_episode_are_one_sample():
    """Two episodes of two agents each: the group's samples are 2 and 6, not four numbers."""
    table = pa.table(
        {
            "episode": [0, 0, 1, 1],
            "agent": ["a", "b", "a", "b"],
            "group": ["g"] * 4,
            "x": [1.0, 3.0, 5.0, 7.0],
            "y": [1.0, float("nan"), float("nan"), float("nan")],
        }
    )
    groups = summary(table, "group")["g"]
    assert groups["x"] is not None
    assert groups["x"].mean == 4.0
    assert groups["x"].high == pytest.approx(4.0 + 12.7062 * 2.0)
    assert groups["y"] is None
    agents = summary(table, "agent")
    assert [agents[name]["x"].mean for name in "ab"] == [3.0, 5.0]
