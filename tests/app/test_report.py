"""`catallaxy report`: one page with everything in it."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from catallaxy import Agent, EventLog, Message, Network, World, on
from catallaxy.command import main
from catallaxy.plots.drawing import draw_steps
from catallaxy.report.contents import contents
from catallaxy.report.interactive import MOST, from_axes
from catallaxy.runs import open_run
from catallaxy.view.history import History

EXAMPLES = Path(__file__).parents[2] / "examples"
EVIL = '</script><img src=x onerror="alert(1)">'


class Ping(Message):
    note: str


class Player(Agent):
    def run(self):
        for name in self.neighbours():
            self.send(name, Ping(note=EVIL))
        yield self.sleep(1.0)

    @on(Ping)
    def hear(self, ping):
        pass


@pytest.fixture
def run(tmp_path: Path) -> Path:
    out = tmp_path / "run"
    main(["run", str(EXAMPLES / "paper_market" / "scenario.toml"), "--out", str(out), "--episodes", "2", "--quiet"])
    return out


def figures(page: str) -> list[dict]:
    return json.loads(re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)[1])


def test_a_page_holds_measures_figures_network_and_how_to_reproduce(run: Path):
    main(["report", str(run), "--quiet"])
    page = (run / "report.html").read_text()
    for told in ("What was run", "Measures", "Network", "Messages", "Scenario", "profit", "catallaxy run"):
        assert told in page
    drawn = figures(page)
    assert len(drawn) >= 5
    assert all(figure["data"] for figure in drawn)
    assert page.count('data-figure="') == len(drawn)


def test_a_page_needs_no_network(run: Path):
    main(["report", str(run), "--quiet"])
    page = (run / "report.html").read_text()
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"(src|href)=\"(https?:)?//", markup)
    assert "<link" not in markup


def test_several_runs_stand_side_by_side(run: Path, tmp_path: Path):
    other = tmp_path / "other"
    main(["run", str(EXAMPLES / "paper_market" / "scenario.toml"), "--out", str(other), "--seed", "5", "--quiet"])
    page = tmp_path / "both.html"
    main(["report", str(run), str(other), "--out", str(page), "--quiet"])
    text = page.read_text()
    assert text.count("<h3>run</h3>") == text.count("<h3>other</h3>") >= 5


def test_names_can_not_break_the_page(tmp_path: Path):
    world = World([Player(EVIL), Player("b"), Player("c")], Network.complete(), seed=0)
    with EventLog(tmp_path / "evil", seed=0, scenario={"toml": EVIL}) as log:
        world.run(2.0, log)
    main(["report", str(tmp_path / "evil"), "--quiet"])
    page = (tmp_path / "evil" / "report.html").read_text()
    assert "<img" not in page
    assert "Messages" in page


def test_what_is_no_run_is_refused(tmp_path: Path, run: Path, capsys: pytest.CaptureFixture[str]):
    for arguments, told in (
        ([str(tmp_path / "none")], "none"),
        ([str(run), str(run)], "a run is named twice"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["report", *arguments])
        assert ended.value.code == 2
        assert told in capsys.readouterr().err
    assert open_run(run).complete


def test_axes_become_traces():
    ax = Figure().subplots()
    ax.plot([0, 1, 2], [1, 3, 2], "--", color="#0072b2", label="line")
    ax.step([0, 1], [0, 1], where="post", label="steps")
    ax.errorbar([0, 1], [1, 2], [[0.1, 0.2], [0.3, 0.4]], fmt="o", capsize=2, label="dots")
    ax.fill_between([0, 1], [0, 0], [1, 1], alpha=0.2)
    ax.bar([0, 1], [2, 3], label="bars")
    ax.axhline(0.5)
    ax.set_xlabel("time")
    ax.set_xticks([0, 1], ["a", "b"])
    found = from_axes(ax)
    line, steps, dots, band, bars = sorted(
        found["data"], key=lambda trace: ["line", "steps", "dots", None, "bars"].index(trace.get("name"))
    )
    assert line["line"]["dash"] == "dash"
    assert line["x"] == [0, 1, 2]
    assert steps["line"]["shape"] == "hv"
    assert dots["error_y"]["arrayminus"] == pytest.approx([0.1, 0.2])
    assert dots["error_y"]["array"] == pytest.approx([0.3, 0.4])
    assert band["fill"] == "toself"
    assert bars["y"] == [2, 3]
    assert found["layout"]["xaxis"]["title"]["text"] == "time"
    assert found["layout"]["xaxis"]["ticktext"] == ["a", "b"]
    assert found["layout"]["shapes"][0]["y0"] == 0.5


def test_long_lines_keep_their_extremes_and_gaps_and_say_so():
    x, y = np.arange(100_000.0), np.sin(np.arange(100_000.0) / 50)
    y[4321], y[50_000:60_000] = 99.0, np.nan
    ax = Figure().subplots()
    ax.plot(x, y)
    found = from_axes(ax)
    (line,) = found["data"]
    seen = np.array(line["y"], dtype=np.float64)
    assert len(line["x"]) <= MOST + 4
    assert (np.nanmax(seen), np.nanmin(seen)) == (99.0, pytest.approx(np.nanmin(y), rel=1e-5))
    assert np.isnan(seen).any()
    assert np.all(np.diff(line["x"]) > 0)
    assert found["note"] == "long lines aggregated"


def test_more_lines_than_are_drawn_are_counted():
    lines = 30
    table = pa.table(
        {"episode": np.repeat(np.arange(lines), 2), "time": [0.0, 1.0] * lines, "price": 1.0 + np.arange(2.0 * lines)}
    )
    ax = Figure().subplots()
    draw_steps(table, "episode", "price", ax)
    found = from_axes(ax)
    assert len(found["data"]) == 12
    assert found["note"] == "12 of 30 episodes"


def test_stacked_bars_stay_where_they_were_drawn():
    ax = Figure().subplots()
    ax.bar([0.0, 1.0], [2.0, 3.0])
    ax.bar([0.0, 1.0], [1.0, 1.0], bottom=[2.0, 3.0])
    found = from_axes(ax)
    assert found["layout"]["barmode"] == "overlay"
    assert found["data"][1]["base"] == [2, 3]
    assert found["data"][0]["x"] == found["data"][1]["x"]


def test_a_run_under_way_says_how_many_events_it_has(tmp_path: Path):
    with EventLog(tmp_path / "run", seed=0) as log:
        World([Player("A"), Player("B")], Network.complete(), seed=0).run(until=2.0, log=log)
        log.flush()
        facts = dict(next(iter(contents(open_run(tmp_path / "run")))).grid.rows)
    assert facts["events"].endswith("(the run is under way, or did not come to its end)")
    assert int(facts["events"].split()[0]) == 2


def test_report_and_viewer_count_the_same_events(run: Path):
    facts, history = dict(next(iter(contents(open_run(run)))).grid.rows), History(run)
    assert int(facts["events"].replace(",", "")) == sum(history.events(episode) for episode in history.episodes) > 0
