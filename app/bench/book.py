"""What the order book costs: the matching engine alone, and a whole market on it."""

from __future__ import annotations

from collections.abc import Callable

from catallaxy.engine import stream
from catallaxy.market.book import BUY, SELL, BookScenario, Hours, OrderBook, build

Operation = tuple[str, int, int, int, int]
"""What, owner, side, price (a distance for replacements), size."""


def operations(count: int, width: int) -> list[Operation]:
    """So many random operations: half of them limit orders up to `width` ticks from the middle, a tenth market orders,
    a third cancellations, the rest replacements by a worse price.
    """
    rng = stream(1, 0, "bench", "book")
    drawn: list[Operation] = []
    for _ in range(count):
        chance, side = rng.random(), BUY if rng.random() < 0.5 else SELL
        what = "limit" if chance < 0.5 else "market" if chance < 0.6 else "cancel" if chance < 0.92 else "replace"
        across = 2 if rng.random() < 0.05 else 0
        price = 1000 - side * (int(rng.random() * width) - across)
        drawn.append((what, int(rng.random() * 50), side, price, 1 + int(rng.random() * 10)))
    return drawn


def matching(drawn: list[Operation]) -> Callable[[], int]:
    """Plays the operations on a new book, and counts what was done; cancellations need an order at rest."""
    pick = stream(2, 0, "bench", "book")
    choices = [pick.random() for _ in drawn]

    def run() -> int:
        book, alive, done = OrderBook(), list[int](), 0
        for (what, owner, side, price, size), choice in zip(drawn, choices, strict=True):
            if what == "limit":
                outcome = book.limit(owner, side, price, size)
                if outcome.open:
                    alive.append(outcome.number)
            elif what == "market":
                book.market(owner, side, size)
            else:
                number = _taken(book, alive, choice)
                if not number:
                    continue
                if what == "cancel":
                    book.cancel(number)
                else:
                    order = book.order(number)
                    book.replace(number, order.price - order.side, size)
                    alive.append(number)
            done += 1
        return done

    return run


def _taken(book: OrderBook, alive: list[int], choice: float) -> int:
    """An order at rest, taken out of `alive`; 0 if there is none."""
    while alive:
        place = int(choice * len(alive))
        number, alive[place] = alive[place], alive[-1]
        alive.pop()
        if number in book:
            return number
    return 0


def market(minutes: float) -> Callable[[], int]:
    """A market of zero-intelligence and informed traders; counts what happens: messages and published ticks."""
    scenario = BookScenario(session=Hours(horizon=minutes))
    world = build(scenario, seed=1)

    def run() -> int:
        world.run(scenario.duration)
        return world.sequence

    return run
