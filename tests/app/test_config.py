"""Scenario files."""

from pathlib import Path

import pytest

from catallaxy.agents import LogUniform
from catallaxy.config import ConfigError, load
from catallaxy.market.dealer import DealerScenario
from catallaxy.market.prices import BrownianPrice
from catallaxy.strict import plain, structure

VALID = """
market = "dealer"

[[makers]]
count = 2
risk_aversion = { log_uniform = [1e-3, 2e-2] }

[price]
kind = "brownian"
start = 1.2

[training]
decisions = 1_000
ppo.epochs = 3

[evaluation]
episodes = 10
"""


@pytest.fixture
def scenario_file(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(VALID)
    return path


def refused(path: Path, text: str, *, learning: bool = False) -> str:
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(path, learning=learning)
    return str(error.value).replace(str(path), "FILE")


def test_a_file_becomes_a_study(scenario_file: Path):
    study = load(scenario_file, learning=True)
    assert isinstance(study.scenario, DealerScenario)
    assert study.scenario.price == BrownianPrice(start=1.2)
    assert study.scenario.makers[0].risk_aversion == LogUniform(1e-3, 2e-2)
    assert study.training.decisions == 1000
    assert study.learner is not None
    assert study.learner.epochs == 3
    assert study.evaluation.episodes == 10


def test_a_scenario_as_plain_data_is_read_back_as_the_same(scenario_file: Path):
    scenario = load(scenario_file).scenario
    assert structure(plain(scenario), DealerScenario) == (scenario, [])


def test_all_faults_of_a_file_are_told_in_the_order_of_its_lines(scenario_file: Path):
    text = (
        VALID.replace("count = 2", "count = 2.5").replace("log_uniform", "log_unifrom").replace("episodes", "episods")
    )
    text = text.replace("decisions = 1_000", "decisions = 0").replace("epochs = 3", 'epochs = "3"') + "[prise]\n"
    assert refused(scenario_file, text, learning=True).splitlines() == [
        "FILE has 6 faults:",
        "  line 5: makers[0].count: 2.5 is not an integer",
        "  line 6: makers[0].risk_aversion.log_unifrom: unknown distribution; did you mean 'log_uniform'?",
        "  line 13: training.decisions: 0 must be > 0",
        '  line 14: training.ppo.epochs: "3" is not an integer',
        "  line 17: evaluation.episods: unknown key; did you mean 'episodes'?",
        "  line 18: prise: unknown key; did you mean 'price'?",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "FILE: market: missing; valid are book, dealer, goods"),
        ('market = "deeler"', "FILE, line 1: market: \"deeler\" is no market; did you mean 'dealer'?"),
        ("market = 1", "FILE, line 1: market: 1 is not a string"),
        ('market = "dealer"\ntraning.worlds = 2', "FILE, line 2: traning: unknown key; did you mean 'training'?"),
        ('market = "dealer"\ntraining = 2', "FILE, line 2: training: 2 is not a table"),
        ('market = "dealer"\nmakers = []', "FILE, line 2: makers: Length of 'makers' must be >= 1: 0"),
        ('market = "dealer"\nevaluation.episodes = 1', "FILE, line 2: evaluation.episodes: 1 must be >= 2"),
        ('market = "dealer"\n[[makers]]\ncount = ', "FILE is not valid TOML: Invalid value (at end of document)"),
        ('market = "dealer"\nprice.kind = "historical"', "FILE, line 2: price.file: missing"),
    ],
)
def test_one_fault_is_told_in_one_line(scenario_file: Path, text: str, message: str):
    assert refused(scenario_file, text) == message


def test_rules_between_fields_name_their_table(scenario_file: Path):
    text = 'market = "dealer"\n\n[[makers]]\ninventory_limit = 10.0\ninitial_inventory = { uniform = [-20, 20] }'
    assert refused(scenario_file, text).startswith("FILE, line 3: makers[0]: initial_inventory is drawn from [-20, 20]")


def test_paths_are_relative_to_the_file(tmp_path: Path):
    (tmp_path / "study").mkdir()
    path = tmp_path / "study" / "scenario.toml"
    path.write_text('market = "dealer"\nprice = { kind = "historical", file = "data/bars.csv" }')
    assert load(path).scenario.price.file == tmp_path / "study" / "data" / "bars.csv"


def test_files_that_can_not_be_read(tmp_path: Path):
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match=r"is a folder: name a file in it, such as .*scenario\.toml"):
        load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'market = "d\xe9aler"')
    with pytest.raises(ConfigError, match="is not UTF-8 text: byte 11 is 0xe9"):
        load(tmp_path / "latin.toml")
