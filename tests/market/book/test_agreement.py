"""The matching engine agrees with a simple independent one, operation by operation, whatever is done to both."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catallaxy.market.book import BUY, SELL, BookError, Lifetime, OrderBook, Outcome, SelfTrade

from .simple import Result, SimpleBook

OPERATIONS = ("limit", "limit", "limit", "market", "cancel", "replace")

small = st.tuples(
    st.sampled_from(OPERATIONS),
    st.integers(0, 3),  # owner
    st.sampled_from([BUY, SELL]),
    st.integers(-4, 4),  # price
    st.integers(1, 6),  # size
    st.sampled_from(["day", "day", "day", "ioc", "fok", "post"]),
    st.integers(0, 10**6),  # which order
)
Operation = tuple[str, int, int, int, int, str, int]


class Pair:
    """Both books, to which the same is done; after each operation everything about them is compared."""

    def __init__(self, self_trade: str) -> None:
        self.book = OrderBook(self_trade)
        self.simple = SimpleBook(self_trade)
        self.entered = 0  # lots
        self.gone = 0

    def do(self, operation: Operation) -> None:
        what, owner, side, price, size, lifetime, which = operation
        known = sorted(order["number"] for order in self.simple.orders)
        if what in ("cancel", "replace") and not known:
            with pytest.raises(BookError, match="no order"):
                self.book.cancel(self.simple.numbers + 1)
            return
        if what == "cancel":
            number = known[which % len(known)]
            lots = self.book.cancel(number)
            assert lots == self.simple.cancel(number)
            self.gone += lots
        elif what == "replace":
            number = known[which % len(known)]
            was = self.book.order(number).size
            if which % 2:
                price = self.book.order(number).price
            outcome = self.book.replace(number, price, size)
            self.compare(outcome, self.simple.replace(number, price, size), size)
            self.gone += was
        elif what == "market":
            outcome = self.book.market(owner, side, size)
            self.compare(outcome, self.simple.new(owner, side, None, size, "ioc"), size)
        else:
            outcome = self.book.limit(owner, side, price, size, lifetime)
            self.compare(outcome, self.simple.new(owner, side, price, size, lifetime), size)
        self.look()

    def compare(self, outcome: Outcome, simple: Result, size: int) -> None:
        assert outcome.number == simple["number"]
        assert outcome.matches == simple["trades"]
        assert outcome.prevented == simple["prevented"]
        assert (outcome.open, outcome.lapsed) == (simple["open"], simple["lapsed"])
        assert outcome.traded + outcome.open + outcome.lapsed == size
        self.entered += size
        self.gone += outcome.lapsed + 2 * outcome.traded + sum(lost.size for lost in outcome.prevented)

    def look(self) -> None:
        """The state: every level and queue on both sides, best prices, never crossed, no lot lost or made."""
        book, simple = self.book, self.simple
        assert len(book) == len(simple.orders)
        for side in (BUY, SELL):
            queue = simple.queue(side)
            assert [order.number for order in book.queue(side)] == [order["number"] for order in queue]
            levels: dict[int, list[int]] = {}
            for order in queue:
                levels.setdefault(order["price"], []).append(order["size"])
            assert book.depth(side) == [(price, sum(sizes), len(sizes)) for price, sizes in levels.items()]
            assert book.size(side) == sum(order["size"] for order in queue)
            assert (book.bid if side == BUY else book.ask) == (queue[0]["price"] if queue else None)
        if book.spread is not None:
            assert book.spread > 0
        assert book.size(BUY) + book.size(SELL) == self.entered - self.gone

    def look_at_places(self) -> None:
        for side in (BUY, SELL):
            ahead: dict[int, int] = {}
            for order in self.simple.queue(side):
                assert self.book.ahead(order["number"]) == ahead.get(order["price"], 0)
                ahead[order["price"]] = ahead.get(order["price"], 0) + order["size"]


policies = st.sampled_from([policy.value for policy in SelfTrade])


@given(policies, st.lists(small, max_size=40))
@settings(max_examples=150, deadline=None)
def test_a_few_operations_agree(self_trade: str, operations: list[Operation]) -> None:
    pair = Pair(self_trade)
    for operation in operations:
        pair.do(operation)
    pair.look_at_places()


def drawn(rng: random.Random, width: int) -> Operation:
    """An operation near a price that keeps a book of some dozens of orders alive."""
    what = rng.choices(OPERATIONS, weights=(3, 3, 3, 2, 5, 2))[0]
    side = rng.choice((BUY, SELL))
    price = rng.randint(-width, 2) * side
    lifetime = rng.choices([life.value for life in Lifetime], weights=(8, 1, 1, 1))[0]
    return what, rng.randrange(8), side, price, rng.randint(1, 20), lifetime, rng.randrange(10**6)


def many(self_trade: str, seed: int, width: int, operations: int) -> Pair:
    pair, rng = Pair(self_trade), random.Random(seed)
    for _ in range(operations):
        pair.do(drawn(rng, width))
    pair.look_at_places()
    return pair


@given(policies, st.integers(0, 2**32), st.integers(1, 12))
@settings(max_examples=10, deadline=None)
def test_ten_thousand_operations_agree(self_trade: str, seed: int, width: int) -> None:
    many(self_trade, seed, width, 1000)


@pytest.mark.slow
@given(policies, st.integers(0, 2**32), st.integers(1, 12))
@settings(max_examples=100, deadline=None)
def test_a_hundred_thousand_operations_agree(self_trade: str, seed: int, width: int) -> None:
    many(self_trade, seed, width, 1000)


def test_the_drawn_operations_reach_every_kind_of_outcome() -> None:
    """Else the agreement would say little."""
    seen: dict[str, int] = {}

    class Counting(Pair):
        def compare(self, outcome: Outcome, simple: Result, size: int) -> None:
            super().compare(outcome, simple, size)
            kinds: dict[str, Any] = {
                "trades at several prices": len({trade.price for trade in outcome.matches}) > 1,
                "partial fill of the one at rest": any(trade.left for trade in outcome.matches),
                "partly filled, the rest in the book": bool(outcome.matches and outcome.open),
                "lapsed": outcome.lapsed,
                "self-trade prevented": outcome.prevented,
            }
            for kind, happened in kinds.items():
                seen[kind] = seen.get(kind, 0) + bool(happened)

    pair, rng = Counting("cancel-resting"), random.Random(1)
    for _ in range(3000):
        pair.do(drawn(rng, 6))
    assert min(seen.values()) > 30
    assert len(seen) == 5
