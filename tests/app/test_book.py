"""The order-book market from the command line: played, measured, drawn; and what it is not for."""

from pathlib import Path

import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

from catallaxy import open_run
from catallaxy.command import main
from catallaxy.config import load
from catallaxy.market.dealer import CurveCosts, ExchangeCosts

EXAMPLE = Path(__file__).parents[2] / "examples" / "order_book" / "scenario.toml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two episodes of the example, four minutes each."""
    folder = tmp_path_factory.mktemp("book")
    text = EXAMPLE.read_text(encoding="utf-8").replace("horizon = 60.0", "horizon = 4.0")
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    main(["run", str(folder / "scenario.toml"), "--out", str(folder / "run"), "--episodes", "2", "--quiet"])
    return folder


def test_a_run_is_measured_and_drawn(folder: Path):
    run = open_run(folder / "run")
    assert run.market.name == "book"
    assert set(run.measures()["group"].to_pylist()) == {"patient", "nimble", "informed"}
    assert run.measures("facts").num_rows == 2
    for name, draw in run.market.figures.items():
        axes = draw(run.events, pyplot.figure().subplots())
        assert isinstance(axes, Axes)
        assert axes.has_data(), name
    pyplot.close("all")


def test_training_says_that_nobody_learns(folder: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["train", str(folder / "scenario.toml"), "--out", str(folder / "trained")])
    assert stopped.value.code == 2
    told = " ".join(capsys.readouterr().err.split())
    assert 'nobody learns in the market "book"' in told
    assert "catallaxy run" in told
    assert not (folder / "trained").exists()


@pytest.mark.parametrize(
    "price",
    [
        'kind = "jump"\njump_rate = 0.01\njump_mean = -1.0\njump_sd = 4.0',
        'kind = "stochastic-volatility"\nvol_of_vol = 0.1\ncorrelation = -0.3',
        'kind = "ticks"\nfile = "ticks.parquet"\nlongest_gap = 5.0',
    ],
)
def test_a_dealer_market_may_have_any_price_and_hedge_on_a_book(price: str, tmp_path: Path):
    file = tmp_path / "scenario.toml"
    file.write_text(
        f"""market = "dealer"
[price]
{price}
[exchange]
kind = "book"
reference = "fundamental"
[exchange.instrument]
lot = 0.5
[[exchange.crowds]]
name = "crowd"
count = 2
[[exchange.informed]]
margin = 0.1
"""
    )
    scenario = load(file).scenario
    assert scenario.exchange.lot == 0.5
    assert scenario.exchange.members == ("crowd_1", "crowd_2", "informed_1", "informed_2")
    assert scenario.price.kind in price


@pytest.mark.parametrize(
    ("exchange", "kind"),
    [
        ('kind = "quadratic"\nrate_quadratic = 0.0144\nimpact = 5e-3\nlot = 0.01', ExchangeCosts),
        ('kind = "curve"\nvolume = 50.0\nspread = { normal = [1.5, 0.5, 0.2, 5.0] }', CurveCosts),
    ],
)
def test_hedging_costs_are_read_by_their_kind(exchange: str, kind: type, tmp_path: Path):
    file = tmp_path / "scenario.toml"
    file.write_text(f'market = "dealer"\n[exchange]\n{exchange}\n')
    assert isinstance(load(file).scenario.exchange, kind)
