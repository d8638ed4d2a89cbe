"""The page in a browser: what it shows is what the log implies, by address and by keyboard, without complaint."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from urllib.parse import urlencode

import pytest

from catallaxy import open_run
from catallaxy.view.history import History
from catallaxy.view.server import application

from .browser import PROGRAM, Browser
from .conftest import NASTY

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium on this machine: the page is not tried")


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    uvicorn = pytest.importorskip("uvicorn", reason="the viewer needs uvicorn")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application(History(folder)), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser.opened(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def go(address: str, browser: Browser) -> Iterator[object]:
    """Open the page at a state, wait until it is shown; afterwards nothing may have been complained of."""

    def open_at(**state: object) -> None:
        if browser.value("location.href").startswith("http"):
            browser.value("delete document.body.dataset.ready")
            browser.value(f"location.hash = {json.dumps('#' + urlencode(state))}")
        else:
            browser.call("Page.navigate", url=f"{address}#{urlencode(state)}")
        ready = [state["episode"], state["t"], state.get("s")]
        browser.wait(f"location.href !== 'about:blank' && document.body?.dataset.ready === {json.dumps(js(ready))}")

    yield open_at
    assert browser.complaints == []


def js(values: list[object]) -> str:
    """As the page writes it."""
    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]
    return json.dumps(whole, separators=(",", ":"))


def cells(browser: Browser, of: str) -> dict[str, object]:
    """The values of a table on the page, in full."""
    pairs = f"[...document.querySelectorAll('td[data-of={of}]')].map(c => [c.dataset.field, c.dataset.value])"
    found = browser.value(f"JSON.stringify({pairs})")
    return {field: json.loads(value) for field, value in json.loads(found)}


@pytest.mark.parametrize("agent", ["A", NASTY])
@pytest.mark.parametrize("t", [0.9, 4.2, 8.765])
def test_the_address_leads_to_exactly_the_state_that_the_log_implies(go, browser: Browser, folder: Path, t, agent):
    go(episode=1, t=t, agent=agent)
    run = open_run(folder)
    offers = [row for row in run.events("offers").to_pylist() if row["episode"] == 1]
    mine = [
        row
        for row in run.events("stocks").to_pylist()
        if row["episode"] == 1 and row["agent"] == agent and row["time"] <= t
    ]
    assert cells(browser, "counts") == {
        "sent": sum(row["sender"] == agent and row["time"] <= t for row in offers),
        "arrived": sum(row["receiver"] == agent and row["time"] + row["latency"] <= t for row in offers),
        "recorded": len(mine),
    }
    last = {key: mine[-1][key] for key in ("left", "value", "sequence")} if mine else {}
    assert cells(browser, "stocks") == last
    assert browser.value("document.getElementById('agent-title').textContent") == agent
    assert browser.value("document.title") == "run - Catallaxy"
    assert browser.value("document.querySelectorAll('img, b').length") == 0


def test_the_keyboard_steps_from_event_to_event_plays_and_pauses(go, browser: Browser, folder: Path):
    run = open_run(folder)
    every = sorted(
        (row["time"], row["sequence"])
        for table in ("offers", "stocks")
        for row in run.events(table).to_pylist()
        if row["episode"] == 0
    )
    time, sequence = every[20]
    go(episode=0, t=time, s=sequence)
    for place, key, code in ((21, "ArrowRight", 39), (22, "ArrowRight", 39), (21, "ArrowLeft", 37)):
        browser.press(key, code)
        browser.wait(f"document.body.dataset.ready === {json.dumps(js([0, *every[place]]))}")
        assert f"s={every[place][1]}" in browser.value("location.hash")
        assert f"event {every[place][1]}:" in browser.value("document.getElementById('where').textContent")
    browser.press(" ", 32, " ")
    assert browser.value("document.getElementById('play').textContent") == "Pause"
    browser.wait(f"Number(document.getElementById('density').getAttribute('aria-valuenow')) > {every[21][0]}")
    browser.press(" ", 32, " ")
    assert browser.value("document.getElementById('play').textContent") == "Play"
    browser.press("End", 35)
    browser.wait('document.body.dataset.ready === "[0,10,null]"')
    browser.press("Home", 36)
    browser.wait('document.body.dataset.ready === "[0,0,null]"')


def test_the_time_line_shows_a_part_of_the_time(go, browser: Browser):
    go(episode=0, t=4.0)
    browser.press("+", 187, "+")
    browser.wait("location.hash.includes('from=2.75&to=5.25')")
    browser.wait("document.getElementById('start').textContent === '2.75'")
    browser.press("End", 35)
    browser.wait("document.getElementById('end').textContent === '10'")
    browser.press("-", 189, "-")
    browser.wait("!location.hash.includes('from')")


def test_filters_and_causes_stand_in_the_address(go, browser: Browser, folder: Path):
    offers = [row for row in open_run(folder).events("offers").to_pylist() if row["episode"] == 0]
    answer = next(row for row in offers if row["in_reply_to"] is not None)
    go(episode=0, t=answer["time"], s=answer["sequence"], kind="offers", why=answer["sequence"])
    chain = browser.value("JSON.stringify([...document.querySelectorAll('#why li')].map(li => +li.dataset.sequence))")
    assert json.loads(chain) == [answer["sequence"], answer["in_reply_to"]]
    assert browser.value("document.getElementById('filtered').textContent") == "offers only"
    assert "kind=offers" in browser.value("location.hash")


def test_everything_one_can_press_has_a_name(go, browser: Browser):
    go(episode=0, t=3.3, agent="A")
    nameless = browser.value(
        "[...document.querySelectorAll('button, select, input, canvas, summary')]"
        ".filter(e => !(e.ariaLabel || e.textContent.trim() || e.labels?.length)).length"
    )
    assert nameless == 0
