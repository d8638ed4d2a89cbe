"""`catallaxy report`: one page with everything in it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from catallaxy import Agent, EventLog, Message, Network, World, on
from catallaxy.command import main
from catallaxy.report.interactive import MOST, from_axes, thinned
from catallaxy.runs import open_run

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


def test_long_lines_keep_their_extremes():
    x, y = np.arange(100_000.0), np.sin(np.arange(100_000.0) / 50)
    y[4321] = 99.0
    fewer_x, fewer_y = thinned(x, y)
    assert len(fewer_x) <= MOST
    assert fewer_y.max() == 99.0
    assert fewer_y.min() == y.min()
    assert np.all(np.diff(fewer_x) > 0)
