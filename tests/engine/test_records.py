"""Records and messages."""

import copy

import attrs
import pytest

from catallaxy.engine import Agent, CatallaxyError, Message, Record, RecordError, World, on
from catallaxy.engine.records import table_name


class Quote(Message):
    price: float
    size: float = 1.0


def test_fields_are_declared_by_annotation_with_defaults():
    quote = Quote(price=2.0)
    assert (quote.price, quote.size) == (2.0, 1.0)
    assert quote == Quote(2.0, 1.0)
    assert repr(quote) == "Quote(price=2.0, size=1.0)"


def test_a_record_can_not_be_changed():
    quote = Quote(price=2.0)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        quote.price = 3.0
    with pytest.raises(AttributeError):
        quote.colour = "red"


def test_a_subclass_inherits_fields():
    class Firm(Quote):
        until: float = 9.0

    assert Firm(price=1.0, size=2.0) == Firm(1.0, 2.0, 9.0)
    assert Firm.table() == "firms"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("Quote", "quotes"),
        ("QuoteRequest", "quote_requests"),
        ("Entry", "entries"),
        ("Play", "plays"),
        ("Loss", "losses"),
        ("Match", "matches"),
        ("RFQ", "rfqs"),
        ("FXTrade", "fx_trades"),
    ],
)
def test_tables_are_snake_case_plurals(name: str, table: str):
    assert table_name(name) == table


def test_a_table_can_be_named():
    class Hedge(Message, table="hedge_orders"):
        size: float

    assert Hedge.table() == "hedge_orders"
    assert Hedge(size=1.0).size == 1.0


@pytest.mark.parametrize("name", ["time", "sender", "sequence", "cause"])
def test_a_field_that_would_shadow_the_header_is_refused(name: str):
    with pytest.raises(RecordError, match=f"Bad.{name}: every row has a column of this name"):
        type(Record)("Bad", (Message,), {"__annotations__": {name: float}})


def test_an_unsent_message_has_no_sender():
    with pytest.raises(RecordError, match=r"Quote\(price=1.0, size=1.0\) has not been sent yet"):
        _ = Quote(price=1.0).sender


def test_a_received_message_knows_its_header_and_a_second_sending_is_a_copy():
    received = []

    class Buyer(Agent):
        @on(Quote)
        def take(self, quote: Quote) -> None:
            received.append(quote)

    class Seller(Agent):
        def run(self):
            yield self.sleep(2.0)
            quote = Quote(price=1.0)
            self.broadcast(self.neighbours(Buyer), quote)

    World([Seller("S"), Buyer("B1"), Buyer("B2")], seed=0).run(until=3.0)
    first, second = received
    assert first == second
    assert first is not second
    assert (first.sender, first.sent_at, first.sequence, first.in_reply_to) == ("S", 2.0, 1, None)
    assert second.sequence == 2


def test_errors_can_be_rebuilt_from_their_arguments():
    """SimPy rebuilds a failed event's exception as ``type(error)(*error.args)``."""
    for kind in [CatallaxyError, *CatallaxyError.__subclasses__()]:
        error = kind("what happened")
        assert str(type(error)(*error.args)) == "what happened"
        assert str(copy.copy(error)) == "what happened"
