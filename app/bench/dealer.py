"""The workload that is measured: investors ask all makers whom they know, makers answer, the best quote is hit.

Every design gets the same links, waits, spreads and latency, so that all of them send the same messages.
"""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Agent, Latency, Message, Network, World, on, stream


@attrs.frozen
class Workload:
    """How large the market is, and for how long it runs.

    Attributes:
        makers: number of market makers.
        investors: number of investors.
        known: how many of the makers an investor knows, on average.
        wait: mean of the exponential time between an investor's requests.
        until: simulated time.
        latency: of every link: a constant or a model.
    """

    makers: int = 10
    investors: int = 50
    known: float = 5.0
    wait: float = 1.0
    until: float = 100.0
    latency: float | Latency = 0.01

    def links(self) -> npt.NDArray[np.bool_]:
        """Who knows whom, shape (investors, makers); everybody knows at least one maker."""
        drawn: npt.NDArray[np.bool_] = stream(1, 0, "links").random((self.investors, self.makers)) < (
            self.known / self.makers
        )
        drawn[np.arange(self.investors), np.arange(self.investors) % self.makers] = True
        return drawn

    def waits(self, investor: int) -> npt.NDArray[np.float64]:
        """The times between an investor's requests, more than enough of them."""
        number = int(2 * self.until / self.wait) + 50
        drawn: npt.NDArray[np.float64] = stream(1, 0, "waits", str(investor)).exponential(self.wait, number)
        return drawn


class Request(Message):
    """Asks for a quote."""

    size: float


class Quote(Message):
    """Answers a request."""

    price: float


class Order(Message):
    """Hits a quote."""

    size: float


class Fill(Message):
    """Confirms an order."""

    price: float


class Maker(Agent):
    """Quotes 100 and its spread; a handler."""

    def __init__(self, name: str, spread: float) -> None:
        super().__init__(name)
        self.spread = spread
        self.inventory = 0.0

    @on(Request)
    def quote(self, request: Request) -> None:
        """Answer with a price."""
        self.reply(request, Quote(price=100.0 + self.spread))

    @on(Order)
    def fill(self, order: Order) -> None:
        """Trade."""
        self.inventory -= order.size
        self.reply(order, Fill(price=100.0 + self.spread))


class Investor(Agent):
    """Asks, and hits the best quote; a process."""

    def __init__(self, name: str, waits: npt.NDArray[np.float64]) -> None:
        super().__init__(name)
        self.waits = waits
        self.position = 0.0

    def run(self):  # type: ignore[no-untyped-def]
        """Ask for ever."""
        makers = self.neighbours(Maker)
        for wait in self.waits.tolist():
            yield self.sleep(wait)
            quotes = yield self.ask(makers, Request(size=1.0))
            best = min(quotes, key=_price)
            yield self.ask(best.sender, Order(size=1.0))
            self.position += 1.0


def _price(quote: Quote) -> float:
    return quote.price


def build(workload: Workload) -> World:
    """The workload as a world of this package."""
    makers = [Maker(f"maker {i}", 0.1 * i) for i in range(workload.makers)]
    investors = [Investor(f"investor {i}", workload.waits(i)) for i in range(workload.investors)]
    rows, columns = np.nonzero(workload.links())

    def pairs(agents: object, seed: int, episode: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        return rows + workload.makers, columns

    return World([*makers, *investors], Network(pairs, latency=workload.latency), seed=1)
