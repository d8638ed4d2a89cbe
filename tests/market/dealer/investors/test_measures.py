"""Investors' measures: the same from worlds and from the log alone."""

import pyarrow as pa
import pytest

from catallaxy.agents import Uniform
from catallaxy.market.dealer import build
from catallaxy.market.dealer.investors.group import InvestorGroup
from catallaxy.market.dealer.investors.measures import COLUMNS, SCHEMA, TYPE, from_log, from_worlds
from catallaxy.market.dealer.investors.policies import Noise, Twap


def test_the_log_alone_gives_the_same_measures_as_the_worlds(market, tight, play) -> None:
    scenario = market(
        InvestorGroup("twap", 2, Uniform(0.0, 1.0), Uniform(0.0, 1.0), policy=Twap()),
        InvestorGroup("noise", 2, risk_aversion=Uniform(0.0, 1.0), policy=Noise()),
    )
    played = play(scenario, {"maker": tight}, 9)
    live, logged = from_worlds([played.world]), from_log(played.table)
    assert live.schema == logged.schema == SCHEMA
    assert live.num_rows == 4
    for one, other in zip(live.to_pylist(), logged.to_pylist(), strict=True):
        assert one == pytest.approx(other)
        assert one["volume"] > 0.0
        assert one["pnl"] == pytest.approx(one["inventory_pnl"] - one["execution_cost"])
    assert set(SCHEMA.names) == {"episode", "agent", "group", *TYPE, *COLUMNS}


def test_investors_who_never_trade_are_measured_too(market, tight, play, script) -> None:
    """Then the log has no table of executions."""
    played = play(market(), {"maker": tight, "investor": script([0])}, 9)

    def events(name: str) -> pa.Table:
        if not (played.folder / "events" / f"{name}.arrows").exists():
            raise KeyError(name)
        return played.table(name)

    assert from_log(events).to_pylist() == from_worlds([played.world]).to_pylist()
    assert from_log(events)["target_error"].to_pylist() == [1.0, 1.0]


def test_worlds_without_investors_give_an_empty_table(market, play, tight) -> None:
    played = play(market(investors=()), tight, 1)
    assert from_log(played.table).num_rows == from_worlds([played.world]).num_rows == 0
    assert build(market(investors=()), 1).agents.keys() == {"exchange", "maker_1", "maker_2", "tier_1"}
