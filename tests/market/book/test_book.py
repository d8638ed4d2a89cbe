"""The rules of the matching engine, one by one."""

import pytest

from catallaxy.market.book import BUY, SELL, BookError, Match, OrderBook, Prevented, SelfTrade


@pytest.fixture
def book() -> OrderBook:
    """Three sellers at two prices, two buyers at one."""
    book = OrderBook()
    book.limit("ann", SELL, 101, 5)  # 1
    book.limit("bob", SELL, 102, 5)  # 2
    book.limit("cem", SELL, 101, 5)  # 3
    book.limit("dan", BUY, 99, 4)  # 4
    book.limit("eva", BUY, 99, 4)  # 5
    return book


def test_better_prices_come_first_then_older_orders(book: OrderBook) -> None:
    outcome = book.market("fay", BUY, 12)
    assert outcome.matches == [
        Match(resting=1, owner="ann", price=101, size=5, left=0),
        Match(resting=3, owner="cem", price=101, size=5, left=0),
        Match(resting=2, owner="bob", price=102, size=2, left=3),
    ]
    assert book.ask == 102


def test_the_order_at_rest_sets_the_price(book: OrderBook) -> None:
    (trade,) = book.limit("fay", BUY, 150, 2).matches
    assert trade.price == 101


def test_a_limit_order_that_trades_in_part_rests_with_the_remainder(book: OrderBook) -> None:
    outcome = book.limit("fay", BUY, 101, 13)
    assert (outcome.traded, outcome.open, outcome.lapsed) == (10, 3, 0)
    assert (book.bid, book.ask, book.spread, book.mid) == (101, 102, 1, 101.5)


def test_a_market_order_takes_what_there_is_and_the_rest_lapses(book: OrderBook) -> None:
    outcome = book.market("fay", SELL, 20)
    assert (outcome.traded, outcome.open, outcome.lapsed) == (8, 0, 12)
    assert (book.bid, book.mid, book.spread, book.size(BUY)) == (None, None, None, 0)


def test_immediate_or_cancel_leaves_nothing_behind(book: OrderBook) -> None:
    outcome = book.limit("fay", BUY, 101, 13, "ioc")
    assert (outcome.traded, outcome.open, outcome.lapsed) == (10, 0, 3)
    assert book.bid == 99


@pytest.mark.parametrize(("size", "traded"), [(10, 10), (11, 0)])
def test_fill_or_kill_is_all_or_nothing(book: OrderBook, size: int, traded: int) -> None:
    outcome = book.limit("fay", BUY, 101, size, "fok")
    assert (outcome.traded, outcome.lapsed) == (traded, size - traded)
    assert book.size(SELL) == 15 - traded


@pytest.mark.parametrize(("price", "rests"), [(100, 3), (101, 0)])
def test_post_only_never_trades_on_arrival(book: OrderBook, price: int, rests: int) -> None:
    outcome = book.limit("fay", BUY, price, 3, "post")
    assert (outcome.traded, outcome.open, outcome.lapsed) == (0, rests, 3 - rests)


def test_a_smaller_size_keeps_the_place_in_the_queue(book: OrderBook) -> None:
    book.replace(4, 99, 1)
    assert (book.ahead(4), book.ahead(5)) == (0, 1)
    assert [trade.resting for trade in book.market("fay", SELL, 3).matches] == [4, 5]


@pytest.mark.parametrize("size", [4, 5])
def test_a_larger_size_or_another_price_loses_the_place(book: OrderBook, size: int) -> None:
    book.replace(4, 98, 4)
    outcome = book.replace(4, 99, size)
    assert (outcome.number, outcome.open) == (4, size)
    assert (book.ahead(5), book.ahead(4)) == (0, 4)


def test_a_larger_size_at_the_same_price_loses_the_place(book: OrderBook) -> None:
    book.replace(4, 99, 5)
    assert [order.number for order in book.queue(BUY)] == [5, 4]


def test_a_replaced_order_may_trade_at_once(book: OrderBook) -> None:
    outcome = book.replace(5, 101, 7)
    assert [(trade.resting, trade.size) for trade in outcome.matches] == [(1, 5), (3, 2)]
    assert 5 not in book


