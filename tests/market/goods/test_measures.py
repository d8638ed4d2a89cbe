"""Measures: the log and the agents tell the same, and the numbers are what their names say."""

from pathlib import Path

import pyarrow as pa
import pytest

from catallaxy.engine import EventLog
from catallaxy.market.goods import build
from catallaxy.market.goods.evaluation import column
from catallaxy.market.goods.measures import COLUMNS, SCHEMA, from_log, from_worlds

from .conftest import Play
from .scenarios import MIXED


def test_the_log_and_the_agents_give_the_same_measures(tmp_path: Path) -> None:
    worlds = [build(MIXED, 21, episode) for episode in range(3)]
    with EventLog(tmp_path / "run", seed=21) as log:
        for world in worlds:
            world.run(MIXED.duration, log)

    def events(name: str) -> pa.Table:
        with pa.ipc.open_stream(tmp_path / "run" / "events" / f"{name}.arrows") as stream:
            return stream.read_all()

    read, live = from_log(events), from_worlds(worlds)
    assert read.schema.equals(live.schema)
    assert read.schema.equals(SCHEMA)
    assert read.num_rows == 3 * 11
    for name in SCHEMA.names:
        mine, theirs = read[name].to_pylist(), live[name].to_pylist()
        assert mine == (pytest.approx(theirs, nan_ok=True) if name in COLUMNS else theirs), name


def test_measures_agree_with_sums_over_the_messages(play: Play) -> None:
    played = play(MIXED, seed=22)
    table = from_worlds([played.world])
    sold = played.rows("confirmations")
    for row in table.to_pylist():
        mine = [sale for sale in sold if row["agent"] in (sale["sender"], sale["receiver"])]
        units, money = sum(sale["quantity"] for sale in mine), sum(sale["quantity"] * sale["price"] for sale in mine)
        if row["sales"] == row["sales"]:
            assert (row["sales"], row["revenue"]) == (units, pytest.approx(money))
            missed = [
                one for one in played.rows("sold_outs") if one["sender"] == row["agent"] and one["reason"] == "stock"
            ]
            assert (row["stock_outs"], row["shortfall"]) == (len(missed), sum(one["quantity"] for one in missed))
            assert row["welfare"] == row["profit"]
        else:
            assert row["purchases"] == units
            assert row["surplus"] == row["welfare"] == row["objective"]
        assert row["delivery_time"] == pytest.approx(sum(sale["delivery_time"] for sale in mine) / len(mine))
    shares = [share for share in table["market_share"].to_pylist() if share == share]
    assert sum(shares) == pytest.approx(1.0)


def test_a_column_is_the_mean_over_a_group_in_each_episode() -> None:
    worlds = [build(MIXED, 23, episode) for episode in range(2)]
    for world in worlds:
        world.run(MIXED.duration)
    table = from_worlds(worlds)
    one, other, both = (column(table, name, "sales") for name in ("corner_1", "corner_2", "corner"))
    assert both.tolist() == ((one + other) / 2).tolist()
    with pytest.raises(ValueError, match="there is no agent or group 'Zed'"):
        column(table, "Zed", "sales")
