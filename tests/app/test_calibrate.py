"""`catallaxy calibrate`: studies are checked before anything is simulated; the answer is a scenario file."""

import io
import json
from pathlib import Path
from typing import get_args

import pytest
from rich.console import Console

from catallaxy.calibrate import METHODS, Fit
from catallaxy.calibration.answer import Answer, show
from catallaxy.command import main
from catallaxy.command.calibrate import Method
from catallaxy.config import load
from catallaxy.runs import open_run

SCENARIO = """
market = "dealer"
session = { horizon = 8.0, settlement = 1.0, tick = 1.0 }
clients = { requests_per_day = 3000, sizes = [1.0], shares = [1.0] }
price = { kind = "brownian", start = 1.2 }

[[makers]]
name = "bold"
count = 2
risk_aversion = { log_uniform = [1e-3, 2e-3] }
"""

STUDY = """
scenario = "scenario.toml"

[[parameters]]
path = "makers.bold.connectivity"
low = 0.3
high = 0.9

[[parameters]]
path = "makers.bold.risk_aversion.high"
low = 2e-3
high = 2e-2
transform = "log"

[[targets]]
measure = "volume"
statistic = "sum"
value = 20.0

[[targets]]
measure = "half_spread"
of = "bold"
value = 0.9
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def calibrated(study: Path, out: Path, *options: str) -> int:
    try:
        main(["calibrate", str(study), "--out", str(out), "--budget", "4000", "--quiet", *options])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_the_answer_is_a_scenario_that_other_verbs_take(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert calibrated(study, out) == 0
    results = json.loads((out / "results.json").read_text())
    assert set(results["composition"]) == {"makers.bold.connectivity", "makers.bold.risk_aversion.high"}
    scenario = load(out / "composition.toml").scenario
    found = results["composition"]
    assert scenario.makers[0].connectivity.mean() == pytest.approx(found["makers.bold.connectivity"])
    assert scenario.makers[0].risk_aversion.high == pytest.approx(found["makers.bold.risk_aversion.high"])
    low, high = results["intervals"]["makers.bold.connectivity"]
    assert 0.3 <= low <= found["makers.bold.connectivity"] <= high <= 0.9
    iterations = open_run(out).metric("calibration")
    assert iterations["decisions"][-1].as_py() >= 4000
    main(["run", str(out / "composition.toml"), "--out", str(tmp_path / "run"), "--quiet"])


def test_targets_out_of_reach_are_told_with_the_nearest_values(tmp_path: Path):
    fits = [
        Fit("share", 0.5, 0.51, 0.01, True),
        Fit("volume", 70.0, 48.6, 2.0, False),
        Fit("spread", 0.1, 0.2, 0.0, False),
    ]
    answer = Answer({"a": 1.0}, {}, fits, flat=[], decisions=60_000, way=[], verdicts=[], scale=[1.0] * 3)
    screen = Console(file=io.StringIO(), width=200)
    show(answer, tmp_path, screen)
    told = next(line for line in screen.file.getvalue().splitlines() if "out of reach" in line)
    assert "after 60,000 decisions" in told
    assert "volume (48.6 is nearest), spread (0.2 is nearest)" in told
    assert "share" not in told


def test_the_same_seed_gives_the_same_answer(study: Path, tmp_path: Path):
    for name in ("one", "two"):
        assert calibrated(study, tmp_path / name) == 0
    assert (tmp_path / "one" / "results.json").read_bytes() == (tmp_path / "two" / "results.json").read_bytes()
    assert calibrated(study, tmp_path / "one") == 2, "an earlier run is not replaced unasked"
    assert calibrated(study, tmp_path / "one", "--resume") == 2, "it has come to its end"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"makers.bold.connectivity"', '"makers.bolt.connectivity"'), "did you mean 'bold'?"),
        (("high = 0.9", "high = 0.2"), "makers.bold.connectivity: low must be less than high"),
        (("high = 0.9", "high = 1.9"), "makers.bold.connectivity = 1.9 is not possible"),
        (('"half_spread"', '"half_sprad"'), "did you mean 'half_spread'?"),
        (('of = "bold"', 'of = "shy"'), "nobody is called 'shy'"),
        (("value = 20.0", "value = nan"), "nan is not a number"),
        (("value = 20.0", "value = 20.0\nweight = 0.0"), "its weight must be positive"),
        (('"scenario.toml"', '"none.toml"'), "no such file"),
        (("low = 0.3", 'low = "0.3"'), '"0.3" is not a number'),
    ],
)
def test_impossible_studies_are_refused_by_name(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], told: str
):
    study.write_text(STUDY.replace(*change))
    assert calibrated(study, tmp_path / "out") == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_judged_calibrations_are_compared(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    judged = ("--judge", "2", "--learn", "1000", "--marks", "2000")
    for method in ("surrogate", "prior"):
        for seed in ("0", "1"):
            assert calibrated(study, tmp_path / f"{method}-{seed}", *judged, "--method", method, "--seed", seed) == 0
    runs = [str(tmp_path / name) for name in ("surrogate-0", "prior-0", "surrogate-1", "prior-1")]
    capsys.readouterr()
    main(["calibrate", "compare", *runs, "--out", str(tmp_path / "losses.png")])
    told = capsys.readouterr().out
    assert "2,000 decisions" in told
    assert "4,000 decisions" in told
    assert (tmp_path / "losses.png").stat().st_size > 1000
    main(["calibrate", "compare", *runs, "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [(row["budget"], row["method"]) for row in rows if row["budget"] == 4000] == [
        (4000, row["method"]) for row in sorted(rows[2:], key=lambda row: row["mean"])
    ]
    assert all(set(row["losses"]) == {"0", "1"} for row in rows)


def test_what_was_not_judged_is_not_compared(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert calibrated(study, tmp_path / "out") == 0
    with pytest.raises(SystemExit) as ended:
        main(["calibrate", "compare", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert "was not judged: give `catallaxy calibrate` --judge 3" in capsys.readouterr().err


def test_what_is_found_does_not_depend_on_the_workers(study: Path, tmp_path: Path):
    texts = []
    for workers in ("1", "2"):
        assert calibrated(study, tmp_path / workers, "--workers", workers) == 0
        texts.append((tmp_path / workers / "results.json").read_text())
    one, two = ({name: value for name, value in json.loads(text).items() if "second" not in name} for text in texts)
    assert one == two


def test_the_command_knows_every_method():
    assert get_args(Method) == tuple(METHODS)
