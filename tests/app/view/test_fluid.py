"""A million events in one episode stay fluid: the page draws while it plays and while somebody scrubs."""

import json
import re
import subprocess
import sys
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from catallaxy.bench.dealer import Workload, build

from .browser import PROGRAM, Browser

pytest.importorskip("uvicorn", reason="the viewer needs uvicorn")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="no Chromium: the page is not tried")]

LONG = 3_000.0
START = """
window.frames = []; window.states = 0;
new MutationObserver(() => { window.states += 1; })
  .observe(document.body, { attributes: true, attributeFilter: ["data-ready"] });
let last = performance.now();
const count = (now) => { window.frames.push(now - last); last = now; requestAnimationFrame(count); };
requestAnimationFrame(count);
"""


def frames(browser: Browser) -> tuple[float, float, int]:
    """Milliseconds between two frames, their median and 95 % quantile, and how many states were shown meanwhile."""
    found = browser.value("JSON.stringify([window.frames.splice(0), window.states])")
    browser.value("window.states = 0")
    times, states = json.loads(found)
    return float(np.median(times)), float(np.quantile(times, 0.95)), states


def scrub(browser: Browser) -> None:
    """Draw the handle of the time line from one end to the other in some seconds."""
    box = json.loads(browser.value("JSON.stringify(document.getElementById('density').getBoundingClientRect())"))
    y = box["top"] + box["height"] / 2
    at = {"y": y, "button": "left"}
    browser.call("Input.dispatchMouseEvent", type="mousePressed", x=box["left"] + 2, clickCount=1, **at)
    for x in np.linspace(box["left"] + 2, box["right"] - 2, 120):
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=float(x), buttons=1, **at)
        sleep(0.03)
    browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=box["right"] - 2, **at)


def test_a_million_events_play_and_scrub_at_thirty_frames_a_second(tmp_path: Path):
    world = build(Workload(until=LONG))
    world.run(LONG, log=tmp_path / "run")
    assert world.sequence > 1_000_000
    view = [sys.executable, "-u", "-m", "catallaxy", "view", str(tmp_path / "run"), "--no-browser"]
    with subprocess.Popen(view, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
            assert found
            with Browser.opened(tmp_path / "profile") as browser:
                browser.call("Page.navigate", url=f"{found[0]}#episode=0&t=1000&speed=10")
                browser.wait("!!document.body?.dataset.ready")
                browser.value(START)
                browser.press(" ", 32, " ")
                sleep(5.0)
                browser.press(" ", 32, " ")
                playing = frames(browser)
                scrub(browser)
                scrubbing = frames(browser)
                assert browser.complaints == []
        finally:
            server.kill()
    print(f"median, 95 % (ms), states: playing {playing}, scrubbing {scrubbing}")
    assert max(playing[0], scrubbing[0]) < 1000 / 30
    assert min(playing[2], scrubbing[2]) > 5
