"""The viewer's answers are what the log implies; whatever is asked, it answers from the run's folder alone."""

import json
import math
import os
from collections import Counter
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from catallaxy import open_run
from catallaxy.engine import EventLog
from catallaxy.view.answers import ANSWERS
from catallaxy.view.history import History
from catallaxy.view.server import application, parts

from .conftest import NASTY, Get, client, make_world

TIMES = (-1.0, 0.0, 0.35, 2.0, 7.77, 9.999, 10.0, 50.0)
settled = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(folder: Path, table: str, episode: int) -> list[dict]:
    return [row for row in open_run(folder).events(table).to_pylist() if row["episode"] == episode]


@pytest.mark.parametrize("t", TIMES)
def test_the_state_at_a_time_is_what_the_log_implies(asked, folder: Path, t: float):
    offers = rows(folder, "offers", 1)
    stocks = [row for row in rows(folder, "stocks", 1) if row["time"] <= t]
    sent = Counter(row["sender"] for row in offers if row["time"] <= t)
    arrived = Counter(row["receiver"] for row in offers if row["time"] + row["latency"] <= t)
    counts = asked("state", episode=1, t=t)["counts"]
    for name in ("A", "B", "C ü", NASTY):
        mine = [row for row in stocks if row["agent"] == name]
        assert counts[name] == {"sent": sent[name], "arrived": arrived[name], "recorded": len(mine)}
        found = asked("state", episode=1, t=t, agent=name)
        assert found["counts"] == {name: counts[name]}
        assert found["latest"] == ({"stocks": mine[-1]} if mine else {})


def test_stepping_goes_through_every_event_in_its_order_and_back(asked, folder: Path):
    every = sorted((row["time"], row["sequence"]) for table in ("offers", "stocks") for row in rows(folder, table, 0))[
        :60
    ]
    at = {"t": -1.0}
    seen = []
    for _ in every:
        event = asked("step", episode=0, towards="next", **at)["event"]
        at = {"t": event["time"], "sequence": event["sequence"]}
        seen.append((event["time"], event["sequence"]))
        last = asked("events", episode=0, limit=1, **at)["events"][0]
        assert last == event
    assert seen == every
    for before in reversed(every[:-1]):
        event = asked("step", episode=0, towards="previous", **at)["event"]
        at = {"t": event["time"], "sequence": event["sequence"]}
        assert (event["time"], event["sequence"]) == before
    assert asked("step", episode=0, towards="previous", **at)["event"] is None


@pytest.mark.parametrize("agent", [None, "B"])
def test_density_and_window_count_what_is_in_the_log(asked, folder: Path, agent: str | None):
    chosen = {} if agent is None else {"agent": agent}
    offers = [r for r in rows(folder, "offers", 0) if agent in (None, r["sender"], r["receiver"])]
    stocks = [r for r in rows(folder, "stocks", 0) if agent in (None, r["agent"])]
    counts = asked("density", episode=0, start=1.0, end=9.0, bins=4, **chosen)["counts"]
    within = [r["time"] for r in offers + stocks if 1.0 <= r["time"] <= 9.0]
    assert counts == [sum(1 + 2 * k <= t < 3 + 2 * k for t in within) for k in range(4)]
    assert sum(counts) == len(within)
    found = asked("window", episode=0, start=2.0, end=3.0, limit=5000, **chosen)
    under_way = [r["sequence"] for r in offers if r["time"] <= 3.0 and r["time"] + r["latency"] > 2.0]
    assert [message[0] for message in found["messages"]] == under_way
    assert found["of"] == len(under_way)
    few = asked("window", episode=0, start=2.0, end=3.0, limit=3, **chosen)
    assert len(few["messages"]) == 3
    assert few["of"] == len(under_way)


def test_the_chain_of_an_answer_leads_back_to_the_offer(asked, folder: Path):
    answers = [row for row in rows(folder, "offers", 0) if row["in_reply_to"] is not None]
    chain = asked("why", episode=0, sequence=answers[3]["sequence"])["chain"]
    assert [event["sequence"] for event in chain] == [answers[3]["sequence"], answers[3]["in_reply_to"]]
    assert chain[-1]["cause"] is None


def test_layout_and_answers_are_the_same_each_time(folder: Path):
    first, second = (client(application(History(folder)))("/api/agents", b"episode=0")[2] for _ in range(2))
    assert first == second
    assert {agent["name"] for agent in json.loads(first)["agents"]} == {"A", "B", "C ü", NASTY}


