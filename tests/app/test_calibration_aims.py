"""Targets of calibration studies from files and runs, and what of a scenario can be calibrated."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catallaxy.calibration.study import MarketProblem, read_study
from catallaxy.command import main
from catallaxy.engine import CatallaxyError, MemoryLog
from catallaxy.policies import attach
from catallaxy.runs import open_run

SCENARIO = """
market = "dealer"
session = { horizon = 8.0, settlement = 1.0, tick = 1.0 }
price = { kind = "brownian", start = 1.2 }

[clients]
requests_per_day = 3000
sizes = [1.0, 2.0]
shares = [0.5, 0.5]
tiers = [{ name = "near", alpha = -0.3, beta = 5.0 }, { name = "far", alpha = -1.9, beta = 15.0 }]

[[makers]]
name = "bold"
count = 2
risk_aversion = { log_uniform = [1e-3, 2e-3] }
connectivity = { choice = { values = [0.4, 0.9], weights = [1.0, 1.0] } }

[[makers]]
name = "shy"
count = 1
risk_aversion = { normal = { mean = 1e-2, sd = 1e-3, low = 1e-4, high = 1.0 } }
connectivity = { uniform = [0.4, 0.6] }
"""
PARAMETER = '[[parameters]]\npath = "{}"\nlow = {}\nhigh = {}\n'
ONE = PARAMETER.format("makers.shy.connectivity", 0.2, 0.9)
VOLUME = '[[targets]]\nmeasure = "volume"\nvalue = 10.0\n'
ROWS = [
    {"measure": "volume", "of": "everybody", "value": 10.0, "weight": 2.0},
    {"measure": "fill_probability", "of": "bold", "among": "near", "at": 0.25, "value": 0.2},
    {"measure": "rms_inventory", "of": "shy", "statistic": "quantile", "level": 0.9, "value": 3.0, "loss": "absolute"},
]
NAMES = [
    "volume of everybody",
    "fill_probability of bold among near at 0.25",
    "quantile of rms_inventory of shy at 0.9",
]


def study(folder: Path, text: str) -> Path:
    (folder / "scenario.toml").write_text(SCENARIO)
    path = folder / "study.toml"
    path.write_text(f'scenario = "scenario.toml"\n{text}')
    return path


def problem(folder: Path, text: str) -> MarketProblem:
    return read_study(study(folder, text))


def refused(folder: Path, text: str) -> str:
    with pytest.raises(CatallaxyError) as error:
        problem(folder, text)
    return str(error.value)


def write(rows: list[dict], path: Path) -> None:
    fields = sorted({name for row in rows for name in row})
    table = pa.Table.from_pylist(rows, pa.schema([(name, _type(rows, name)) for name in fields]))
    match path.suffix:
        case ".csv":
            lines = [",".join(str(row.get(name, "")) for name in fields) for row in rows]
            path.write_text("\n".join([",".join(fields), *lines]) + "\n")
        case ".toml":
            entries = ["\n".join(f"{name} = {json.dumps(value)}" for name, value in row.items()) for row in rows]
            path.write_text("\n".join(f"[[targets]]\n{entry}" for entry in entries))
        case ".parquet":
            pq.write_table(table, path)
        case ".arrow":
            with pa.ipc.new_file(path, table.schema) as file:
                file.write_table(table)
        case _:
            with pa.ipc.new_stream(path, table.schema) as file:
                file.write_table(table)


def _type(rows: list[dict], name: str) -> pa.DataType:
    return pa.string() if any(isinstance(row.get(name), str) for row in rows) else pa.float64()


@pytest.mark.parametrize("kind", ["csv", "toml", "arrow", "arrows", "parquet"])
def test_targets_come_from_any_table(tmp_path: Path, kind: str):
    write(ROWS, tmp_path / f"targets.{kind}")
    found = problem(tmp_path, f'table = "targets.{kind}"\n{ONE}')
    assert [target.measure for target in found.targets] == NAMES
    assert [target.value for target in found.targets] == [10.0, 0.2, 3.0]
    assert [target.weight for target in found.targets] == [2.0, 1.0, 1.0]
    assert found.targets[2].loss == "absolute"


def test_a_row_that_is_no_target_is_refused_by_line_and_field(tmp_path: Path):
    asked = f'table = "targets.csv"\n{ONE}'
    table = tmp_path / "targets.csv"
    table.write_text("measure,value\nvolume,3\nvolume,many\n")
    assert 'targets.csv, line 3: value: "many" is not a number' in refused(tmp_path, asked)
    table.write_text("measure,value,colour\nvolume,3,red\n")
    assert "targets.csv, line 2: colour: unknown key" in refused(tmp_path, asked)
    table.write_text("measure,value,statistic\nvolume,3,median\n")
    assert "targets.csv, line 2: statistic" in refused(tmp_path, asked)
    write([{"measure": "volume", "value": 3.0, "level": 2.0}], tmp_path / "targets.arrow")
    assert "targets.arrow, row 1: level" in refused(tmp_path, asked.replace("csv", "arrow"))
    (tmp_path / "targets.arrow").write_text("no arrow")
    assert "targets.arrow can't be read" in refused(tmp_path, asked.replace("csv", "arrow"))
    assert "targets.xls is no table of targets: valid are .toml" in refused(tmp_path, asked.replace("csv", "xls"))
    assert "none.csv can't be read: No such file" in refused(tmp_path, asked.replace("targets.csv", "none.csv"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    (folder / "scenario.toml").write_text(SCENARIO)
    main(["run", str(folder / "scenario.toml"), "--out", str(folder / "run"), "--episodes", "12", "--quiet"])
    return folder / "run"


def test_values_come_from_another_run(tmp_path: Path, run: Path):
    wanted = '[[targets]]\nmeasure = "market_share"\nof = "bold"\nstatistic = "sum"\n[[targets]]\nmeasure = "volume"\n'
    first, second, third = problem(tmp_path, f'run = "{run}"\n{ONE}{wanted}{VOLUME}').targets
    table = open_run(run).measures()
    shares = np.array(table["market_share"].to_pylist())[np.array(table["group"].to_pylist()) == "bold"]
    by_episode = shares.reshape(12, 2).sum(axis=1)
    assert first.value == pytest.approx(by_episode.mean())
    assert first.uncertainty == pytest.approx(by_episode.std(ddof=1) / np.sqrt(12))
    assert second.uncertainty > 0.0
    assert (third.value, third.uncertainty) == (10.0, 0.0)


def test_what_a_run_does_not_show_is_named(tmp_path: Path, run: Path):
    asked = f'run = "{run}"\n{ONE}[[targets]]\nmeasure = '
    assert "market 'dealer' has no measure 'volum'; did you mean 'volume'?" in refused(tmp_path, asked + '"volum"')
    assert "does not show it, and it has no value" in refused(tmp_path, asked + '"volume"\nof = "fast"')
    assert "a run's log does not tell curves" in refused(tmp_path, asked + '"fill_probability"\nof = "bold"\nat = 0.1')
    without = f'{ONE}[[targets]]\nmeasure = "volume"\n'
    assert "target volume of everybody has no value: give it one, or a `run`" in refused(tmp_path, without)
    assert "none" in refused(tmp_path, f'run = "none"\n{without}')


LOGGED = """
[[targets]]
measure = "trades.size"
of = "bold"
statistic = "quantile"
level = 0.7
[[targets]]
measure = "flow.hit_ratio"
of = "shy"
[[targets]]
measure = "trades.distance"
of = "far"
[[targets]]
measure = "concentration.herfindahl"
[[targets]]
measure = "pnl.spread"
of = "bold"
statistic = "sum"
[[targets]]
measure = "far.py:far"
"""
FAR = """
import pyarrow.compute as pc

