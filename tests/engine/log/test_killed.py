"""A run that is killed is readable up to its last batch, and says that it is incomplete."""

import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from catallaxy.engine import read_manifest
from catallaxy.engine.log import StreamReader

KILLED_RUNS = '''
"""Fork a world that writes its log without end, count the batches that it has written, kill it; again and again."""
import os, random, signal, sys, time
from catallaxy.engine import Agent, Message, StreamWriter, World, on

class Ping(Message):
    size: float
    words: str

class Pong(Message):
    count: int

class Server(Agent):
    @on(Ping)
    def answer(self, ping):
        self.reply(ping, Pong(count=ping.sequence))

class Caller(Agent):
    def run(self):
        while True:
            yield self.sleep(self.rng.exponential(1.0))
            yield self.ask("server", Ping(self.rng.random(), words=self.name * 2))

def play(folder, told):
    write = StreamWriter.write
    def write_and_tell(self, batch):
        write(self, batch)
        os.write(told, f"{self.path.stem}\\n".encode())
    StreamWriter.write = write_and_tell
    World([Server("server"), *(Caller(f"c{i}") for i in range(20))], seed=3).run(until=1e6, log=folder)

draw = random.Random(int(sys.argv[2]))
for k in range(20):
    folder = f"{sys.argv[1]}/{k}"
    hear, told = os.pipe()
    child = os.fork()
    if not child:
        play(folder, told)
    os.close(told)
    with open(hear) as heard, open(f"{folder}.batches", "w") as out:
        for _ in range(draw.randrange(7)):
            out.write(heard.readline())
        time.sleep(draw.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        out.write(heard.read())
'''


def rows(path: Path) -> pa.Table:
    """All rows up to where the stream breaks off."""
    return StreamReader(path, complete=False).read().combine_chunks()


def test_twenty_killed_runs_keep_every_batch_they_had_written(tmp_path: Path):
    seed = random.SystemRandom().randrange(10**6)
    subprocess.run([sys.executable, "-c", KILLED_RUNS, str(tmp_path), str(seed)], check=True, timeout=120)
    counts = []
    found: dict[str, list[pa.Table]] = {"pings": [], "pongs": []}
    for k in range(20):
        folder = tmp_path / str(k)
        batches = (tmp_path / f"{k}.batches").read_text().split()
        counts.append(len(batches))
        if not (folder / "manifest.json").exists():
            assert not batches
            continue
        assert not read_manifest(folder)["complete"], f"seed {seed}, run {k}"
        for name in set(batches) & set(found):
            table = rows(folder / "events" / f"{name}.arrows")
            # The batch under way when the signal came may be whole without having been told.
            assert batches.count(name) <= len(table) / 8192 <= batches.count(name) + 1, f"seed {seed}, run {k}"
            found[name].append(table)
    for tables in found.values():
        longest = max(tables, key=len)
        for table in tables:
            assert table == longest.slice(0, len(table)).combine_chunks(), f"seed {seed}"
    assert max(counts) > 2, "no run lived long enough to prove anything"
