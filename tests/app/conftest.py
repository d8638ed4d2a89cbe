"""A small run to read."""

from pathlib import Path

import pytest

from catallaxy import Agent, Message, World, on


class Greeting(Message):
    size: float
    polite: bool


class Greeter(Agent):
    def run(self):
        while True:
            yield self.sleep(1.0)
            self.broadcast(self.neighbours(), Greeting(size=self.now, polite=self.name == "A"))

    @on(Greeting)
    def heard(self, greeting: Greeting) -> None:
        """Nothing more to say."""


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run of ten units of time in which A and B greet each other once a unit: 18 greetings."""
    folder = tmp_path / "run"
    World([Greeter("A"), Greeter("B")], seed=1).run(until=10.0, log=folder)
    return folder