def far(events):
    tiers = [name.startswith("far") for name in events("orders")["sender"].to_pylist()]
    return sum(tiers) / len(tiers)

def nothing(events):
    return events("parades").num_rows

def broken(events):
    return 1 / 0

def text(events):
    return "much"
"""


def test_any_table_and_any_function_of_the_log_can_be_aimed_at(tmp_path: Path, run: Path):
    """Worlds that are run to be measured show what their log in a folder shows."""
    (tmp_path / "far.py").write_text(FAR)
    found = problem(tmp_path, f'run = "{run}"\n{ONE}{LOGGED}')
    values = [target.value for target in found.targets]
    assert [target.measure for target in found.targets][-2:] == ["sum of pnl.spread of bold", "far.py:far"]
    assert 1.0 <= values[0] <= 2.0
    assert all(0.0 < values[place] < 1.0 for place in (1, 2, 3, 5))
    trades = open_run(run).measures("trades").to_pylist()
    assert values[2] == pytest.approx(np.mean([trade["distance"] for trade in trades if trade["tier"] == 2]))
    assert all(target.uncertainty > 0.0 for target in found.targets[1:])
    recorded, scenario = open_run(run), found.study.scenario
    worlds = []
    for episode in range(12):
        world = found.study.market.build(scenario, recorded.manifest["seed"], episode)
        attach(world, found.study.market.baseline(scenario))
        world.run(scenario.duration, MemoryLog())
        worlds.append(world)
    np.testing.assert_allclose(found.measure(worlds), values, rtol=1e-12)


def test_a_log_is_kept_only_where_it_is_asked_for(tmp_path: Path):
    point = {"makers.shy.connectivity": 0.5}
    assert problem(tmp_path, ONE + VOLUME).build(point, 0, 0).log is None
    asked = f'{ONE}[[targets]]\nmeasure = "flow.hit_ratio"\nvalue = 0.1\n'
    assert isinstance(problem(tmp_path, asked).build(point, 0, 0).log, MemoryLog)
    direct = f'{ONE}[[targets]]\nmeasure = "makers.volume"\nvalue = 10.0\n'
    assert problem(tmp_path, direct).build(point, 0, 0).log is None


def test_a_market_is_calibrated_to_what_its_log_tells(tmp_path: Path):
    (tmp_path / "far.py").write_text(FAR)
    aims = '[[targets]]\nmeasure = "far.py:far"\nvalue = 0.2\n[[targets]]\nmeasure = "flow.hit_ratio"\nvalue = 0.3\n'
    tier = PARAMETER.format("clients.tiers.far.beta", 5.0, 20.0)
    for out, workers in (("one", "1"), ("two", "2")):
        asked = ["calibrate", str(study(tmp_path, tier + aims)), "--out", str(tmp_path / out), "--budget", "2000"]
        main([*asked, "--workers", workers, "--quiet"])
    one, two = (json.loads((tmp_path / out / "results.json").read_text()) for out in ("one", "two"))
    assert one["composition"] == two["composition"]
    assert 5.0 <= one["composition"]["clients.tiers.far.beta"] <= 20.0


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ('measure = "flaw.hit_ratio"', "market 'dealer' has no table 'flaw'; did you mean 'flow'?"),
        ('measure = "flow.hit_rate"', "table 'flow' has no number 'hit_rate'; did you mean 'hit_ratio'?"),
        ('measure = "flow.group"', "table 'flow' has no number 'group'; valid are"),
        ('measure = "flow.hit_ratio"\nof = "bald"', "nobody is called 'bald'; did you mean 'bold'?"),
        ('measure = "concentration.herfindahl"\nof = "bold"', "is about nobody in particular: leave out `of`"),
        ('measure = "flow.hit_ratio"\nat = 0.1', "`at` and `among` are for curves (fill_probability)"),
        ('measure = "far.py:fur"', "far.py has no function or class 'fur'"),
        ('measure = "for.py:far"', "for.py can't be imported"),
        ('measure = "far.py:far"\nof = "bold"', "a function of the log gives a number itself: leave out `of`"),
        ('measure = "far.py:nothing"', "the episode that was tried shows nothing of it ('parades')"),
        ('measure = "far.py:broken"', "far.py:broken failed: ZeroDivisionError: division by zero"),
        ('measure = "far.py:text"', "far.py:text must give a number, got 'much'"),
    ],
)
def test_what_no_log_tells_is_refused(tmp_path: Path, target: str, told: str):
    (tmp_path / "far.py").write_text(FAR)
    assert told in refused(tmp_path, f"{ONE}[[targets]]\n{target}\nvalue = 0.5\n")


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ('measure = "fill_probability"\nof = "bold"', "fill_probability is a curve: say with `at` where on it"),
        ('measure = "fill_probability"\nat = 0.1\nstatistic = "sum"', "a point of a curve has no sum"),
        ('measure = "volume"\nat = 0.1', "`at` and `among` are for curves (fill_probability)"),
        ('measure = "volume"\namong = "near"', "`at` and `among` are for curves (fill_probability)"),
        ('measure = "fill_probability"\nat = 0.1\nof = "bald"', "nobody is called 'bald'; did you mean 'bold'?"),
        ('measure = "fill_probability"\nat = 0.1\nof = "bold"\namong = "nea"', "nobody is called 'nea'"),
        ('measure = "fill_probability"\nat = 0.1\nof = "bold"\namong = "shy"', "no client is called 'shy'"),
        ('measure = "fill_probability"\nat = 0.1\nof = "near"\namong = "bold"', "'near' is no maker"),
        ('measure = "fill_probabilty"\nat = 0.1', "did you mean 'fill_probability'?"),
    ],
)
def test_curves_are_asked_for_in_full(tmp_path: Path, target: str, told: str):
    assert told in refused(tmp_path, f"{ONE}[[targets]]\n{target}\nvalue = 0.5\n")


@pytest.mark.parametrize(
    ("path", "low", "high"),
    [
        ("makers.bold.risk_aversion", 1e-3, 1e-1),
        ("makers.bold.risk_aversion.low", 1e-4, 2e-3),
        ("makers.bold.risk_aversion.log_uniform.high", 1e-3, 1e-1),
        ("makers.shy.risk_aversion.mean", 1e-3, 1e-1),
        ("makers.shy.risk_aversion.sd", 0.0, 1e-2),
        ("makers.bold.connectivity.weights.0", 0.0, 3.0),
        ("makers.bold.connectivity.values.1", 0.5, 1.0),
        ("makers.shy.connectivity.low", 0.1, 0.6),
        ("makers.bold.count", 1, 4),
        ("makers.bold.count, makers.shy.count", 1, 4),
        ("clients.tiers.near.clients", 2, 20),
        ("clients.tiers.near.beta", 2.0, 9.0),
        ("clients.requests_per_day", 500.0, 5000.0),
        ("decisions.max_skew", 0.5, 2.0),
        ("price.volatility", 10.0, 100.0),
    ],
)
def test_any_number_of_a_scenario_can_be_calibrated(tmp_path: Path, path: str, low: float, high: float):
    found = problem(tmp_path, PARAMETER.format(path, low, high) + VOLUME)
    ends = [found.scenario(found.space.values(np.array([end]))) for end in (0.0, 1.0)]
    assert ends[0] != ends[1]
    assert found.space.parameters[0].integer == path.endswith(("count", "clients"))
    for scenario in ends:
        found.study.market.build(scenario, 0, 0)


def test_bounds_that_move_together_may_pass_where_the_other_was(tmp_path: Path):
    """The lower end's range lies above the upper end of the scenario."""
    ends = PARAMETER.format("makers.bold.risk_aversion.low", 5e-3, 1e-2)
    ends += PARAMETER.format("makers.bold.risk_aversion.high", 1e-2, 1e-1)
    found = problem(tmp_path, ends + PARAMETER.format("makers.bold.count", 1, 4) + VOLUME)
    group = found.scenario(found.space.values(np.array([0.0, 1.0, 1.0]))).makers[0]
    assert (group.risk_aversion.low, group.risk_aversion.high, group.count) == pytest.approx((5e-3, 1e-1, 4))


