"""The same seed gives the same bytes: again, in another process, under another hash seed, with an idle agent added."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catallaxy.engine import (
    Agent,
    ExponentialLatency,
    LogNormalLatency,
    Message,
    Network,
    UniformLatency,
    World,
    on,
)
from catallaxy.engine.streams import stream

ROOT = Path(__file__).parents[2]
HELLO = ROOT / "examples" / "hello_market.py"


def digest(folder: Path) -> dict[str, str]:
    files = sorted(folder.rglob("*.arrows"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def run_hello(folder: Path, hash_seed: str) -> str:
    folder.mkdir()
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, HELLO], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_the_first_example_prints_what_stands_beside_it_and_logs_the_same_bytes(tmp_path):
    for hash_seed in ("0", "1234"):
        assert run_hello(tmp_path / hash_seed, hash_seed) == HELLO.with_suffix(".out").read_text()
    first, second = (digest(tmp_path / hash_seed / "runs" / "hello") for hash_seed in ("0", "1234"))
    assert first == second
    assert {"quotes.arrows", "quote_requests.arrows", "orders.arrows", "agents.arrows", "links.arrows"} <= set(first)


class Ping(Message):
    n: int


class Walker(Agent):
    def __init__(self, name):
        super().__init__(name)
        self.trace = []

    def run(self):
        while True:
            yield self.sleep(self.rng.exponential())
            if others := self.neighbours(Walker):
                receiver = others[int(self.rng.integers(len(others)))]
                self.send(receiver, Ping(n=int(self.stream("n").integers(9))))

    @on(Ping)
    def hear(self, ping):
        self.trace.append((self.now, ping.sender, ping.n))


class Silent(Agent):
    def run(self):
        while True:
            yield self.sleep(self.rng.uniform(0.1, 1.0))


LATENCIES = [0.1, UniformLatency(0.0, 1.0), ExponentialLatency(0.3), LogNormalLatency(0.2, 0.5)]


@pytest.mark.parametrize("latency", LATENCIES, ids=str)
def test_an_agent_that_talks_to_nobody_changes_nothing_for_the_others(latency):
    def traces(before, after, episode=0):
        walkers = [Walker(f"walker {i}") for i in range(6)]
        agents = [*(Silent(f"b{i}") for i in range(before)), *walkers, *(Silent(f"a{i}") for i in range(after))]
        World(agents, Network.erdos_renyi(0.7, latency=latency), seed=4, episode=episode).run(until=20.0)
        return [walker.trace for walker in walkers]

    assert traces(0, 0) == traces(2, 0) == traces(0, 3)
    assert traces(0, 0) != traces(0, 0, episode=1)
    assert sum(map(len, traces(0, 0))) > 50


@pytest.mark.parametrize(
    ("latency", "mean", "sd"),
    [
        (UniformLatency(1.0, 3.0), 2.0, 3**-0.5),
        (ExponentialLatency(2.0, minimum=0.5), 2.5, 2.0),
        (LogNormalLatency(1.5, 0.4), 1.5 * np.exp(0.08), None),
    ],
)
def test_latencies_have_their_means(latency, mean, sd):
    rng = stream(0, 0, "test")
    draws = np.array([latency.draw(rng) for _ in range(20_000)])
    assert abs(draws.mean() - mean) < 4 * draws.std() / len(draws) ** 0.5
    assert sd is None or abs(draws.std() / sd - 1) < 0.03
    assert draws.min() >= 0


def test_a_stream_depends_on_its_names_alone():
    assert stream(1, 2, "a", "b").random() == stream(1, 2, "a", "b").random()
    others = [(1, 2, "a", "c"), (1, 2, "ab"), (1, 3, "a", "b"), (2, 2, "a", "b"), (1, 2, "b", "a")]
    draws = {stream(seed, episode, *names).random() for seed, episode, *names in others}
    assert len(draws | {stream(1, 2, "a", "b").random()}) == 6


def test_a_stream_draws_as_numpys_generator_does():
    """Every method's first moments, drawn one by one and in arrays."""
    rng = stream(0, 0, "test")
    for draw, mean, sd in [
        (rng.random, 0.5, 12**-0.5),
        (rng.standard_normal, 0.0, 1.0),
        (rng.standard_exponential, 1.0, 1.0),
        (lambda size=None: rng.uniform(-1.0, 3.0, size), 1.0, 4 * 12**-0.5),
        (lambda size=None: rng.normal(2.0, 3.0, size), 2.0, 3.0),
        (lambda size=None: rng.exponential(0.2, size), 0.2, 0.2),
    ]:
        for sample in (np.array([draw() for _ in range(4_000)]), draw(size=4_000)):
            assert abs(sample.mean() - mean) < 4 * sd / 4_000**0.5
            assert abs(sample.std() / sd - 1) < 0.1
