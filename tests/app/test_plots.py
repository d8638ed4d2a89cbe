"""`run.measures()` and `run.plot`: what an analyst asks of a run."""

import re
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

from catallaxy import CatallaxyError, Run, open_run
from catallaxy.command import main
from catallaxy.market.measures import interval
from catallaxy.plots.drawing import thinned

SCENARIO = """
market = "dealer"
[[makers]]
name = "maker"
count = 2
connectivity = 0.9
[session]
horizon = 60.0
[exchange]
kind = "quadratic"
impact = 5e-3
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Three episodes of an hour with two makers who skew."""
    folder = tmp_path_factory.mktemp("plots")
    (folder / "scenario.toml").write_text(SCENARIO)
    main(["run", str(folder / "scenario.toml"), "--out", str(folder / "run"), "--episodes", "3", "--quiet"])
    return open_run(folder / "run")


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    pyplot.close("all")


def test_measures_are_by_episode_and_agent_or_summarised(run: Run):
    table = run.measures()
    assert run.market.name == "dealer"
    assert table.num_rows == 6
    assert table.equals(run.measures("makers"))
    rows = run.measures(by=["agent"]).to_pylist()
    found = next(row for row in rows if (row["agent"], row["measure"]) == ("maker_2", "volume"))
    volumes = [row["volume"] for row in table.to_pylist() if row["agent"] == "maker_2"]
    expected = interval(volumes)
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((expected.mean, expected.low, expected.high))
    assert found["episodes"] == 3
    assert run.measures("inventory", window=10.0).num_rows == 6


def test_every_figure_returns_its_axes(run: Run):
    assert {"skew", "inventory", "prices", "fill_curve", "market_share", "pnl", "learning_curve"} <= set(dir(run.plot))
    for name in set(dir(run.plot)) - {"learning_curve"}:
        axes = getattr(run.plot, name)()
        assert isinstance(axes, Axes), name
        assert axes.get_title(), name
        assert axes.has_data(), name
        axes.figure.canvas.draw()
        pyplot.close("all")


def test_a_figure_is_drawn_where_it_is_told_to_and_with_options(run: Run):
    _, (left, right) = pyplot.subplots(1, 2)
    assert run.plot.inventory(ax=left, episode=2) is left
    assert run.plot.skew(ax=right, bins=5) is right
    assert run.plot.market_share(by="size").get_legend() is not None
    assert len(left.lines) >= 2


def test_what_is_not_there_is_said_with_what_is(run: Run, run_folder: Path):
    with pytest.raises(CatallaxyError, match="no figure 'skwe'; did you mean 'skew'"):
        _ = run.plot.skwe
    assert not hasattr(run.plot, "nothing_like_it")
    with pytest.raises(CatallaxyError, match="no table of measures 'flows'; did you mean 'flow'"):
        run.measures("flows")
    with pytest.raises(CatallaxyError, match="'makers' has no column 'agnet'; did you mean 'agent'"):
        run.measures(by=["agnet"])
    with pytest.raises(CatallaxyError, match="nothing was learned in it"):
        run.plot.learning_curve()
    with pytest.raises(CatallaxyError, match=r"does not say which market it is: open_run\(\.\.\., market=NAME\)"):
        open_run(run_folder).measures()
    assert dir(open_run(run_folder).plot) == ["learning_curve"]
    with pytest.raises(CatallaxyError, match="no table 'positions' in events; it has agents, greetings, links"):
        open_run(run_folder, market="dealer").measures()


def test_a_run_shows_what_is_in_it(run: Run):
    from rich.console import Console

    screen = StringIO()
    Console(width=200, file=screen).print(run)
    told = screen.getvalue()
    assert "3 worlds, seed 0" in told
    assert "pricings" in told
    html = run._repr_html_()
    assert html.startswith("<table>")
    assert f"<td>{run.events('fills').num_rows:,}</td>" in html


@pytest.mark.parametrize("study", ["order_book", "paper_market"])
def test_other_markets_have_figures_of_their_own(study: str, tmp_path: Path):
    scenario = tmp_path / "scenario.toml"
    text = (Path(__file__).parents[2] / "examples" / study / "scenario.toml").read_text()
    scenario.write_text(re.sub(r"^horizon = \S+", "horizon = 10.0", text, flags=re.MULTILINE))
    main(["run", str(scenario), "--out", str(tmp_path / "run"), "--episodes", "2", "--quiet"])
    run = open_run(tmp_path / "run")
    assert {"prices", "learning_curve"} < set(dir(run.plot))
    for name in set(dir(run.plot)) - {"learning_curve"}:
        axes = getattr(run.plot, name)()
        assert axes.has_data(), name
        axes.figure.canvas.draw()
        pyplot.close("all")


def test_sql_knows_the_measures(run: Run, capsys: pytest.CaptureFixture[str]):
    (found,) = run.sql("SELECT sum(volume) FROM measures.makers").fetchall()
    assert found[0] == pytest.approx(sum(run.measures()["volume"].to_pylist()))
    joined = "SELECT count(*) FROM measures.trades t JOIN fills f ON f.time = t.time AND f.sender = t.maker"
    assert run.sql(joined).fetchall() == [(run.events("fills").num_rows,)]
    main(["log", str(run.directory)])
    assert "measures.makers, measures.pnl" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["log", str(run.directory), "SELECT * FROM measures.maker"])
    assert "did you mean 'measures.makers'" in capsys.readouterr().err


def test_a_long_line_is_thinned_and_keeps_its_ends_and_extremes():
    rng = np.random.default_rng(1)
    times, values = np.sort(rng.random(200_000)), rng.normal(size=200_000).cumsum()
    kept = thinned(times, values)
    assert len(kept) <= 4000
    assert (np.diff(kept) > 0).all()
    assert {0, len(times) - 1, int(values.argmin()), int(values.argmax())} <= set(kept.tolist())
    edges = np.linspace(times[0], times[-1], 1001)[1:-1]
    every = np.split(values, np.searchsorted(times, edges))
    drawn = np.split(values[kept], np.searchsorted(times[kept], edges))
    pieces = zip(every, drawn, strict=True)
    assert all((whole.min(), whole.max()) == (part.min(), part.max()) for whole, part in pieces)
    assert thinned(times[:10], values[:10]).tolist() == list(range(10))
