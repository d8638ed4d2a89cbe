"""Books are checked from the log, and what is missing is named."""

from collections.abc import Callable
from typing import Any

import attrs
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from catallaxy.market.dealer import DealerScenario, Decisions, ExchangeCosts, LinearSkew, MakerGroup, Session
from catallaxy.market.dealer.books import BooksError, check_books
from catallaxy.market.dealer.measures import from_log, from_worlds

Play = Callable[..., Any]

SCENARIO = DealerScenario(
    makers=(MakerGroup("maker", 2, 2e-3, 0.8),),
    session=Session(horizon=120.0),
    decisions=Decisions(quotes="ladder", streaming=True, hedging="rate", pace="trades"),
    exchange=ExchangeCosts(impact=5e-3, lot=1e-3),
)


def test_books_of_ladders_streams_and_rates_balance_to_the_last_unit(play: Play) -> None:
    played = play(SCENARIO, LinearSkew(0.2, 0.01, hedge=0.2), 1)
    books = check_books(played.table)
    assert books.accounts == len(played.world.agents)
    assert books.trades == len(played.rows("fills", "hedge_fills"))
    assert len(played.rows("hedge_fills")) > 100
    read, live = from_log(played.table), from_worlds([played.world])
    for name in ("objective", "impact", "hedging_cost", "pnl"):
        assert read[name].to_pylist() == pytest.approx(live[name].to_pylist(), rel=1e-6)
    assert max(live["impact"].to_pylist()) < 0.0


def test_a_lost_trade_or_a_made_unit_is_told(play: Play) -> None:
    played = play(attrs.evolve(SCENARIO, decisions=Decisions()), LinearSkew(0.2, 0.01, hedge=0.2), 2)

    def without_a_fill(name: str) -> pa.Table:
        table = played.table(name)
        return table.slice(1) if name == "fills" else table

    with pytest.raises(BooksError, match="by its trades, not"):
        check_books(without_a_fill)

    def with_more_at_the_close(name: str) -> pa.Table:
        table = played.table(name)
        if name != "statements":
            return table
        place = table.column_names.index("inventory")
        more = pc.add(table["inventory"], pc.cast(table["closing"], pa.int64()))
        return table.set_column(place, "inventory", more)

    with pytest.raises(BooksError, match="has not been conserved"):
        check_books(with_more_at_the_close)
