"""A run to watch, and a way to ask the viewer about it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catallaxy import Agent, Message, Record, World, on
from catallaxy.engine import EventLog, Network
from catallaxy.view.history import History
from catallaxy.view.server import application

NASTY = "</script><img src=x onerror=document.title='broken'>"


class Offer(Message):
    price: float
    note: str


class Stock(Record):
    left: int
    value: float


class Trader(Agent):
    """Offers to everybody now and then; answers each second offer; notes what is left."""

    def run(self):
        for left in range(1000):
            yield self.sleep(self.rng.exponential(0.3))
            self.record(Stock(left=left, value=left / 3))
            self.broadcast(self.neighbours(), Offer(price=self.now, note=f"<b>{self.name}</b>"))

    @on(Offer)
    def heard(self, offer: Offer) -> None:
        if offer.in_reply_to is None and self.rng.random() < 0.5:
            self.record(Stock(left=-1, value=offer.price))
            self.reply(offer, Offer(price=offer.price + 1, note="again"))


def make_world(episode: int) -> World:
    traders = [Trader("A"), Trader("B"), Trader("C ü"), Trader(NASTY)]
    return World(traders, Network.complete(latency=0.4), seed=3, episode=episode)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two episodes, ten units of time each."""
    path = tmp_path_factory.mktemp("view") / "run"
    with EventLog(path, seed=3) as log:
        for episode in range(2):
            make_world(episode).run(until=10.0, log=log)
    (path.parent / "secret.txt").write_text("secret")
    return path


Get = Callable[..., tuple[int, dict[str, str], bytes]]


def client(app: Any) -> Get:
    """Calls an application as a server would: (path as sent, query, host) -> status, headers, body."""

    def get(path: str, query: bytes = b"", host: str = "localhost") -> tuple[int, dict[str, str], bytes]:
        from urllib.parse import unquote

        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": "GET",
            "http_version": "1.1",
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query,
            "headers": [(b"host", host.encode())],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(app(scope, receive, send))
        headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:])

    return get


@pytest.fixture
def get(folder: Path) -> Get:
    pytest.importorskip("starlette", reason="the viewer needs starlette")
    return client(application(History(folder)))


@pytest.fixture
def asked(get: Get) -> Callable[..., dict[str, Any]]:
    """What the viewer answers to a question that it has to answer."""
    from urllib.parse import urlencode

    def ask(name: str, **parameters: Any) -> dict[str, Any]:
        status, _, body = get(f"/api/{name}", urlencode(parameters, doseq=True).encode())
        assert status == 200, body
        found: dict[str, Any] = json.loads(body)
        return found

    return ask
