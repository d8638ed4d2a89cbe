"""The measured workload does what it says: the same messages in every design, one scheduled event a message.

Times are for `catallaxy bench` to print. What is asserted here are counts, which no machine changes.
"""

from pathlib import Path

import pytest

from catallaxy.bench.dealer import Investor, Workload, build
from catallaxy.bench.peers import StoresMarket, bare_heap
from catallaxy.bench.suites import book, log, messages, network, record_trace, ticks
from catallaxy.command import main
from catallaxy.engine import ExponentialLatency

WORKLOAD = Workload(until=20.0)


def test_every_design_sends_the_same_messages():
    world = build(WORKLOAD)
    world.run(WORKLOAD.until)
    assert world.sequence == StoresMarket(WORKLOAD).run() > 10_000


def test_a_message_costs_one_scheduled_event_and_nothing_else_does_but_sleeping_and_starting():
    world = build(WORKLOAD)
    world.run(WORKLOAD.until)
    trades = sum(agent.position for agent in world.agents.values() if isinstance(agent, Investor))
    trace = record_trace(WORKLOAD)
    others = len(trace) - world.sequence
    # Each investor starts once, and sleeps once before each trade, the one under way included.
    assert WORKLOAD.investors + trades + WORKLOAD.investors >= others >= WORKLOAD.investors + trades
    assert bare_heap(trace) == len(trace)


@pytest.mark.parametrize("latency", [0.01, ExponentialLatency(0.01)])
def test_an_event_takes_less_than_twenty_bytes(latency: float | ExponentialLatency, tmp_path: Path):
    world = build(Workload(until=150.0, latency=latency))
    world.run(150.0, log=tmp_path / "run")
    assert world.sequence > 50_000
    assert sum(path.stat().st_size for path in (tmp_path / "run" / "events").iterdir()) / world.sequence < 20


def test_all_suites_report_their_targets():
    small = {
        "messages": messages(rounds=1, until=2.0),
        "log": log(rounds=1, until=2.0),
        "network": network(rounds=1, agents=200, links=1_000),
        "ticks": ticks(rounds=1, agents=100, until=200.0),
        "book": book(rounds=1, count=2_000, minutes=1.0),
    }
    targets = {name: [line.what for line in lines if line.target] for name, lines in small.items()}
    counts = {"messages": 3, "log": 4, "network": 1, "ticks": 1, "book": 1}
    assert {name: len(lines) for name, lines in targets.items()} == counts


def test_the_command_prints_a_suite(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    from catallaxy.bench import suites

    monkeypatch.setitem(suites.SUITES, "ticks", lambda: ticks(rounds=1, agents=50, until=100.0))
    main(["bench", "ticks"])
    out = capsys.readouterr().out
    assert "times that of one" in out
    assert "target < 2" in out
