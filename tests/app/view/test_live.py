"""The page follows a run that another process is still writing."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .browser import PROGRAM, Browser

pytest.importorskip("uvicorn", reason="the viewer needs uvicorn")
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: the page is not tried")

MARKET = """
import sys
from catallaxy import Agent, EventLog, Message, Network, World

class Beat(Message):
    number: int

class Drum(Agent):
    def run(self):
        for number in range(1_000):
            self.send(self.neighbours()[0], Beat(number=number))
            yield self.sleep(1.0)

class Ear(Agent):
    def run(self):
        while True:
            yield self.receive()

with EventLog(sys.argv[1], seed=0) as log:
    for episode in range(3):
        world = World([Drum("drum"), Ear("ear")], Network.complete(latency=0.5), seed=0, episode=episode)
        for line in sys.stdin:  # each line says up to when to go on, the last one ends the episode
            world.run(until=float(line), log=log)
            log.flush()
            print("there", flush=True)
            if float(line) == 30.0:
                break
"""


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[str]]:
    """A process with pipes to it, ended afterwards."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def go_on(market: subprocess.Popen[str], until: float) -> None:
    """Let the market run on, and wait until what happened is in its log."""
    assert market.stdin is not None
    assert market.stdout is not None
    market.stdin.write(f"{until}\n")
    market.stdin.flush()
    assert market.stdout.readline() == "there\n"


def shown(browser: Browser, episode: int, end: float) -> None:
    """Wait until the page stands at the end of an episode, as far as it has come."""
    ready = json.dumps([episode, end, None], separators=(",", ":"))
    browser.wait(f"document.body?.dataset.ready === {json.dumps(ready)}")


def test_the_page_follows_a_run_that_another_process_writes(tmp_path: Path):
    run = tmp_path / "run"
    (tmp_path / "market.py").write_text(MARKET)
    view = (sys.executable, "-u", "-m", "catallaxy", "view", str(run), "--live", "--no-browser")
    with started(sys.executable, "-u", str(tmp_path / "market.py"), str(run)) as market:
        go_on(market, 5.5)
        with started(*view) as server, Browser.opened(tmp_path / "profile") as browser:
            assert server.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
            assert found
            browser.call("Page.navigate", url=found[0])
            shown(browser, 0, 5)  # the drum's beats at 0, 1, ... 5
            assert "under way" in browser.value("document.getElementById('about').textContent")
            for until, end in ((9.5, 9), (30.0, 29)):
                go_on(market, until)
                shown(browser, 0, end)
            go_on(market, 4.5)  # the next episode
            shown(browser, 1, 4)
            browser.press("Home", 36)
            shown(browser, 1, 0)
            go_on(market, 8.5)  # who looks at something is left there
            browser.wait("document.getElementById('end').textContent === '8'")
            shown(browser, 1, 0)
            assert browser.complaints == []
