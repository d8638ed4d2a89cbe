"""Learning curves over seeds, and scalars for TensorBoard."""

from pathlib import Path

import numpy as np
import pytest

from catallaxy import open_run
from catallaxy.command import main
from catallaxy.curves import by_study, learning_curve
from catallaxy.engine import EventLog
from catallaxy.metrics import write_metrics
from catallaxy.runs import RunError
from catallaxy.tensorboard import tensorboard


def made(folder: Path, seed: int, study: dict, rows: list[tuple[int, float]]) -> Path:
    with EventLog(folder, seed=seed, scenario=study):
        pass
    curve = [{"update": n, "charts/decisions": at, "charts/reward": value} for n, (at, value) in enumerate(rows, 1)]
    write_metrics(folder, "training", curve)
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    shared, separate = {"separate": []}, {"separate": ["makers"], "training": {"workers": 1, "rollout": 5}}
    same = {"separate": ["makers"], "training": {"workers": 2, "rollout": 5}}
    return [
        made(tmp_path / "shared-0", 0, shared, [(100, 0.0), (200, 1.0), (300, 2.0)]),
        made(tmp_path / "shared-1", 1, shared, [(110, 2.2), (210, 3.2), (310, 4.2)]),
        made(tmp_path / "separate-0", 0, separate, [(100, 1.0), (200, 1.0), (300, 1.0)]),
        made(tmp_path / "separate-1", 1, same, [(100, 1.0), (200, float("nan")), (300, 1.0)]),
    ]


def test_runs_that_differ_by_seed_and_workers_only_make_one_curve(runs: list[Path]):
    groups = by_study([open_run(run) for run in runs])
    assert {label: [run.directory.name for run in group] for label, group in groups.items()} == {
        "shared": ["shared-0", "shared-1"],
        "separate": ["separate-0", "separate-1"],
    }


def test_a_curve_is_the_mean_over_seeds_with_students_interval(runs: list[Path]):
    """At decision x the two runs are at x / 100 - 1 and x / 100 + 1.1."""
    curve = learning_curve([open_run(run) for run in runs[:2]], points=5)
    np.testing.assert_allclose(curve.decisions, np.linspace(110, 300, 5))
    np.testing.assert_allclose(curve.mean, curve.decisions / 100 + 0.05)
    np.testing.assert_allclose(curve.high - curve.mean, 12.7062 * 1.05)
    np.testing.assert_allclose(curve.mean - curve.low, 12.7062 * 1.05)


def test_a_metric_is_averaged_over_the_last_updates(runs: list[Path]):
    curve = learning_curve([open_run(runs[0])], smooth=2, points=3)
    np.testing.assert_allclose(curve.mean, [0.0, 0.5, 1.5])
    assert np.isnan(curve.low).all()


def test_the_command_tells_where_curves_end_and_draws_them(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    main(["curves", *map(str, runs), "--out", str(tmp_path / "curves.png")])
    told = capsys.readouterr().out
    assert "3.05 ± 13" in told
    assert "1 ± 0" in told
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_not_there_is_named(runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(RunError, match="has no metric 'losses/kl'; it has charts/reward"):
        learning_curve([open_run(runs[0])], "losses/kl")
    with EventLog(tmp_path / "empty", seed=0):
        pass
    with pytest.raises(RunError, match="nothing was learned in it"):
        learning_curve([open_run(tmp_path / "empty")])
    with pytest.raises(SystemExit):
        main(["curves"])
    assert "name at least one run" in capsys.readouterr().err


def test_tensorboard_reads_the_scalars_and_a_resumed_run_takes_back_what_came_later(tmp_path: Path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with tensorboard(tmp_path) as write:
        for decisions in (100, 200, 300):
            write(decisions, {"charts/reward": decisions / 100})
    with tensorboard(tmp_path, after=200) as write:
        write(300, {"charts/reward": 9.0})
    read = accumulator.EventAccumulator(str(tmp_path))
    read.Reload()
    assert [(event.step, event.value) for event in read.Scalars("charts/reward")] == [(100, 1), (200, 2), (300, 9)]