def test_cancelling_takes_an_order_out_wherever_it_stands(book: OrderBook) -> None:
    assert book.cancel(1) == 5
    assert [order.number for order in book.orders()] == [2, 3, 4, 5]
    assert book.cancel(3) == 5
    assert book.ask == 102
    with pytest.raises(BookError, match=r"no order 3 is in the book: it was filled or cancelled"):
        book.cancel(3)


def resting(policy: SelfTrade) -> OrderBook:
    book = OrderBook(policy)
    book.limit("ann", SELL, 101, 5)  # 1
    book.limit("bob", SELL, 101, 5)  # 2
    return book


def test_self_trade_cancels_the_order_at_rest_by_default() -> None:
    book = OrderBook()
    assert book.self_trade is SelfTrade.CANCEL_RESTING
    book = resting(book.self_trade)
    outcome = book.market("ann", BUY, 3)
    assert outcome.prevented == [Prevented(resting=1, owner="ann", size=5, left=0)]
    assert [(trade.owner, trade.size) for trade in outcome.matches] == [("bob", 3)]


def test_self_trade_can_cancel_what_comes_in() -> None:
    book = resting(SelfTrade.CANCEL_INCOMING)
    outcome = book.limit("ann", BUY, 101, 3)
    assert (outcome.traded, outcome.open, outcome.lapsed, outcome.prevented) == (0, 0, 3, [])
    assert book.size(SELL) == 10


def test_self_trade_can_cancel_both() -> None:
    book = resting(SelfTrade.CANCEL_BOTH)
    outcome = book.limit("ann", BUY, 101, 3)
    assert (outcome.traded, outcome.open, outcome.lapsed) == (0, 0, 3)
    assert book.size(SELL) == 5


@pytest.mark.parametrize(("size", "traded", "left"), [(3, 0, 7), (8, 3, 2)])
def test_self_trade_can_decrement_both(size: int, traded: int, left: int) -> None:
    book = resting(SelfTrade.DECREMENT)
    outcome = book.limit("ann", BUY, 101, size)
    assert (outcome.traded, outcome.lapsed) == (traded, size - traded)
    assert book.size(SELL) == left


def test_self_trade_can_be_allowed() -> None:
    assert resting(SelfTrade.ALLOW).market("ann", BUY, 3).matches[0].owner == "ann"


def test_fill_or_kill_does_not_count_on_its_owners_orders() -> None:
    assert resting(SelfTrade.CANCEL_RESTING).limit("ann", BUY, 101, 6, "fok").lapsed == 6
    assert resting(SelfTrade.CANCEL_RESTING).limit("ann", BUY, 101, 5, "fok").traded == 5
    assert resting(SelfTrade.CANCEL_BOTH).limit("ann", BUY, 101, 5, "fok").lapsed == 5


def test_what_a_market_order_would_cost_is_what_it_then_costs(book: OrderBook) -> None:
    found, paid = book.cost(BUY, 12)
    trades = book.market("fay", BUY, 12).matches
    assert (found, paid) == (12, sum(trade.price * trade.size for trade in trades))
    assert book.cost(BUY, 100) == (3, 306)


def test_depth_is_told_best_first(book: OrderBook) -> None:
    assert book.depth(SELL) == [(101, 10, 2), (102, 5, 1)]
    assert book.depth(SELL, 1) == [(101, 10, 2)]
    assert (book.size(SELL), book.size(SELL, 102), book.size(SELL, 103)) == (15, 5, 0)
    assert [order.number for order in book.orders("cem")] == [3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 100, 1), r"side = 0: must be 1 \(buy\) or -1 \(sell\)"),
        ((BUY, 100, 0), "size = 0: must be a whole number of lots, 1 or more"),
        ((BUY, 100, 1.0), "size = 1.0: must be a whole number of lots"),
        ((BUY, 99.5, 1), "price = 99.5: must be a whole number of ticks"),
    ],
)
def test_senseless_orders_are_refused_and_change_nothing(
    book: OrderBook, arguments: tuple[int, int, int], message: str
) -> None:
    with pytest.raises(BookError, match=message):
        book.limit("fay", *arguments)
    with pytest.raises(BookError, match="size = -1"):
        book.replace(4, 99, -1)
    with pytest.raises(BookError, match="lifetime = 'gtd': must be one of 'day', 'ioc', 'fok', 'post'"):
        book.limit("fay", BUY, 100, 1, "gtd")
    assert len(book) == 5
    assert book.limit("fay", BUY, 98, 1).number == 6