def test_shares_that_add_up_are_moved_together(tmp_path: Path):
    one = PARAMETER.format("clients.shares.0", 0.2, 0.8)
    assert "clients.shares.0 = 0.2 is not possible: shares must add up to 1" in refused(tmp_path, one + VOLUME)


def test_corners_that_contradict_each_other_are_found_before_anything_is_simulated(tmp_path: Path):
    ends = PARAMETER.format("makers.bold.risk_aversion.low", 1e-3, 5e-2)
    ends += PARAMETER.format("makers.bold.risk_aversion.high", 1e-2, 1e-1)
    assert "low must not exceed high" in refused(tmp_path, ends + VOLUME)


def test_the_numbers_of_agents_may_change_from_world_to_world(tmp_path: Path):
    text = PARAMETER.format("makers.bold.count", 1, 4) + PARAMETER.format("makers.shy.connectivity", 0.2, 0.9)
    path = study(
        tmp_path, text + '[[targets]]\nmeasure = "market_share"\nof = "bold"\nstatistic = "sum"\nvalue = 0.6\n'
    )
    main(["calibrate", str(path), "--out", str(tmp_path / "out"), "--budget", "3000", "--quiet"])
    found = json.loads((tmp_path / "out" / "results.json").read_text())["composition"]["makers.bold.count"]
    assert found in (1.0, 2.0, 3.0, 4.0)