words = some.one_of(
    some.text(max_size=12),
    some.sampled_from(
        ["0", "1", "-1", "1e400", "nan", "inf", "9" * 5000, "1_0", "٣", "A", "offers", "next", "../x", "\0"]
    ),
    some.floats().map(repr),
    some.integers().map(str),
)
names = some.sampled_from(sorted({known for _, of in ANSWERS.values() for known in of} | {"x", ""}))


@settled
@given(some.sampled_from(sorted(ANSWERS)), some.lists(some.tuples(names, words), max_size=6))
def test_any_parameters_are_answered_in_json(get: Get, name: str, pairs: list[tuple[str, str]]):
    query = urlencode([(key, value.encode("utf-8", "surrogatepass")) for key, value in pairs]).encode()
    status, headers, body = get(f"/api/{name}", query)
    assert status in (200, 400, 404)
    assert headers["content-type"] == "application/json"
    found = json.loads(body)
    assert (status == 200) == ("error" not in found)
    assert b"Traceback" not in body


@settled
@given(some.sampled_from(sorted(ANSWERS)), some.data())
def test_nearly_right_parameters_are_answered(get: Get, name: str, data):
    nearly = {
        "episode": some.sampled_from(["0", "1", "2"]),
        "t": some.floats(-5, 15).map(repr),
        "start": some.floats(-5, 15).map(repr),
        "end": some.floats(allow_nan=False).map(repr),
        "sequence": some.integers(0, 400).map(str),
        "agent": some.sampled_from(["A", NASTY, "nobody"]),
        "kind": some.sampled_from(["offers", "stocks", "agents"]),
        "towards": some.sampled_from(["next", "previous", "up"]),
        "bins": some.integers(0, 3000).map(str),
        "limit": some.integers(0, 300).map(str),
    }
    pairs = [(key, data.draw(nearly[key])) for key in ANSWERS[name][1] if data.draw(some.integers(0, 9))]
    status, _, body = get(f"/api/{name}", urlencode(pairs).encode())
    assert status in (200, 400, 404), body
    json.loads(body)


@settled
@given(
    some.one_of(
        some.text(max_size=30),
        some.sampled_from(
            [
                "../secret.txt",
                "..%2fsecret.txt",
                "%2e%2e/secret.txt",
                "page/../../secret.txt",
                "manifest.json",
                "events/offers.arrows",
                "//etc/passwd",
                "main.js/../secret.txt",
            ]
        ),
    )
)
def test_any_path_gives_a_part_of_the_page_or_nothing(get: Get, path: str):
    quoted = path if "%" in path else quote(path.encode("utf-8", "surrogatepass"))
    status, _, body = get(f"/{quoted}")
    assert status in (200, 404)
    assert b"secret" not in body
    assert status == 404 or body in parts().values()


def test_a_table_that_is_a_link_to_elsewhere_is_not_read(folder: Path, tmp_path: Path):
    run = tmp_path / "run"
    make_world(0).run(until=2.0, log=run)
    os.symlink(folder / "events" / "stocks.arrows", run / "events" / "others.arrows")
    assert "others" not in History(run).tables


def test_other_hosts_are_refused(get: Get):
    assert get("/api/run", host="evil.example")[0] == 400
    assert get("/api/run")[0] == 200
    assert "default-src 'none'" in get("/")[1]["content-security-policy"]


def test_a_run_under_way_grows(tmp_path: Path):
    run = tmp_path / "run"
    seen = []
    with EventLog(run, seed=3) as log:
        make_world(0).run(until=3.0, log=log)
        log.detach()
        history = History(run, live=True)
        get = client(application(history))

        def look() -> None:
            history._looked = -math.inf
            found = json.loads(get("/api/run")[2])
            seen.append((found["complete"], len(found["episodes"]), sum(kind["rows"] for kind in found["kinds"])))

        look()
        make_world(1).run(until=3.0, log=log)
        log.detach()
        look()
    look()
    rows = len(open_run(run).events("offers")) + len(open_run(run).events("stocks"))
    assert [(complete, episodes) for complete, episodes, _ in seen] == [(False, 1), (False, 2), (True, 2)]
    assert 0 < seen[0][2] < seen[1][2] == seen[2][2] == rows


def test_a_batch_that_is_half_written_is_left_for_later(folder: Path, tmp_path: Path):
    run = tmp_path / "run"
    make_world(0).run(until=4.0, log=run)
    path = run / "events" / "offers.arrows"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 200])
    history = History(run, live=True)
    cut = history.tables["offers"].rows
    with path.open("r+b") as file:
        file.seek(len(whole) - 200)
        file.write(whole[-200:])
    history._looked = -math.inf
    history.refresh()
    assert cut < history.tables["offers"].rows == len(open_run(run).events("offers"))
