"""`catallaxy check`, the JSON Schema, and files that extend others."""

import json
from pathlib import Path

import pytest

from catallaxy.command import main
from catallaxy.config import ConfigError, load
from catallaxy.markets import MARKETS
from catallaxy.schema import schema

EXAMPLES = Path(__file__).parents[2] / "examples"

BASE = """
market = "dealer"

[price]
kind = "brownian"
start = 1.2

[[makers]]
name = "bold"
count = 2
risk_aversion = { log_uniform = [1e-3, 2e-3] }

[[makers]]
name = "shy"
risk_aversion = 2e-2

[training]
decisions = 600
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.toml"
    path.write_text(BASE)
    return path


def extended(base: Path, text: str):
    path = base.with_name("own.toml")
    path.write_text(f'extends = "base.toml"\n{text}')
    return load(path)


def test_the_resolved_scenario_is_shown(base: Path, capsys: pytest.CaptureFixture[str]):
    main(["check", str(base)])
    told = capsys.readouterr().out
    assert "requests_per_day = 1800.0" in told, "defaults are filled in"
    assert "makers.bold.risk_aversion" in told
    assert "0.75" in told
    assert "is right" in told


def test_what_is_shown_can_be_read_again(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    main(["check", str(base)])
    text = capsys.readouterr().out
    again = tmp_path / "again.toml"
    again.write_text(text[: text.index("┏")])
    assert load(again).scenario == load(base).scenario


def test_json_and_quiet(base: Path, capsys: pytest.CaptureFixture[str]):
    main(["check", str(base), "--json"])
    assert json.loads(capsys.readouterr().out)["scenario"]["makers"][0]["name"] == "bold"
    main(["check", str(base), "--quiet"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", sorted(MARKETS))
def test_the_schema_knows_every_field(name: str):
    market = MARKETS[name]
    found = schema(market)
    json.dumps(found)
    assert {"market", "extends", "training", "evaluation"} <= found["properties"].keys()
    references = [text.split('"')[0] for text in json.dumps(found).split("#/$defs/")[1:]]
    assert references
    assert all(reference in found["$defs"] for reference in references)


def test_the_schema_tells_what_fields_mean():
    definitions = schema(MARKETS["dealer"])["$defs"]
    group = next(table for name, table in definitions.items() if name.endswith(".MakerGroup"))
    assert "gamma" in group["properties"]["risk_aversion"]["description"]
    assert group["additionalProperties"] is False


def test_a_file_extends_another(base: Path):
    study = extended(
        base,
        """
        [[makers]]
        name = "shy"
        count = 3

        [[makers]]
        name = "third"

        [price]
        start = 1.3
        """,
    )
    makers = study.scenario.makers
    assert [(group.name, group.count) for group in makers] == [("bold", 2), ("shy", 3), ("third", 4)]
    assert makers[1].risk_aversion.mean() == 2e-2
    assert study.scenario.price.start == 1.3
    assert study.training.decisions == 600


def test_alternatives_replace_one_another(base: Path):
    study = extended(
        base,
        """
        [price]
        kind = "mean-reverting"

        [[makers]]
        name = "bold"
        risk_aversion = { uniform = [1e-3, 1e-2] }
        """,
    )
    assert type(study.scenario.price).__name__ == "MeanRevertingPrice"
    assert study.scenario.makers[0].risk_aversion.mean() == pytest.approx(5.5e-3)


def test_files_stay_relative_to_where_they_are_named(base: Path, tmp_path: Path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "own.toml").write_text(f'extends = "{EXAMPLES / "fx_hourly" / "scenario.toml"}"\n')
    study = load(inner / "own.toml")
    assert study.scenario.price == load(EXAMPLES / "fx_hourly" / "scenario.toml").scenario.price


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("extends = 3", "extends must name a file"),
        ('extends = "none.toml"', "none.toml: no such file"),
        ('extends = "own.toml"', "own.toml extends itself"),
    ],
)
def test_what_can_t_be_extended_is_refused(base: Path, text: str, told: str):
    path = base.with_name("own.toml")
    path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        load(path)


def test_faults_are_told_whichever_file_they_are_in(base: Path):
    with pytest.raises(ConfigError, match=r"must be >= 1"):
        extended(base, '[[makers]]\nname = "shy"\ncount = 0\n')
