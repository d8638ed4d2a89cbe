"""`catallaxy train` and `catallaxy run`, the whole way on a small market."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from catallaxy import CatallaxyError, open_run
from catallaxy.command import main

SCENARIO = """
market = "dealer"

[[makers]]
name = "bold"
count = 1
risk_aversion = 1e-3
initial_inventory = { uniform = [-20, 20] }

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
decisions = 600
rollout = 300
worlds = 2
ppo = { epochs = 1, minibatch = 64 }

[evaluation]
episodes = 2
search_episodes = 1
"""


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "scenario.toml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def trained(scenario_file: Path) -> Path:
    """A run of training."""
    folder = scenario_file.parent / "trained"
    main(["train", str(scenario_file), "--out", str(folder), "--seed", "3", "--quiet"])
    return folder


def code_of(*arguments: object) -> int:
    try:
        main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_training_leaves_curve_checkpoint_log_results_and_figure(trained: Path):
    run = open_run(trained)
    assert run.complete
    assert run.manifest["seed"] == 3
    assert run.manifest["scenario"]["toml"] == SCENARIO
    assert run.manifest["scenario"]["scenario"]["makers"][1]["risk_aversion"] == {
        "log_uniform": {"low": 0.01, "high": 0.02}
    }
    curve = run.metric("training")
    assert curve["update"].to_pylist() == [1, 2]
    assert curve["charts/decisions"].to_pylist()[-1] >= 600
    assert {"charts/reward", "losses/policy", "losses/value", "losses/entropy"} <= set(curve.column_names)
    assert (trained / "checkpoints" / "latest.pt").is_file()
    assert (trained / "skew.png").read_bytes().startswith(b"\x89PNG")
    assert set(run.events("decisions")["episode"].to_pylist()) == {0, 1}


def test_the_results_hold_every_maker_before_and_after_with_intervals(trained: Path):
    results = json.loads((trained / "results.json").read_text())
    assert [maker["name"] for maker in results["makers"]] == ["bold_1", "shy_1"]
    for maker in results["makers"]:
        for learning in ("before", "after"):
            pnl = maker[learning]["pnl"]
            assert pnl["low"] <= pnl["mean"] <= pnl["high"]
    assert [comparison["maker"] for comparison in results["comparisons"]] == ["bold_1", "shy_1"]
    makers = open_run(trained).metric("makers").to_pylist()
    assert len(makers) == 2 * 2 * 2
    shares = [row["market_share"] for row in makers if row["policy"] == "after" and row["episode"] == 0]
    assert sum(shares) == pytest.approx(1.0) or sum(shares) == 0.0


def test_the_results_agree_with_the_log(trained: Path):
    """Volume by SQL over the fills is the volume in the table of makers."""
    query = """
        SELECT f.sender, f.episode, sum(abs(f.quantity)) FROM fills f GROUP BY ALL
        EXCEPT SELECT agent, episode, volume FROM metrics.makers WHERE policy = 'after'
    """
    assert open_run(trained).sql(query).fetchall() == []


def test_the_same_seed_learns_the_same_in_any_number_of_processes(scenario_file: Path, trained: Path):
    again = scenario_file.parent / "again"
    assert code_of("train", scenario_file, "--out", again, "--seed", 3, "--workers", 2, "--quiet") == 0
    for name in sorted(path.name for path in (trained / "events").iterdir()):
        assert (again / "events" / name).read_bytes() == (trained / "events" / name).read_bytes(), name
    assert (again / "results.json").read_text() == (trained / "results.json").read_text()


def test_a_run_follows_the_policy_of_a_training(scenario_file: Path, trained: Path, capsys: pytest.CaptureFixture[str]):
    learned, baseline = scenario_file.parent / "learned", scenario_file.parent / "baseline"
    assert code_of("run", scenario_file, "--out", learned, "--policy", trained, "--episodes", 2) == 0
    assert "2 episodes" in capsys.readouterr().out
    assert code_of("run", scenario_file, "--out", baseline, "--episodes", 2, "--quiet") == 0
    assert capsys.readouterr().out == ""
    one, other = (open_run(folder).events("pricings") for folder in (learned, baseline))
    assert set(one["episode"].to_pylist()) == {0, 1}
    assert one["half_spread"].to_pylist() != other["half_spread"].to_pylist()


def test_a_run_is_not_replaced_by_accident(scenario_file: Path, trained: Path, capsys: pytest.CaptureFixture[str]):
    assert code_of("run", scenario_file, "--out", trained) == 2
    assert "holds an earlier run" in capsys.readouterr().err
    assert code_of("run", scenario_file, "--out", trained, "--policy", trained, "--force") == 2
    assert "would be replaced, but it holds the policy" in capsys.readouterr().err
    assert code_of("run", scenario_file, "--out", scenario_file.parent) == 2
    assert "holds files that are no run's" in capsys.readouterr().err
    assert open_run(trained).complete


def test_ctrl_c_leaves_a_usable_run(scenario_file: Path, tmp_path: Path):
    out = tmp_path / "stopped"
    command = [sys.executable, "-m", "catallaxy", "train", str(scenario_file), "--out", str(out)]
    command += ["--decisions", "10000000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    curve = out / "metrics" / "training.arrows"
    for _ in range(600):
        if curve.exists() and curve.stat().st_size > 4000:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "holds what was learned" in " ".join(stdout.split())
    run = open_run(out)
    assert not run.complete
    assert run.metric("training").num_rows > 0
    assert code_of("run", scenario_file, "--out", tmp_path / "after", "--policy", out, "--quiet") == 0


def rows_of_curve(run: Path) -> int:
    try:
        return open_run(run).metric("training").num_rows
    except CatallaxyError:  # not begun yet
        return 0


def kill_training(scenario: Path, out: Path, *, how: int, when: int) -> None:
    """Train in a process of its own and send it a signal once its learning curve has so many rows."""
    command = [sys.executable, "-m", "catallaxy", "train", str(scenario), "--out", str(out), "--seed", "3", "--quiet"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and rows_of_curve(out) < when:
        time.sleep(0.002)
    process.send_signal(how)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -how), stderr


def weights_of(run: Path) -> bytes:
    content = torch.load(run / "checkpoints" / "latest.pt", weights_only=True)["learners"]["makers"]["policy"]
    return b"".join(tensor.numpy().tobytes() for tensor in content["weights"].values())


@pytest.fixture(scope="module")
def long_study(scenario_file: Path) -> Path:
    """One of 40 updates, and its run that was never stopped, in `whole` beside it."""
    path = scenario_file.parent / "long.toml"
    path.write_text(SCENARIO.replace("decisions = 600\nrollout = 300", "decisions = 2000\nrollout = 50"))
    main(["train", str(path), "--out", str(path.parent / "whole"), "--seed", "3", "--quiet"])
    return path


@pytest.mark.parametrize(
    ("how", "when", "first"),
    [
        (signal.SIGKILL, 14, 11),
        pytest.param(signal.SIGINT, 12, 1, marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, 3, 1, marks=pytest.mark.slow),
    ],
)
def test_what_was_stopped_or_killed_goes_on_as_if_it_had_not_been(
    long_study: Path, tmp_path: Path, how: int, when: int, first: int, capsys: pytest.CaptureFixture[str]
):
    out, whole = tmp_path / "run", long_study.parent / "whole"
    kill_training(long_study, out, how=how, when=when)
    assert not open_run(out).complete
    assert code_of("train", long_study, "--out", out, "--seed", 3, "--resume", "--workers", 2) == 0
    told = capsys.readouterr().out
    after = int(told.split("going on after update ")[1].split(",")[0])
    assert after >= first - 1
    run, reference = open_run(out), open_run(whole)
    assert run.complete
    assert run.metric("training")["update"].to_pylist() == list(range(1, 41))
    for name in ("charts/reward", "losses/policy", "losses/value", "charts/decisions"):
        assert run.metric("training")[name].to_pylist() == reference.metric("training")[name].to_pylist()
    assert weights_of(out) == weights_of(whole)
    assert (out / "results.json").read_text() == (whole / "results.json").read_text()
    for path in (whole / "events").iterdir():
        assert (out / "events" / path.name).read_bytes() == path.read_bytes(), path.name


def test_only_the_same_training_is_resumed(
    scenario_file: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def refusal(scenario: Path, *options: object) -> str:
        assert code_of("train", scenario, "--resume", *options) == 2
        return capsys.readouterr().err

    other = tmp_path / "other.toml"
    other.write_text(SCENARIO.replace("risk_aversion = 1e-3", "risk_aversion = 2e-3").replace("rollout = 300", ""))
    assert "has come to its end" in refusal(scenario_file, "--out", trained, "--seed", 3)
    assert "seed is 3, not 0" in refusal(scenario_file, "--out", trained)
    told = refusal(other, "--out", trained, "--seed", 3)
    assert "scenario.makers[0].risk_aversion is 0.001, not 0.002; training.rollout is 300, not 16384" in told
    assert "is no run" in refusal(scenario_file, "--out", tmp_path)
    assert "choose one of --resume and --force" in refusal(scenario_file, "--out", trained, "--force")


def test_a_checkpoint_of_another_training_is_refused(
    scenario_file: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    kill_training(scenario_file, out, how=signal.SIGKILL, when=1)
    (out / "checkpoints").mkdir(exist_ok=True)
    (out / "checkpoints" / "latest.pt").write_bytes((trained / "checkpoints" / "latest.pt").read_bytes())
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "seed": 4}))
    assert code_of("train", scenario_file, "--out", out, "--seed", 4, "--resume", "--quiet") == 2
    assert "latest.pt is of another training: seed is 3, not 4" in capsys.readouterr().err


def variant(tmp_path: Path, training: str) -> Path:
    path = tmp_path / "variant.toml"
    path.write_text(SCENARIO.replace("ppo = { epochs = 1, minibatch = 64 }", training))
    return path


@pytest.mark.parametrize(
    "training",
    [
        'algorithm = "a2c"\na2c = { hidden = [16] }',
        'algorithm = "reinforce"\nreinforce = { baseline = true }',
        "ppo = { memory = 8 }",
    ],
)
def test_a_scenario_says_which_algorithm_learns(tmp_path: Path, training: str):
    out = tmp_path / "run"
    assert code_of("train", variant(tmp_path, training), "--out", out, "--quiet") == 0
    stored = torch.load(out / "checkpoints" / "latest.pt", weights_only=True)["learners"]["makers"]
    assert stored["algorithm"] == {"a": "A2C", "r": "REINFORCE", "p": "PPO"}[training.removeprefix('algorithm = "')[0]]
    assert code_of("evaluate", out, "--episodes", 2, "--quiet") == 0


def test_separate_agents_learn_policies_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "run"
    assert code_of("train", variant(tmp_path, 'separate = ["makers"]'), "--out", out) == 0
    assert "no policy in common" in " ".join(capsys.readouterr().out.split())
    stored = torch.load(out / "checkpoints" / "latest.pt", weights_only=True)["learners"]
    assert list(stored) == ["bold_1", "shy_1"]
    assert {"charts/reward/bold_1", "charts/reward/shy_1"} <= set(open_run(out).metric("training").column_names)
    assert code_of("evaluate", out, "--episodes", 2, "--quiet") == 0
    assert code_of("run", tmp_path / "variant.toml", "--out", tmp_path / "played", "--policy", out, "--quiet") == 0
    assert code_of("verify", tmp_path / "played") == 0


def test_settings_that_nothing_reads_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = variant(tmp_path, 'algorithm = "a2c"\nppo = { epochs = 1 }')
    assert code_of("train", path, "--out", tmp_path / "run") == 2
    assert 'training.ppo: nothing reads it: algorithm is "a2c"' in capsys.readouterr().err
    assert code_of("train", variant(tmp_path, 'separate = ["takers"]'), "--out", tmp_path / "run", "--force") == 2
    assert "separate: no agents of family takers" in capsys.readouterr().err


def test_where_everybody_acts_by_a_script_there_is_nothing_to_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(
        'market = "dealer"\n[[makers]]\nname = "m"\npolicy = { kind = "fixed-spread", half_spread = 0.3 }\n'
    )
    with pytest.raises(SystemExit) as ended:
        main(["train", str(scenario), "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "everybody acts by a script" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
